"""Refunds by staff: within their limit at once, above it when a second person approves."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row

from chassis.database import Session
from chassis.jobs import CallContext
from chassis.problems import Problem
from chassis.web.sign_in import Staff
from payments.office.actions import requests
from payments.office.rules.requests import Kind, Status
from payments.office.schemas import NewRefund
from payments.payments.schemas.requests import RefundRequest
from payments.refunds import actions as refunds
from payments.search.actions import staff_search


class RefundOutcome(NamedTuple):
    """A request for a refund, and the refund, unless a second person must approve it first."""

    request_id: UUID
    payment: UUID
    refund: UUID | None


async def propose(session: Session, staff: Staff, payment_id: UUID, body: NewRefund) -> RefundOutcome:
    """Refund a payment, or ask a second person to. The same again with its id does nothing more.

    Raises Problem 400, 403, 404, 409, 412, 422.
    """
    requests.require_person(staff)
    requests.check_words(body.reason, body.note)
    payment = await staff_search.lock(session, staff.council, staff.mode, payment_id)
    earlier = await requests.find(session, staff, body.id)
    if earlier is not None:
        return _repeat(staff, earlier, payment_id)
    requests.require_other_account(staff, payment.email)
    refund = RefundRequest(amount=body.amount, lines=body.lines)
    limit = await requests.read_limit(session, staff)
    values: dict[str, Any] = {"reason": body.reason, "note": body.note, "maker_limit": limit.refund}
    values["content"] = refund.model_dump(include={"lines"}, exclude_none=True)
    refund_id = None
    if await requests.is_within_limit(session, staff, limit, body.amount):
        refund_id, _ = await refunds.begin(session, payment, staff.caller.record(), refund)
        values |= {"status": Status.DONE, "result": refund_id}
    else:
        refunds.require_available(payment, refund)
    row = requests.make_row(staff, body.id, Kind.REFUND, payment_id, body.amount, **values)
    await requests.insert(session, staff, row)
    return RefundOutcome(body.id, payment_id, refund_id)


async def approve(session: Session, staff: Staff, row: Row[Any]) -> RefundOutcome:
    """Approve a locked request: the refund begins. Raises Problem 400, 403, 412, 422."""
    payment = await staff_search.lock(session, staff.council, staff.mode, row.subject)
    requests.require_other_account(staff, payment.email)
    refund = RefundRequest.model_validate({"amount": row.amount, **row.content})
    created_by = {"sub": row.requested_by, "approved_by": staff.subject}
    refund_id, _ = await refunds.begin(session, payment, created_by, refund)
    await requests.approve(session, staff, row, refund_id)
    return RefundOutcome(row.id, row.subject, refund_id)


async def submit(calls: CallContext, council: str, outcome: RefundOutcome) -> None:
    """Have the processor give the money back now; if it does not answer the worker goes on."""
    if outcome.refund is not None:
        await refunds.submit(calls, council, outcome.payment, outcome.refund)


def _repeat(staff: Staff, earlier: Row[Any], payment_id: UUID) -> RefundOutcome:
    if earlier.requested_by != staff.subject or earlier.subject != payment_id:
        raise Problem(409, "request-exists", "This was sent before. Look at the list of requests.")
    return RefundOutcome(earlier.id, payment_id, earlier.result)
