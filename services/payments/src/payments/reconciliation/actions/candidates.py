"""Read what the lines of a settlement can match."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from chassis.database import ReadSession
from payments.payments.actions import settlements as payments
from payments.processors.rules import SettlementKind, SettlementLine
from payments.reconciliation.rules.matching import Candidates, CapturedPayment, ConfirmedRefund, Rule
from payments.reconciliation.store import settlements as store

_LONDON = ZoneInfo("Europe/London")
Item = TypeVar("Item")


async def read_candidates(
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


def _group(rows: Sequence[Row[Any]], make: Callable[[Row[Any]], Item]) -> dict[str, list[Item]]:
    groups: dict[str, list[Item]] = {}
    for row in rows:
        groups.setdefault(row.provider_id, []).append(make(row))
    return groups


def _to_payment(row: Row[Any], paid: set[UUID]) -> CapturedPayment:
    captured_on = row.captured_at.astimezone(_LONDON).date() if row.captured_at else None
    return CapturedPayment(row.id, row.amount, row.fee, captured_on, row.id in paid)


def _to_refund(row: Row[Any], refunded: set[UUID]) -> ConfirmedRefund:
    is_confirmed = row.status == "success"
    return ConfirmedRefund(row.id, row.payment, row.amount, is_confirmed, row.id in refunded)
