"""The match of settlement lines with payments, and of payouts with bank lines. Source: council finance, 10.

The tolerance is 0: a penny is an exception. Of two equal candidates none is chosen. What matches depends on
what there is and not on the order in which it came.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from payments.processors.rules import SettlementKind, SettlementLine

GBP = "GBP"


class ExceptionKind(StrEnum):
    """Why something does not match."""

    NOT_CAPTURED = "not-captured"
    CAPTURED_TWICE = "captured-twice"
    AMOUNT_DIFFERS = "amount-differs"
    FEE_UNEXPECTED = "fee-unexpected"
    UNKNOWN_ID = "unknown-id"
    PAYOUT_SHORT = "payout-short"
    BANK_MISSING = "bank-missing"
    BANK_TWICE = "bank-twice"
    REVERSED = "reversed"
    WRONG_CURRENCY = "wrong-currency"
    LATE = "late"


class Rule(StrEnum):
    """What matched. Bank lines are tried by the rules in this order."""

    PAYMENT_ID = "payment-by-processor-id"
    REFUND_ID = "refund-by-processor-id"
    DISPUTE_PAYMENT = "dispute-by-payment"
    PAYOUT_ID = "reversal-by-payout-id"
    COLLECTION_ID = "collection-by-processor-id"
    RETURN_ID = "returned-collection-by-processor-id"
    FEE = "fee"
    PAYOUT_REFERENCE = "payout-by-reference"
    PAYOUT_AMOUNT = "payout-by-amount-and-arrival"
    BAG_NUMBER = "bag-by-paying-in-number"
    CHEQUE_NUMBER = "returned-cheque-by-number"
    FUND_REFERENCE = "reference-of-one-fund"


@dataclass(frozen=True, slots=True)
class CapturedPayment:
    """A payment as we know it. ``amount``: with its surcharge. ``has_line``: a settlement paid it before."""

    id: UUID
    amount: int
    fee: int | None
    captured_on: date | None
    has_line: bool


@dataclass(frozen=True, slots=True)
class ConfirmedRefund:
    """A refund as we know it. ``amount`` is positive."""

    id: UUID
    payment: UUID
    amount: int
    is_confirmed: bool
    has_line: bool


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the lines of a settlement can match: by the processor's ids, several of one id too."""

    payments: Mapping[str, Sequence[CapturedPayment]]
    refunds: Mapping[str, Sequence[ConfirmedRefund]]
    payouts: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class LineMatch:
    """What a line is matched with, by a rule, or the exception that it is. A warning comes with a match.

    ``is_of_others``: of a Direct Debit that another integration collected.
    """

    line: SettlementLine
    rule: Rule | None
    payment: UUID | None = None
    refund: UUID | None = None
    exception: ExceptionKind | None = None
    captured_on: date | None = None
    collection: UUID | None = None
    payout: UUID | None = None
    is_of_others: bool = False

    @property
    def subject(self) -> UUID | None:
        """Return the payment or Direct Debit that the line is of."""
        return self.payment or self.collection


def match_lines(lines: Sequence[SettlementLine], facts: Candidates) -> list[LineMatch]:
    """Match the lines of a payout. Of lines that pay one payment only the first by id matches it."""
    matches: dict[str, LineMatch] = {}
    used: set[UUID] = set()
    for line in sorted(lines, key=lambda line: line.provider_id):
        match = _match_line(line, facts, used)
        matches[line.provider_id] = match
        if match.rule in {Rule.PAYMENT_ID, Rule.REFUND_ID}:
            used |= {subject for subject in (match.refund or match.payment,) if subject}
    return [matches[line.provider_id] for line in lines]


def _match_line(line: SettlementLine, facts: Candidates, used: Collection[UUID]) -> LineMatch:
    match line.kind:
        case SettlementKind.PAYMENT:
            return _match_payment(line, facts, used)
        case SettlementKind.REFUND:
            return _match_refund(line, facts, used)
        case SettlementKind.DISPUTE | SettlementKind.DISPUTE_REVERSAL:
            candidates = facts.payments.get(line.authorisation or "", ())
            if len(candidates) == 1:
                return LineMatch(line, Rule.DISPUTE_PAYMENT, candidates[0].id)
        case SettlementKind.PAYOUT_REVERSAL:
            if (payout := facts.payouts.get(line.source or "")) is not None:
                return LineMatch(line, Rule.PAYOUT_ID, payout=payout)
        case SettlementKind.FEE:
            return LineMatch(line, Rule.FEE)
    return LineMatch(line, None, exception=ExceptionKind.UNKNOWN_ID)


def _match_payment(line: SettlementLine, facts: Candidates, used: Collection[UUID]) -> LineMatch:
    candidates = facts.payments.get(line.authorisation or "", ())
    if len(candidates) != 1:
        return LineMatch(line, None, exception=ExceptionKind.UNKNOWN_ID)
    payment = candidates[0]
    if payment.captured_on is None:
        return LineMatch(line, None, payment.id, exception=ExceptionKind.NOT_CAPTURED)
    if payment.has_line or payment.id in used:
        return LineMatch(line, None, payment.id, exception=ExceptionKind.CAPTURED_TWICE)
    if payment.amount != line.amount:
        return LineMatch(line, None, payment.id, exception=ExceptionKind.AMOUNT_DIFFERS)
    is_expected = payment.fee is None or payment.fee == line.fee
    warning = None if is_expected else ExceptionKind.FEE_UNEXPECTED
    return LineMatch(line, Rule.PAYMENT_ID, payment.id, exception=warning, captured_on=payment.captured_on)


def _match_refund(line: SettlementLine, facts: Candidates, used: Collection[UUID]) -> LineMatch:
    candidates = facts.refunds.get(line.source or "", ())
    if len(candidates) != 1 or not candidates[0].is_confirmed:
        return LineMatch(line, None, exception=ExceptionKind.UNKNOWN_ID)
    refund = candidates[0]
    if refund.has_line or refund.id in used:
        kind = ExceptionKind.CAPTURED_TWICE
    elif refund.amount != -line.amount:
        kind = ExceptionKind.AMOUNT_DIFFERS
    else:
        return LineMatch(line, Rule.REFUND_ID, refund.payment, refund.id)
    return LineMatch(line, None, refund.payment, refund.id, kind)
