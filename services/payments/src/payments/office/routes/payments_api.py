"""The office's API of payments: search, timeline, refund."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from chassis import ids
from chassis.database import Database, Reading
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.recovery import Calls
from chassis.types import Slug
from payments.office.actions import refunds, request_views, requests, timelines
from payments.office.actions.refunds import RefundOutcome
from payments.office.routes.access import API, ApiStaff, make_start, read_start
from payments.office.schemas import NewRefund, OfficeRequest, PaymentDetail, PaymentSummary

router = APIRouter(prefix=f"{API}/payments", tags=["office"])
SearchWords = Annotated[
    str, Query(max_length=255, description="Exactly a payment's id, e-mail address or reference")
]


@router.get("")
async def search_office_payments(
    staff: ApiStaff, session: Reading, paging: Paging, q: SearchWords = ""
) -> Page[PaymentSummary]:
    """Search payments of all accounts, the newest first. Without `q`: the latest."""
    rows = await timelines.search(session, staff, q.strip(), read_start(paging), paging.fetch)
    return paging.page(rows, timelines.show, make_start)


@router.get("/{payment_id}", responses=document_problems(404))
async def read_office_payment(staff: ApiStaff, payment_id: ids.Id, session: Reading) -> PaymentDetail:
    """Get a payment with its payer, basket, postings and all that happened to it."""
    return await timelines.read(session, staff, payment_id)


@router.post(
    "/{payment_id}/refunds", status_code=201, response_model=OfficeRequest,
    responses=document_problems(404, 409, 412),
)  # fmt: skip
async def refund_office_payment(
    staff: ApiStaff,
    request: Request,
    council: Slug,
    payment_id: ids.Id,
    body: NewRefund,
    calls: Calls,
    once: OnlyOnce,
) -> Response:
    """Refund a payment. Within your limit it is done; above it, somebody else must approve your request."""
    database: Database = request.app.state.database
    outcomes: list[RefundOutcome] = []
    async with database.writing(council) as session:

        async def propose() -> OfficeRequest:
            outcome = await refunds.propose(session, staff, payment_id, body)
            outcomes.append(outcome)
            return request_views.show(await requests.get(session, staff, outcome.request_id))

        answer = await once.run(session, staff.caller, body, propose)
    for outcome in outcomes:
        await refunds.submit(calls, council, outcome)
    return answer
