"""Record disputes as the processor has them: block refunds, post the lost ones, publish."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field
from sqlalchemy import Row

from chassis import clock, ids, outbox
from chassis.database import Session
from chassis.jobs import CallContext, CallData, Finish, Job, JobHandlers, RefusedError, enqueue
from payments import events
from payments.disputes import store
from payments.disputes.rules import blocks_refunds, is_taken_now, may_become
from payments.gateway_accounts.actions import accounts
from payments.ledger.actions import postings
from payments.ledger.rules import Kind, Posting, Transaction
from payments.payments.actions import changes, payments, receipts
from payments.payments.rules.postings import post_lost_dispute, post_taken_dispute, post_won_dispute
from payments.processors.actions.registry import get_processor
from payments.processors.rules import Dispute, DisputeState, ProcessorError, RefusedByProcessorError
from payments.refunds.rules import find_surcharge_left, share_dispute
from payments.shared.days import today

handlers = JobHandlers()
_METHOD = "CB"  # chargeback
_LIMIT = 20.0  # seconds
_TRIES = 26
_REASONS = {
    "credit_not_processed", "duplicate", "fraudulent", "general", "product_not_received",
    "product_unacceptable", "unrecognised", "subscription_cancelled",
}  # fmt: skip
_OTHER = "other"
_EVENTS: dict[DisputeState, type[events.DisputeEvent]] = {
    DisputeState.NEEDS_RESPONSE: events.DisputeOpened,
    DisputeState.UNDER_REVIEW: events.DisputeReviewed,
    DisputeState.WON: events.DisputeWon,
    DisputeState.LOST: events.DisputeLost,
}


class ReadDispute(CallData):
    """See what the processor says of a dispute."""

    kind: ClassVar[str] = "payments.read_dispute"
    account: ids.Id
    provider_id: str = Field(max_length=140)


async def begin_read(session: Session, council: str, account_id: UUID, provider_id: str) -> None:
    """See what the processor says of a dispute, when this transaction has committed."""
    data = ReadDispute(account=account_id, provider_id=provider_id)
    await enqueue(session, data, council=council, key=f"{ids.show(account_id)} {provider_id}")


@handlers.call(ReadDispute, tries=_TRIES, limit=_LIMIT)
async def read_dispute(context: CallContext, job: Job[ReadDispute]) -> Finish:
    """Record a dispute as the processor has it now."""
    council, account_id = job.council, job.data.account
    async with context.database.reading(council) as session:
        account = await accounts.get_by_id(session, council, account_id)
    processor = get_processor(context, council, account.processor)
    try:
        dispute = await processor.get_dispute(ids.show(account_id), job.data.provider_id)
    except RefusedByProcessorError as error:
        raise RefusedError("the processor knows no such dispute") from error
    return lambda session: record(session, council, account_id, dispute)


async def record(session: Session, council: str, account_id: UUID, dispute: Dispute) -> None:
    """Record a dispute, unless it was seen in this state or a later one. Raises ProcessorError."""
    payment = await payments.find_by_provider_id(session, council, account_id, dispute.authorisation)
    if payment is None:  # its authorisation may not be written yet
        raise ProcessorError("no payment has the disputed authorisation")
    row = await changes.lock(session, council, payment.id)
    recorded = await store.find_dispute(session, council, account_id, dispute.provider_id)
    if recorded is None:
        dispute_id, version = ids.new(), 1
        await store.insert_dispute(session, _make_row(row, dispute_id, dispute))
    elif may_become(DisputeState(recorded.state), dispute.state) or is_taken_now(recorded, dispute):
        dispute_id, version = recorded.id, recorded.version + 1
        change = _make_change(dispute) | {"version": version}
        await store.update_dispute(session, council, recorded.id, change)
    else:
        return
    await changes.block_refunds(session, row, is_blocked=blocks_refunds(dispute.state))
    await _post(session, row, dispute_id, dispute, recorded)
    if recorded is not None and recorded.state == dispute.state:  # an inquiry became a dispute
        return
    members = {**changes.describe(row), "amount": dispute.amount, "reason": _read_reason(dispute)}
    event = _EVENTS[dispute.state](**members, dispute=dispute_id)
    await outbox.add(session, event, council=council, subject=ids.show(dispute_id), sequence=version)


def _make_row(row: Row[Any], dispute_id: UUID, dispute: Dispute) -> dict[str, Any]:
    return {
        "council": row.council,
        "id": dispute_id,
        "payment": row.id,
        "account": row.account,
        "provider_id": dispute.provider_id,
        "version": 1,
        "settled_on": None,
        "created_at": dispute.opened_at,
        **_make_change(dispute),
    }


def _make_change(dispute: Dispute) -> dict[str, Any]:
    """Return what may change in a dispute."""
    is_over = dispute.state in {DisputeState.WON, DisputeState.LOST}
    return {
        "state": dispute.state,
        "reason": _read_reason(dispute),
        "amount": dispute.amount,
        "fee": dispute.fee,
        "is_taken": dispute.is_taken and not is_over,
        "ended_at": clock.now() if is_over else None,
    }


def _read_reason(dispute: Dispute) -> str:
    return dispute.reason if dispute.reason in _REASONS else _OTHER


async def _post(
    session: Session, row: Row[Any], dispute_id: UUID, dispute: Dispute, recorded: Row[Any] | None
) -> None:
    """Post what the processor takes and gives back. ``recorded``: the dispute as it was before."""
    disputed = recorded.amount if recorded is not None and recorded.is_taken else 0
    fee = dispute.fee - (recorded.fee if recorded is not None and recorded.is_taken else 0)
    if dispute.state is DisputeState.LOST:
        await _post_lost(session, row, dispute_id, dispute, disputed, fee)
    elif dispute.state is DisputeState.WON:
        legs = post_won_dispute(row.account, disputed, fee if disputed or dispute.is_taken else 0)
        await _post_legs(session, row, Kind.DISPUTE_WON, dispute_id, legs)
    elif dispute.is_taken:
        legs = post_taken_dispute(row.account, dispute.amount - disputed, fee)
        await _post_legs(session, row, Kind.DISPUTE_OPENED, dispute_id, legs)


async def _post_lost(
    session: Session, row: Row[Any], dispute_id: UUID, dispute: Dispute, disputed: int, fee: int
) -> None:
    """Post a lost dispute: the debts live again. Its money is taken from the next payout, if it was not."""
    basket = await payments.list_lines(session, row.council, row.id)
    account = await accounts.get_by_id(session, row.council, row.account)
    shares = share_dispute(basket, dispute.amount, account.settings.refund_spread)
    amounts = {line.n: receipts.to_amounts(line) for line in basket}
    lines = [replace(amounts[share.n], amount=share.amount, vat=share.vat) for share in shares]
    surcharge = dispute.amount - sum(line.amount for line in lines)
    if surcharge > find_surcharge_left(row.surcharge, row.refunded, basket):
        raise RefusedError("more is disputed than was paid")
    legs = post_lost_dispute(row.account, row.id, lines, surcharge, disputed, fee)
    transaction = await _post_legs(session, row, Kind.DISPUTE_LOST, dispute_id, legs)
    await receipts.publish_lines(session, row, transaction, lines, -1, _METHOD)


async def _post_legs(
    session: Session, row: Row[Any], kind: Kind, dispute_id: UUID, legs: Sequence[Posting]
) -> UUID:
    """Post a transaction of a dispute; return its id. There is none if nothing moves."""
    transaction_id = ids.new()
    if legs:
        transaction = Transaction(transaction_id, kind, dispute_id, _METHOD, today(), legs)
        await postings.post(session, row.council, row.mode, [transaction])
    return transaction_id
