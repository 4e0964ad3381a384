"""The office's API of the ledger: suspense, journals, takings."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis import ids
from chassis.database import Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Pager, Paging
from chassis.problems import document_problems
from payments.office.actions import journal_sources, journals, request_views, requests, takings
from payments.office.routes.access import API, ApiStaff
from payments.office.schemas import NewJournal, NewRequest, OfficeRequest, SuspenseItem, Taking

router = APIRouter(prefix=API, tags=["office"])
Day = Annotated[date, Query(description="A day in the United Kingdom")]


def read_cursor(paging: Pager) -> tuple[date, str] | None:
    """Read after which item a page of the list begins. Raises Problem 400."""
    start = paging.start(str, str)
    return (paging.read_day(start[0]), start[1]) if start else None


@router.get("/suspense")
async def list_suspense_items(staff: ApiStaff, session: Reading, paging: Paging) -> Page[SuspenseItem]:
    """List money that has no place yet, the oldest first."""
    rows = await journal_sources.list_suspense(session, staff, read_cursor(paging), paging.fetch)
    return paging.page(rows, journal_sources.show_suspense, lambda row: (row.taken_on.isoformat(), row.code))


@router.post(
    "/journals", status_code=201, response_model=OfficeRequest, responses=document_problems(404, 409)
)
async def propose_journal(staff: ApiStaff, body: NewJournal, session: Writing, once: OnlyOnce) -> Response:
    """Ask somebody else to move money: out of suspense, or from a line of a payment, to other accounts."""

    async def propose() -> OfficeRequest:
        request_id = await journals.propose(session, staff, body)
        return request_views.show(await requests.get(session, staff, request_id))

    return await once.run(session, staff.caller, body, propose)


@router.post(
    "/journals/{request_id}/undo", status_code=201, response_model=OfficeRequest,
    responses=document_problems(404, 409),
)  # fmt: skip
async def propose_journal_undo(
    staff: ApiStaff, request_id: ids.Id, body: NewRequest, session: Writing, once: OnlyOnce
) -> Response:
    """Ask somebody else to take a journal back, as a whole."""

    async def propose() -> OfficeRequest:
        undo_id = await journals.propose_undo(session, staff, request_id, body)
        return request_views.show(await requests.get(session, staff, undo_id))

    return await once.run(session, staff.caller, body, propose)


@router.get("/takings")
async def list_takings(staff: ApiStaff, session: Reading, first: Day, last: Day) -> list[Taking]:
    """Sum what was taken, by day, fund and method of payment, without refunds. At most 92 days."""
    return await takings.list_takings(session, staff, takings.Period(first, last))
