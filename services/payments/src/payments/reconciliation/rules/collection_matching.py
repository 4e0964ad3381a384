"""The match of a payout's items with Direct Debits. Source: council finance, 10, rules 1 and 4.

A provider's payment is one collection, or two when it came back and was presented again. The days say of
which an item is: banks have the first back long before the second is charged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from payments.processors.rules import SettlementKind, SettlementLine
from payments.reconciliation.rules.matching import ExceptionKind, LineMatch, Rule

RETURNS = frozenset({SettlementKind.UNPAID, SettlementKind.CLAIM})
"""Items that take back what an earlier one paid."""
_OF_DEBITS = RETURNS | {SettlementKind.PAYMENT, SettlementKind.REFUND}


@dataclass(frozen=True, slots=True)
class SubmittedCollection:
    """A collection that the provider has.

    ``is_taken``: its day has come, or it is back. ``has_credit``, ``has_debit``: lines of earlier payouts.
    """

    id: UUID
    amount: int
    charge_date: date
    is_taken: bool
    is_back: bool
    has_credit: bool
    has_debit: bool


Candidates = Mapping[str, Sequence[SubmittedCollection]]


def match_items(lines: Sequence[SettlementLine], arrival_on: date, facts: Candidates) -> list[LineMatch]:
    """Match the lines of a payout that arrived on a day: credits first, for debits take them back."""
    matches: dict[str, LineMatch] = {}
    paid: set[UUID] = set()
    returned: set[UUID] = set()
    for line in sorted(lines, key=lambda line: (line.kind in RETURNS, line.provider_id)):
        match = _match_item(line, arrival_on, facts.get(line.authorisation or "", ()), paid, returned)
        if match.collection is not None and match.rule is not None:
            (paid if match.rule is Rule.COLLECTION_ID else returned).add(match.collection)
        matches[line.provider_id] = match
    return [matches[line.provider_id] for line in lines]


def _match_item(
    line: SettlementLine,
    arrival_on: date,
    ours: Sequence[SubmittedCollection],
    paid: set[UUID],
    returned: set[UUID],
) -> LineMatch:
    if not ours and line.kind in _OF_DEBITS:
        return LineMatch(line, None, exception=ExceptionKind.UNKNOWN_ID, is_of_others=True)
    charged = [item for item in ours if item.charge_date <= arrival_on]
    if ours and not charged:
        return _fail(line, ours, ExceptionKind.NOT_CAPTURED)
    match line.kind:
        case SettlementKind.PAYMENT:
            return _match_credit(line, charged, paid)
        case SettlementKind.UNPAID | SettlementKind.CLAIM:
            return _match_debit(line, charged, paid, returned)
        case SettlementKind.FEE:
            return LineMatch(line, Rule.FEE)
        case _:
            return _fail(line, charged, ExceptionKind.UNKNOWN_ID)


def _match_credit(line: SettlementLine, charged: Sequence[SubmittedCollection], paid: set[UUID]) -> LineMatch:
    """Match what was paid out with the presentation that was charged last."""
    last_day = max((item.charge_date for item in charged), default=None)
    newest = [item for item in charged if item.charge_date == last_day]
    if len(newest) != 1:
        return _fail(line, charged, ExceptionKind.UNKNOWN_ID)
    collection = newest[0]
    if not collection.is_taken:
        kind = ExceptionKind.NOT_CAPTURED
    elif collection.has_credit or collection.id in paid:
        kind = ExceptionKind.CAPTURED_TWICE
    elif collection.amount != line.amount:
        kind = ExceptionKind.AMOUNT_DIFFERS
    else:
        day = collection.charge_date
        return LineMatch(line, Rule.COLLECTION_ID, collection=collection.id, captured_on=day)
    return LineMatch(line, None, exception=kind, collection=collection.id)


def _match_debit(
    line: SettlementLine, charged: Sequence[SubmittedCollection], paid: set[UUID], returned: set[UUID]
) -> LineMatch:
    """Match what was taken back with the presentation that is back, was paid out, and not taken back yet."""
    was_paid = [item for item in charged if item.is_back and (item.has_credit or item.id in paid)]
    left = [item for item in was_paid if not item.has_debit and item.id not in returned]
    if not left:
        return _fail(line, charged, ExceptionKind.CAPTURED_TWICE if was_paid else ExceptionKind.UNKNOWN_ID)
    if len(left) > 1:
        return _fail(line, charged, ExceptionKind.UNKNOWN_ID)
    if left[0].amount != -line.amount:
        return _fail(line, left, ExceptionKind.AMOUNT_DIFFERS)
    return LineMatch(line, Rule.RETURN_ID, collection=left[0].id)


def _fail(line: SettlementLine, of: Sequence[SubmittedCollection], kind: ExceptionKind) -> LineMatch:
    """Leave a line without a match, and say which collection it is of, the newest of several."""
    newest = max(of, key=lambda item: (item.charge_date, item.id), default=None)
    return LineMatch(line, None, exception=kind, collection=newest.id if newest else None)
