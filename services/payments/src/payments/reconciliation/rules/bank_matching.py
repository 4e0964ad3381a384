"""The match of payouts with bank lines, over all of one size: no order of loading changes it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from payments.reconciliation.rules.matching import Rule
from payments.reconciliation.rules.working_days import count_working_days

ARRIVAL_DAYS = 5  # working days between the arrival that the processor says and the bank's booking
_MIN_REFERENCE = 4
_NOISE = re.compile(r"[^0-9A-Z]+")


@dataclass(frozen=True, slots=True)
class Payout:
    """What the bank is to show of a payout; of a reversed one the same taken back, too."""

    id: UUID
    amount: int
    reference: str
    arrival_on: date
    is_reversed: bool = False


@dataclass(frozen=True, slots=True)
class BankLine:
    """A line of a bank statement. ``has_fund_reference``: it says itself what it is for."""

    id: UUID
    amount: int
    booked_on: date
    text: str
    has_fund_reference: bool = False


@dataclass(frozen=True, slots=True)
class BankMatches:
    """Lines with the payout each belongs to, and the payouts that the bank shows more than once."""

    by_line: dict[UUID, tuple[UUID, Rule]]
    twice_at_bank: frozenset[UUID]


def simplify(text: str) -> str:
    """Reduce a text to letters and digits: banks drop and add blanks and signs."""
    return _NOISE.sub("", text.upper())


def match_bank(payouts: Sequence[Payout], lines: Sequence[BankLine]) -> BankMatches:
    """Match payouts with lines of the same amount, by reference, else by arrival if there is but one way."""
    texts = {line.id: simplify(line.text) for line in lines}
    references = {payout.id: simplify(payout.reference) for payout in payouts}
    counts = Counter(references.values())
    matches: dict[UUID, tuple[UUID, Rule]] = {}
    twice: set[UUID] = set()
    bearing_a_reference: set[UUID] = set()
    for payout in payouts:
        reference = references[payout.id]
        if len(reference) < _MIN_REFERENCE or counts[reference] > 1:
            continue
        bearing = [line for line in lines if reference in texts[line.id]]
        bearing_a_reference |= {line.id for line in bearing}
        for amount in (payout.amount, -payout.amount)[: 1 + payout.is_reversed]:
            candidates = [line for line in bearing if line.amount == amount]
            if len(candidates) == 1:
                matches[candidates[0].id] = (payout.id, Rule.PAYOUT_REFERENCE)
            elif len(candidates) > 1:
                twice.add(payout.id)
    placed = {payout for payout, _ in matches.values()} | twice
    matches |= _match_by_arrival(
        [payout for payout in payouts if payout.id not in placed],
        [line for line in lines if line.id not in bearing_a_reference and not line.has_fund_reference],
    )
    return BankMatches(matches, frozenset(twice))


def _match_by_arrival(payouts: Sequence[Payout], lines: Sequence[BankLine]) -> dict[UUID, tuple[UUID, Rule]]:
    """Match those that have one candidate, which has no other candidate either."""
    of_payout = {payout.id: [line for line in lines if _is_candidate(payout, line)] for payout in payouts}
    of_line: dict[UUID, list[Payout]] = {}
    for payout in payouts:
        for line in of_payout[payout.id]:
            of_line.setdefault(line.id, []).append(payout)
    return {
        candidates[0].id: (payout, Rule.PAYOUT_AMOUNT)
        for payout, candidates in of_payout.items()
        if len(candidates) == 1 and len(of_line[candidates[0].id]) == 1
    }


def _is_candidate(payout: Payout, line: BankLine) -> bool:
    return (
        line.amount == payout.amount
        and abs(count_working_days(payout.arrival_on, line.booked_on)) <= ARRIVAL_DAYS
    )
