"""Tills: opened, counted, checked."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from chassis import ids
from chassis.database import Reading, Session, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.web.sign_in import Staff
from payments.cash_office.actions import records, tills
from payments.cash_office.routes.access import BASE, CounterStaff
from payments.cash_office.rules.tills import Status
from payments.cash_office.schemas.tills import NewTill, Till, TillCount
from payments.cash_office.schemas.values import Answer, Because
from payments.cash_office.tables import till as table

router = APIRouter(prefix=f"{BASE}/tills", tags=["counter takings"])
OfStatus = Annotated[Status | None, Query(description="Only those that are so")]
OfOffice = Annotated[ids.Id | None, Query(description="Only those of an office")]
_TAGGED: dict[int | str, dict[str, Any]] = {200: ETAG}


@router.post("", status_code=201, response_model=Till, responses={201: ETAG, **document_problems(404, 409)})
async def open_till(staff: CounterStaff, body: NewTill, session: Writing, once: OnlyOnce) -> Response:
    """Open a till of yours for today. Nobody else takes money on it."""
    return await once.run(
        session,
        staff.caller,
        body,
        lambda: tills.open_till(session, staff, body),
        headers=lambda till: version_tag(till.version),
    )


@router.get("")
async def list_tills(
    staff: CounterStaff, session: Reading, paging: Paging, status: OfStatus = None, office: OfOffice = None
) -> Page[Till]:
    """List tills, the newest first."""
    rows = await records.list_page(
        session, table, staff, paging.start_id(), paging.fetch, status=status, office=office
    )
    return paging.page(rows, tills.show, lambda row: (ids.show(row.id),))


@router.get("/{till}", responses={**_TAGGED, **document_problems(404)})
async def read_till(staff: CounterStaff, till: ids.Id, session: Reading, response: Response) -> Till:
    """Get a till. What it should have is not shown before it is counted."""
    return await _show(session, staff, till, response)


@router.post("/{till}/count", responses={**_TAGGED, **document_problems(404, 409, 412, 428)})
async def count_till(
    staff: CounterStaff, till: ids.Id, body: TillCount, session: Writing, response: Response,
    precondition: IfMatch,
) -> Till:  # fmt: skip
    """Count a till, its float included. Send the ETag that it has when you count: a receipt changes it."""
    await tills.count(session, staff, till, precondition, body)
    return await _show(session, staff, till, response)


@router.post("/{till}/difference", responses={**_TAGGED, **document_problems(404, 409, 412, 428)})
async def explain_till_difference(
    staff: CounterStaff, till: ids.Id, body: Because, session: Writing, response: Response,
    precondition: IfMatch,
) -> Till:  # fmt: skip
    """Say why a till is over or short. Above the office's limit a second person checks it."""
    await tills.explain(session, staff, till, precondition, body)
    return await _show(session, staff, till, response)


@router.post("/{till}/check", responses={**_TAGGED, **document_problems(404, 409)})
async def check_till(staff: CounterStaff, till: ids.Id, session: Writing, response: Response) -> Till:
    """Accept what a till of somebody else is over or short. You also need `payments:approve`."""
    await tills.check(session, staff, till)
    return await _show(session, staff, till, response)


@router.post("/{till}/recount", responses={**_TAGGED, **document_problems(404, 409)})
async def require_till_recount(
    staff: CounterStaff, till: ids.Id, body: Answer, session: Writing, response: Response
) -> Till:
    """Have a till of somebody else counted again. You also need `payments:approve`."""
    await tills.require_recount(session, staff, till, body.answer)
    return await _show(session, staff, till, response)


async def _show(session: Session | Reading, staff: Staff, till: ids.Id, response: Response) -> Till:
    record = tills.show(await records.get(session, table, staff, till))
    response.headers.update(version_tag(record.version))
    return record
