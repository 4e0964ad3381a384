"""A calculator of due dates: useful by itself, and the same rules as the clocks of cases."""

from fastapi import APIRouter

from casework.calendar.routes.access import BASE, CaseworkReader
from casework.clocks import actions
from casework.clocks.schemas import DueDateRequest, DueDateView
from chassis.database import Reading
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix=BASE, tags=["clocks"])


@router.post("/due-dates", responses=document_problems(404, 409))
async def compute_due_date(
    council: Slug, body: DueDateRequest, _: CaseworkReader, session: Reading
) -> DueDateView:
    """Compute when something is due, with each day that does not count and the reason.

    Nothing is stored. If a date depends on days that are not loaded, the error says what you must load.
    """
    return await actions.find_due_date(session, council, body)
