"""Refunds by staff: within their limit at once; above it, and at the counter, a second person approves."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row

from chassis.database import Session
from chassis.jobs import CallContext
from chassis.problems import Problem
from chassis.web.sign_in import Staff
from payments.cash_office.actions import reversals
from payments.cash_office.rules.postings import CHEQUE
from payments.office.actions import requests
from payments.office.rules.requests import Kind, Status
from payments.office.schemas import NewCreditNote, NewRefund
from payments.payments.schemas.requests import RefundRequest
from payments.refunds import actions as refunds
from payments.search.actions import staff_search
from payments.shared.days import today
from payments.shared.working_days import add_working_days

CLEARING_DAYS = 10
"""Working days in which a cheque may come back."""


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
    if not _is_payer_unknown(payment) and await requests.is_within_limit(session, staff, limit, body.amount):
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


def _is_payer_unknown(payment: Row[Any]) -> bool:
    """Check whether the payer was erased: nobody can tell then whether the payment is the maker's own."""
    return payment.erased_at is not None


async def propose_credit_note(session: Session, staff: Staff, body: NewCreditNote) -> UUID:
    """Ask a second person to give money of a receipt back: never out of a till. Once for an id.

    Raises Problem 403, 404, 409, 422.
    """
    requests.require_person(staff)
    requests.check_words(body.reason, body.note)
    receipt = await _lock_receipt(session, staff, body.receipt)
    earlier = await requests.find(session, staff, body.id)
    if earlier is not None:
        return _repeat(staff, earlier, receipt.id).request_id
    lines = await reversals.list_lines(session, staff.council, receipt.id)
    left = {line.n: line.amount - line.refunded - line.moved for line in lines}
    if any(line.amount > left.get(line.line, 0) for line in body.lines):
        raise _too_much()
    content = {"receipt": receipt.number, "lines": [line.model_dump() for line in body.lines]}
    values = {"reason": body.reason, "note": body.note, "content": content}
    row = requests.make_row(staff, body.id, Kind.CREDIT_NOTE, receipt.id, body.amount, **values)
    await requests.insert(session, staff, row)
    return body.id


async def approve_credit_note(session: Session, staff: Staff, row: Row[Any]) -> None:
    """Approve a locked request: the money is owed to the payer. Raises Problem 404, 409, 422."""
    receipt = await _lock_receipt(session, staff, row.subject)
    shares = {line["line"]: line["amount"] for line in row.content["lines"]}
    try:
        transaction = await reversals.post_refund(session, staff, receipt, row.id, shares)
    except ValueError as error:
        raise _too_much() from error
    await requests.approve(session, staff, row, transaction)


async def _lock_receipt(session: Session, staff: Staff, receipt_id: UUID) -> Row[Any]:
    """Lock a receipt that is paid for good. Raises Problem 404, 409, 422."""
    receipt = await reversals.lock_to_refund(session, staff, receipt_id)
    cleared_on = add_working_days(receipt.taken_on, CLEARING_DAYS)
    if receipt.kind == CHEQUE and today() < cleared_on:
        detail = f"This cheque may come back until {cleared_on}. Give nothing back before."
        raise Problem(422, "cheque-not-cleared", detail, field="receipt")
    return receipt


def _too_much() -> Problem:
    return Problem(422, "too-much", "This is more than is left of a line of the receipt.", field="lines")


def _repeat(staff: Staff, earlier: Row[Any], payment_id: UUID) -> RefundOutcome:
    if earlier.requested_by != staff.subject or earlier.subject != payment_id:
        raise Problem(409, "request-exists", "This was sent before. Look at the list of requests.")
    return RefundOutcome(earlier.id, payment_id, earlier.result)
