"""Stripe's payouts and balance transactions, read as the port has them. Source: its payout reconciliation.

A payout is read once Stripe says that its lines are complete (``reconciliation_status``).
"""

from collections.abc import Mapping, Sequence

import stripe
from pydantic import Field

from payments.processors.actions.stripe.objects import Model, read_object, to_time
from payments.processors.rules import ProcessorError, Settlement, SettlementKind, SettlementLine

PAGE = 100
_MOST = 10**11  # pence
_PAID, _RETURNED = "paid", "failed"
_COMPLETED = "completed"
_PAYOUT = "payout"  # the payout's own line
_KINDS = {
    "charge": SettlementKind.PAYMENT,
    "refund": SettlementKind.REFUND,
    "dispute": SettlementKind.DISPUTE,
    "dispute_reversal": SettlementKind.DISPUTE_REVERSAL,
    "payout_reversal": SettlementKind.PAYOUT_REVERSAL,
    "fee": SettlementKind.FEE,
    "network_cost": SettlementKind.FEE,
}


class _TraceId(Model):
    status: str = Field(max_length=40)
    value: str | None = Field(default=None, max_length=255)


class _Payout(Model):
    id: str = Field(max_length=255)
    amount: int = Field(ge=-_MOST, le=_MOST)
    currency: str = Field(max_length=3)
    status: str = Field(max_length=40)
    automatic: bool
    reconciliation_status: str = Field(max_length=40)
    created: int
    arrival_date: int
    statement_descriptor: str | None = Field(default=None, max_length=255)
    trace_id: _TraceId | None = None


class _Source(Model):
    id: str = Field(max_length=255)
    object: str = Field(max_length=40)
    payment_intent: str | None = Field(default=None, max_length=255)


class _Line(Model):
    id: str = Field(max_length=255)
    reporting_category: str = Field(max_length=60)
    amount: int = Field(ge=-_MOST, le=_MOST)
    fee: int = Field(ge=-_MOST, le=_MOST)
    net: int
    currency: str = Field(max_length=3)
    source: _Source | None = None


def read_payouts(payouts: Sequence[stripe.StripeObject | Mapping[str, object]]) -> list[Settlement]:
    """Read payouts, listed the newest first; return those that are complete, the oldest first."""
    payouts_by_age = [read_object(_Payout, payout) for payout in reversed(payouts)]
    return [_to_settlement(payout) for payout in payouts_by_age if _is_complete(payout)]


def _is_complete(payout: _Payout) -> bool:
    """Check that a payout has come to the bank, or came back, and that all its lines are known.

    A payout that somebody made by hand has no lines of its own: what the bank shows of it is for a person.
    """
    return (
        payout.automatic
        and payout.status in {_PAID, _RETURNED}
        and payout.reconciliation_status == _COMPLETED
    )


def _to_settlement(payout: _Payout) -> Settlement:
    trace = payout.trace_id.value if payout.trace_id else None
    return Settlement(
        provider_id=payout.id,
        amount=payout.amount,
        currency=payout.currency.upper(),
        is_reversed=payout.status == _RETURNED,
        reference=trace or payout.statement_descriptor or payout.id,
        paid_at=to_time(payout.created),
        arrival_on=to_time(payout.arrival_date).date(),
    )


def read_lines(lines: Sequence[stripe.StripeObject | Mapping[str, object]]) -> list[SettlementLine]:
    """Read balance transactions, their sources expanded, without the payout's own. Raises ProcessorError."""
    transactions = [read_object(_Line, line) for line in lines]
    if any(line.net != line.amount - line.fee for line in transactions):
        raise ProcessorError("a line of Stripe's has a net that is not its amount less its fee")
    return [_to_line(line) for line in transactions if line.reporting_category != _PAYOUT]


def _to_line(line: _Line) -> SettlementLine:
    source = line.source
    return SettlementLine(
        provider_id=line.id,
        kind=_KINDS.get(line.reporting_category, SettlementKind.OTHER),
        amount=line.amount,
        fee=line.fee,
        currency=line.currency.upper(),
        authorisation=source.payment_intent if source else None,
        source=source.id if source else None,
    )
