"""Read a restricted case in an emergency."""

from fastapi import APIRouter

from casework.cases.schemas import Case
from casework.disclosure.actions import break_glass as actions
from casework.disclosure.schemas import BreakGlass
from casework.retention.routes.dependencies import CaseId, Worker
from chassis.database import Writing
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1/cases/{case_id}/break-glass", tags=["disclosure"])


@router.post("", responses=document_problems(403, 404))
async def break_glass(
    council: Slug, case_id: CaseId, body: BreakGlass, caller: Worker, session: Writing
) -> Case:
    """Read a case that one role alone may know of, with all its fields. Say why: it is recorded each time.

    The person whom it is about sees in their access log who read it, and for which purpose.
    """
    return await actions.break_glass(session, council, caller, case_id, body)
