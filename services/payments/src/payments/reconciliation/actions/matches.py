"""Match the lines of payouts with what was taken: when they come, and anew, for some are confirmed later."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from chassis import ids
from chassis.database import ReadSession, Session
from payments.direct_debit.actions import receipts as direct_debits
from payments.direct_debit.rules.states import CollectionState
from payments.funds.actions import baskets
from payments.ledger.actions import postings
from payments.ledger.rules import Kind, Role, Transaction
from payments.payments.actions import settlements as payments
from payments.payments.actions.settlements import SettledPayment
from payments.processors.rules import SettlementKind, SettlementLine
from payments.reconciliation.rules import collection_matching
from payments.reconciliation.rules.collection_matching import SubmittedCollection
from payments.reconciliation.rules.matching import (
    Candidates,
    CapturedPayment,
    ConfirmedRefund,
    ExceptionKind,
    LineMatch,
    Rule,
    match_lines,
)
from payments.reconciliation.rules.postings import Merchant, post_late_match
from payments.reconciliation.store import exceptions
from payments.reconciliation.store import settlements as store
from payments.shared.days import today

_LONDON = ZoneInfo("Europe/London")
_BACK = {CollectionState.UNPAID, CollectionState.CLAIMED}
_BATCH = 500
_JOURNAL = "JN"
_MATCHED = {Rule.PAYMENT_ID, Rule.REFUND_ID, Rule.COLLECTION_ID, Rule.RETURN_ID}
_KINDS = (ExceptionKind.UNKNOWN_ID, ExceptionKind.NOT_CAPTURED)
Item = TypeVar("Item")


async def match(
    session: ReadSession, council: str, merchant: Merchant, lines: Sequence[SettlementLine], arrival_on: date
) -> list[LineMatch]:
    """Match lines of a payout that arrived on a day with what the merchant has taken."""
    if merchant.is_service_user:
        collections = await _read_collections(session, council, merchant.id, lines)
        return collection_matching.match_items(lines, arrival_on, collections)
    return match_lines(lines, await _read_candidates(session, council, merchant.id, lines))


async def match_again(session: Session, council: str, mode: str) -> None:
    """Match the lines of open exceptions once more, by account or payout. The caller holds the lock."""
    after = (UUID(int=0), 0)
    while rows := await store.list_unmatched(session, council, mode, after, _BATCH):
        groups: dict[UUID, list[Row[Any]]] = {}
        for row in rows:  # what a Direct Debit's item matches depends on its payout's day
            groups.setdefault(row.account or row.settlement, []).append(row)
        for group in groups.values():
            await _match_group(session, council, mode, group)
        after = (rows[-1].settlement, rows[-1].n)


async def _match_group(session: Session, council: str, mode: str, rows: Sequence[Row[Any]]) -> None:
    lines, first = [_to_line(row) for row in rows], rows[0]
    merchant = (
        Merchant(first.account, mode, _JOURNAL)
        if first.service_user is None
        else Merchant(first.service_user, mode, _JOURNAL, Role.DIRECT_DEBIT)
    )
    matches = await match(session, council, merchant, lines, first.arrival_on)
    for row, line_match in zip(rows, matches, strict=True):
        if line_match.rule in _MATCHED:
            await _move(session, council, merchant, row, line_match)


async def _move(
    session: Session, council: str, merchant: Merchant, row: Row[Any], line_match: LineMatch
) -> None:
    """Take the amount out of suspense, against takings; settle the payment or refund."""
    _, suspense = await baskets.read_chart_with_suspense(session, council, today())
    transaction = Transaction(
        id=ids.new(),
        kind=Kind.TRANSFER,
        cause=ids.new(),
        method=merchant.method,
        taken_on=today(),
        postings=post_late_match(merchant, row.item, suspense, row.amount),
        value_date=row.arrival_on,
    )
    await postings.post(session, council, merchant.mode, [transaction])
    values = {
        "payment": line_match.payment,
        "refund": line_match.refund,
        "collection": line_match.collection,
        "rule": line_match.rule,
    }
    await store.match_line(session, council, {"settlement": row.settlement, "n": row.n, **values})
    await exceptions.close_of_line(session, council, row.settlement, row.n, _KINDS)
    if row.item == row.settlement:  # it was one of many under an exception of the payout
        await exceptions.take_off(session, council, row.settlement, row.amount)
    if line_match.refund is not None:
        await payments.settle_refunds(session, council, [line_match.refund], row.arrival_on)
    elif line_match.payment is not None:
        settled = [SettledPayment(line_match.payment, row.arrival_on, row.fee)]
        await payments.settle_payments(session, council, settled)


async def _read_collections(
    session: ReadSession, council: str, user: UUID, lines: Sequence[SettlementLine]
) -> dict[str, list[SubmittedCollection]]:
    """Read Direct Debits by the ids of the lines: three statements."""
    names = _unique(line.authorisation for line in lines)
    rows = await direct_debits.find_of_payments(session, council, user, names)
    collections = [row.id for row in rows]
    paid = await store.find_collected(session, council, collections, Rule.COLLECTION_ID)
    returned = await store.find_collected(session, council, collections, Rule.RETURN_ID)

    def write(row: Row[Any]) -> SubmittedCollection:
        is_back = row.state in _BACK
        is_taken = is_back or row.posted_on is not None
        return SubmittedCollection(
            row.id, row.amount, row.charge_date, is_taken, is_back, row.id in paid, row.id in returned
        )

    return _group(rows, write, "provider_payment")


async def _read_candidates(
    session: ReadSession, council: str, account: UUID, lines: Sequence[SettlementLine]
) -> Candidates:
    """Read payments, refunds and payouts by the ids of the lines: at most five statements."""
    payment_rows = await payments.find_payments(
        session, council, account, _unique(line.authorisation for line in lines)
    )
    paid = await store.find_paid(session, council, [row.id for row in payment_rows], Rule.PAYMENT_ID)
    sources = _unique(line.source for line in lines if line.kind is SettlementKind.REFUND)
    refund_rows = await payments.find_refunds(session, council, account, sources) if sources else ()
    refunded = await store.find_refunded(session, council, [row.id for row in refund_rows], Rule.REFUND_ID)
    names = _unique(line.source for line in lines if line.kind is SettlementKind.PAYOUT_REVERSAL)
    payouts = await store.find_payouts(session, council, account, names) if names else {}
    return Candidates(
        _group(payment_rows, lambda row: _to_payment(row, paid)),
        _group(refund_rows, lambda row: _to_refund(row, refunded)),
        payouts,
    )


def _unique(names: Iterable[str | None]) -> list[str]:
    return sorted({name for name in names if name})


def _group(
    rows: Sequence[Row[Any]], make: Callable[[Row[Any]], Item], name: str = "provider_id"
) -> dict[str, list[Item]]:
    groups: dict[str, list[Item]] = {}
    for row in rows:
        groups.setdefault(getattr(row, name), []).append(make(row))
    return groups


def _to_payment(row: Row[Any], paid: set[UUID]) -> CapturedPayment:
    captured_on = row.captured_at.astimezone(_LONDON).date() if row.captured_at else None
    return CapturedPayment(row.id, row.amount, row.fee, captured_on, row.id in paid)


def _to_refund(row: Row[Any], refunded: set[UUID]) -> ConfirmedRefund:
    is_confirmed = row.status == "success"
    return ConfirmedRefund(row.id, row.payment, row.amount, is_confirmed, row.id in refunded)


def _to_line(row: Row[Any]) -> SettlementLine:
    kind = SettlementKind(row.kind)
    return SettlementLine(
        row.provider_id, kind, row.amount, row.fee, row.currency, row.authorisation, row.source
    )
