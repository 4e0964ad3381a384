"""Give money back: asked for in one transaction, done at the processor, confirmed in another."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field
from sqlalchemy import Row

from chassis import clock, ids, outbox, recovery
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.jobs import (
    CallContext,
    CallData,
    Finish,
    Job,
    JobHandlers,
    OperationData,
    RefusedError,
    enqueue,
)
from chassis.problems import Problem
from payments import events
from payments.gateway_accounts.actions import accounts
from payments.ledger.actions import postings
from payments.ledger.rules import Kind, Posting, Transaction
from payments.payments.actions import changes, payments, receipts, webhooks
from payments.payments.actions.processor_calls import FOLLOW_UP, LIMIT, TRIES
from payments.payments.rules.postings import LineAmounts, post_refund, post_refund_request
from payments.payments.rules.refunds import summarise
from payments.payments.rules.states import Status
from payments.payments.schemas.requests import RefundRequest
from payments.processors.actions.registry import get_processor
from payments.processors.rules import (
    ProcessorError,
    RefundOutcome,
    RefundResult,
    RefusedByProcessorError,
)
from payments.refunds import store
from payments.refunds.rules import find_surcharge_left, share_by_lines, share_refund
from payments.shared.days import today

handlers = JobHandlers()
SUBMITTED = "submitted"


class SubmitRefund(OperationData):
    """Give a refund back at the processor."""

    kind: ClassVar[str] = "payments.refund"
    payment: ids.Id
    refund: ids.Id


class ReadRefund(CallData):
    """See what became of a refund that the processor makes later."""

    kind: ClassVar[str] = "payments.read_refund"
    account: ids.Id
    provider_id: str = Field(max_length=140)


async def request(
    session: Session, council: str, caller: Caller, payment_id: UUID, body: RefundRequest
) -> tuple[UUID, recovery.Operation]:
    """Ask for a refund: post it as owed to the payer, and begin the call to the processor.

    Raises Problem 404 P0600, 400 P0603, 412 P0604, 422 P0602.
    """
    await payments.get(session, council, caller, payment_id, "P0600")
    row = await changes.lock(session, council, payment_id)
    return await begin(session, row, caller.record(), body)


async def begin(
    session: Session, row: Row[Any], created_by: Mapping[str, str], body: RefundRequest
) -> tuple[UUID, recovery.Operation]:
    """Begin the refund of a locked payment. Raises Problem 400 P0603, 412 P0604, 422 P0602."""
    council, payment_id = row.council, row.id
    require_available(row, body)
    shares = await _share(session, row, body)
    now = clock.now()
    refund = {
        "council": council,
        "id": ids.new(),
        "payment": payment_id,
        "account": row.account,
        "status": SUBMITTED,
        "amount": body.amount,
        "provider_id": None,
        "created_by": dict(created_by),
        "settled_on": None,
        "created_at": now,
        "ended_at": None,
    }
    await store.insert_refund(session, refund, shares)
    lines = await store.list_lines(session, council, payment_id, refund["id"])
    surcharge = body.amount - sum(share["amount"] for share in shares)
    requested = post_refund_request(payment_id, _to_amounts(lines), surcharge)
    await _post(session, row, refund["id"], Kind.REFUND_REQUESTED, requested)
    data = SubmitRefund(operation=ids.show(refund["id"]), payment=payment_id, refund=refund["id"])
    return refund["id"], await recovery.begin(session, data, council=council)


async def submit(context: CallContext, council: str, payment_id: UUID, refund_id: UUID) -> None:
    """Make the call to the processor, unless it is done. If it fails the worker goes on with it."""
    data = SubmitRefund(operation=ids.show(refund_id), payment=payment_id, refund=refund_id)
    operation = recovery.Operation(data, council, clock.now() + timedelta(seconds=recovery.SECONDS))
    try:
        await recovery.run(context, handlers, operation)
    except (ProcessorError, recovery.OverdueError):
        return


@handlers.call(ReadRefund, tries=TRIES, limit=LIMIT)
async def read_refund(context: CallContext, job: Job[ReadRefund]) -> Finish | None:
    """Write what became of a refund, by what the processor says of it now. Asks again while it is open."""
    council, data = job.council, job.data
    async with context.database.reading(council) as session:
        account = await accounts.get_by_id(session, council, data.account)
    processor = get_processor(context, council, account.processor)
    try:
        result = await processor.get_refund(ids.show(data.account), data.provider_id)
        refund_id = ids.read(result.reference)
    except (RefusedByProcessorError, ValueError) as error:
        raise RefusedError("the processor knows no such refund of ours") from error
    if result.outcome is RefundOutcome.SUBMITTED:
        due_at = clock.now() + FOLLOW_UP
        return lambda session: begin_read(session, council, data.account, data.provider_id, due_at)
    async with context.database.reading(council) as session:
        refund = await store.find_refund(session, council, refund_id)
    if refund is None or refund.account != data.account:
        raise RefusedError("the account has no such refund")
    return lambda session: finish(session, council, refund.payment, refund_id, result)


@handlers.call(SubmitRefund, tries=TRIES, limit=LIMIT)
async def submit_refund(context: CallContext, job: Job[SubmitRefund]) -> Finish | None:
    """Give the money back at the processor, with the refund's own key."""
    row, refund = await _read(context, job)
    if refund.status != SUBMITTED or refund.provider_id is not None:
        return None
    processor = get_processor(context, job.council, row.processor)
    merchant, reference = ids.show(row.account), ids.show(refund.id)
    try:
        result = await processor.refund(
            job.idempotency_key, merchant, row.provider_id, refund.amount, reference
        )
    except RefusedByProcessorError:
        result = RefundResult("", RefundOutcome.ERROR)
    return lambda session: finish(session, job.council, row.id, refund.id, result)


async def _read(context: CallContext, job: Job[SubmitRefund]) -> tuple[Row[Any], Row[Any]]:
    async with context.database.reading(job.council) as session:
        row = await payments.find(session, job.council, job.data.payment)
        refund = await store.find_refund(session, job.council, job.data.refund)
    if row is None or refund is None:
        raise RefusedError("there is no such refund")
    return row, refund


async def finish(
    session: Session, council: str, payment_id: UUID, refund_id: UUID, result: RefundResult
) -> None:
    """Write what came of a refund, once: confirm it in the ledger, or undo it."""
    row = await changes.lock(session, council, payment_id)
    refund = await store.lock_refund(session, council, refund_id)
    if refund is None or refund.status != SUBMITTED:
        return
    values = {"status": result.outcome, "provider_id": result.provider_id or None, "at": clock.now()}
    if result.outcome is RefundOutcome.SUBMITTED:
        await store.end_refund(session, council, refund_id, {**values, "at": None})
        later = clock.now() + FOLLOW_UP
        await begin_read(session, council, row.account, result.provider_id, later)
        return
    await store.end_refund(session, council, refund_id, values)
    lines = await store.list_lines(session, council, payment_id, refund_id)
    if result.outcome is RefundOutcome.ERROR:
        await _undo(session, row, refund, lines)
        return
    legs = post_refund(row.account, refund.amount)
    receipt = await _post(session, row, refund_id, Kind.REFUND_CONFIRMED, legs)
    await _publish(session, row, refund, receipt, lines)


async def begin_read(
    session: Session, council: str, account_id: UUID, provider_id: str, due_at: datetime | None = None
) -> None:
    """See what became of a refund, now or later."""
    data = ReadRefund(account=account_id, provider_id=provider_id)
    await enqueue(session, data, council=council, due_at=due_at, key=f"{ids.show(account_id)} {provider_id}")


async def read(
    session: ReadSession, council: str, caller: Caller, payment_id: UUID, refund_id: UUID
) -> Row[Any]:
    """Read a refund. Raises Problem 404 P0700."""
    await payments.get(session, council, caller, payment_id, "P0700")
    refund = await store.find_refund(session, council, refund_id)
    if refund is None or refund.payment != payment_id:
        raise Problem(404, "P0700", "Not found")
    return refund


async def list_refunds(
    session: ReadSession, council: str, caller: Caller, payment_id: UUID
) -> tuple[Row[Any], Sequence[Row[Any]]]:
    """List a payment's refunds. Raises Problem 404 P0800."""
    row = await payments.get(session, council, caller, payment_id, "P0800")
    return row, await store.list_refunds(session, council, payment_id)


async def list_by_payment(session: ReadSession, council: str, payment_id: UUID) -> Sequence[Row[Any]]:
    """List the refunds of a payment, the oldest first."""
    return await store.list_refunds(session, council, payment_id)


def require_available(row: Row[Any], body: RefundRequest) -> None:
    """Require that a payment has this much to refund. Raises Problem 400 P0603, 412 P0604."""
    total = row.amount + row.surcharge
    summary = summarise(Status(row.status), total, row.refunded, is_blocked=row.refunds_blocked)
    available = body.refund_amount_available
    if available is not None and available != summary.available:
        raise Problem(412, "P0604", "Refund amount available mismatch.")
    if summary.status != "available" or body.amount > summary.available:
        detail = f"The payment is not available for refund. Payment refund status: {summary.status}"
        raise Problem(400, "P0603", detail)


async def _share(session: Session, row: Row[Any], body: RefundRequest) -> list[dict[str, int]]:
    """Say how much of each line is given back, with its VAT. Raises Problem 422."""
    lines = await payments.list_lines(session, row.council, row.id)
    account = await accounts.get_by_id(session, row.council, row.account)
    field = "amount" if body.lines is None else "lines"
    surcharge = find_surcharge_left(row.surcharge, row.refunded, lines)
    try:
        if body.lines is None:
            shares = share_refund(lines, body.amount, account.settings.refund_spread)
        else:
            amounts = [(part.line, part.amount) for part in body.lines]
            shares = share_by_lines(lines, amounts, body.amount, surcharge)
    except ValueError as error:
        hint = ". Send lines" if body.lines is None else ""
        raise Problem(422, "P0602", f"{error}{hint}", field=field) from error
    if body.amount - sum(share.amount for share in shares) > surcharge:
        detail = "A part of the payment was moved to other accounts. Undo that journal, then refund"
        raise Problem(422, "P0602", detail, field="amount")
    return [share._asdict() for share in shares]


async def _undo(session: Session, row: Row[Any], refund: Row[Any], lines: Sequence[Row[Any]]) -> None:
    """Take a refund back that the processor will not make: what was owed to the payer is no longer."""
    await postings.post_reversal(session, row.council, row.mode, refund.id, Kind.REFUND_REQUESTED, today())
    amounts = [{"n": line.n, "amount": line.amount, "vat": line.vat} for line in lines]
    values = {"council": row.council, "payment": row.id, "amount": refund.amount}
    await store.move_refunded(session, values, amounts, -1)


async def _post(
    session: Session, row: Row[Any], refund_id: UUID, kind: Kind, legs: Sequence[Posting]
) -> UUID:
    """Post a transaction of a refund; return its id."""
    account = await accounts.get_by_id(session, row.council, row.account)
    day = today()
    transaction = Transaction(ids.new(), kind, refund_id, account.settings.method, day, legs)
    await postings.post(session, row.council, row.mode, [transaction])
    return transaction.id


async def _publish(
    session: Session, row: Row[Any], refund: Row[Any], receipt: UUID, lines: Sequence[Row[Any]]
) -> None:
    await store.count_event(session, row.council, row.id)
    refunded = await store.sum_refunds(session, row.council, row.id)
    event = events.PaymentRefunded(
        **changes.describe(row), refund=refund.id, refund_amount=refund.amount, refunded=refunded
    )
    subject = ids.show(row.id)
    await outbox.add(session, event, council=row.council, subject=subject, sequence=row.version + 1)
    await receipts.publish_lines(session, row, receipt, lines, -1)
    await webhooks.send(session, row, webhooks.REFUNDED)


def _to_amounts(lines: Sequence[Row[Any]]) -> list[LineAmounts]:
    return [receipts.to_amounts(line) for line in lines]
