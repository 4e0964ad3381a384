"""The office's API of requests, and of what staff may do alone."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import Database, Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.recovery import Calls
from chassis.types import Slug
from payments.office.actions import limits, refunds, request_views, requests
from payments.office.routes.access import API, ApiStaff, LimitScope
from payments.office.rules.requests import Status
from payments.office.schemas import Answer, NewCreditNote, NewLimit, OfficeLimit, OfficeRequest

router = APIRouter(prefix=API, tags=["office"])
_ONE = "/requests/{request_id}"
OfStatus = Annotated[Status | None, Query(description="Only those that are so")]


@router.get("/requests")
async def list_office_requests(
    staff: ApiStaff, session: Reading, paging: Paging, status: OfStatus = None
) -> Page[OfficeRequest]:
    """List what staff requested, the newest first."""
    rows = await requests.list_page(session, staff, status, paging.start_id(), paging.fetch)
    return paging.page(rows, request_views.show, lambda row: (ids.show(row.id),))


@router.get(_ONE, responses=document_problems(404))
async def read_office_request(staff: ApiStaff, request_id: ids.Id, session: Reading) -> OfficeRequest:
    """Get a request."""
    return request_views.show(await requests.get(session, staff, request_id))


@router.post(f"{_ONE}/approve", responses=document_problems(404, 409, 412, 422))
async def approve_office_request(
    staff: ApiStaff, request: Request, council: Slug, request_id: ids.Id, calls: Calls
) -> OfficeRequest:
    """Approve a request that somebody else made: it is done. You also need `payments:approve`."""
    database: Database = request.app.state.database
    async with database.writing(council) as session:
        outcome = await request_views.approve(session, staff, request_id)
    if outcome is not None:
        await refunds.submit(calls, council, outcome)
    async with database.reading(council) as reader:
        return request_views.show(await requests.get(reader, staff, request_id))


@router.post(f"{_ONE}/reject", responses=document_problems(404, 409, 422))
async def reject_office_request(
    staff: ApiStaff, request_id: ids.Id, body: Answer, session: Writing
) -> OfficeRequest:
    """Reject a request that somebody else made, and say why. You also need `payments:approve`."""
    await requests.reject(session, staff, request_id, body.answer)
    return request_views.show(await requests.get(session, staff, request_id))


@router.post(f"{_ONE}/withdraw", responses=document_problems(404, 409))
async def withdraw_office_request(staff: ApiStaff, request_id: ids.Id, session: Writing) -> OfficeRequest:
    """Withdraw a request of your own."""
    await requests.withdraw(session, staff, request_id)
    return request_views.show(await requests.get(session, staff, request_id))


@router.post(
    "/credit-notes", status_code=201, response_model=OfficeRequest,
    responses=document_problems(404, 409, 422),
)  # fmt: skip
async def propose_credit_note(
    staff: ApiStaff, body: NewCreditNote, session: Writing, once: OnlyOnce
) -> Response:
    """Ask somebody else to give money of a counter receipt back. It leaves by the payments ledger."""

    async def propose() -> OfficeRequest:
        request_id = await refunds.propose_credit_note(session, staff, body)
        return request_views.show(await requests.get(session, staff, request_id))

    return await once.run(session, staff.caller, body, propose)


@router.get("/limits")
async def list_office_limits(_: ApiStaff, council: Slug, session: Reading) -> list[OfficeLimit]:
    """List what staff may give back alone. Without limits: £50 at once and £500 in a day."""
    return list(await limits.list_limits(session, council))


@router.put("/limits/{scope}")
async def set_office_limit(
    council: Slug,
    scope: LimitScope,
    body: NewLimit,
    caller: Annotated[Caller, permission("payments:finance")],
    session: Writing,
) -> OfficeLimit:
    """Set what staff with a scope may give back alone, at once and in a day."""
    return await limits.set_limit(session, council, caller, scope, body)
