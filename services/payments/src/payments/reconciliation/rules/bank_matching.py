"""The match of payouts and bags with bank lines, over all of one size: no order of loading changes it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from payments.reconciliation.rules.matching import Rule
from payments.shared.working_days import count_working_days

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
class Bag:
    """What the bank is to show of counter takings: a bag, or, negative, a cheque that it returned."""

    id: UUID
    amount: int
    number: str

    @property
    def rule(self) -> Rule:
        """Return the rule that a match of it has."""
        return Rule.BAG_NUMBER if self.amount > 0 else Rule.CHEQUE_NUMBER


@dataclass(frozen=True, slots=True)
class BankLine:
    """A line of a bank statement.

    ``has_fund_reference``: it says itself what it is for. ``is_for_payouts``: its account receives payouts.
    """

    id: UUID
    amount: int
    booked_on: date
    text: str
    has_fund_reference: bool = False
    is_for_payouts: bool = True


@dataclass(frozen=True, slots=True)
class BankMatches:
    """Lines with the payout or bag each belongs to, and the payouts that the bank shows more than once."""

    by_line: dict[UUID, tuple[UUID, Rule]]
    twice_at_bank: frozenset[UUID]


def simplify(text: str) -> str:
    """Reduce a text to letters and digits: banks drop and add blanks and signs."""
    return _NOISE.sub("", text.upper())


class _Claims:
    """Who says by their reference that a line is theirs. Of two that do, neither is chosen."""

    def __init__(self) -> None:
        self.twice: set[UUID] = set()
        self.bearing: set[UUID] = set()  # lines with a reference of somebody's
        self._by_line: dict[UUID, list[tuple[UUID, Rule]]] = {}

    def add(self, target: UUID, rule: Rule, bearing: Sequence[BankLine], amount: int) -> None:
        """Claim the one line of this amount among those that bear a reference."""
        self.bearing |= {line.id for line in bearing}
        candidates = [line for line in bearing if line.amount == amount]
        if len(candidates) == 1:
            self._by_line.setdefault(candidates[0].id, []).append((target, rule))
        elif len(candidates) > 1:
            self.twice.add(target)

    def settle(self) -> dict[UUID, tuple[UUID, Rule]]:
        """Return the lines that one alone claims."""
        return {line: claims[0] for line, claims in self._by_line.items() if len(claims) == 1}


def match_bank(payouts: Sequence[Payout], lines: Sequence[BankLine], bags: Sequence[Bag] = ()) -> BankMatches:
    """Match payouts and bags with lines of the same amount, by their reference or number.

    A payout without one is matched by its arrival if there is but one way; a bag never is.
    """
    claims = _Claims()
    for_payouts = [line for line in lines if line.is_for_payouts]
    _claim_payouts(claims, payouts, for_payouts)
    numbers = Counter((bag.number, bag.amount) for bag in bags)
    for bag in bags:
        if numbers[bag.number, bag.amount] == 1:
            pattern = _compile_number(bag.number)
            bearing = [line for line in lines if pattern.search(line.text.upper())]
            claims.add(bag.id, bag.rule, bearing, bag.amount)
    matches = claims.settle()
    placed = {target for target, _ in matches.values()} | claims.twice
    matches |= _match_by_arrival(
        [payout for payout in payouts if payout.id not in placed],
        [line for line in for_payouts if line.id not in claims.bearing and not line.has_fund_reference],
    )
    return BankMatches(matches, frozenset(claims.twice))


def _claim_payouts(claims: _Claims, payouts: Sequence[Payout], lines: Sequence[BankLine]) -> None:
    texts = {line.id: simplify(line.text) for line in lines}
    references = {payout.id: simplify(payout.reference) for payout in payouts}
    counts = Counter(references.values())
    for payout in payouts:
        reference = references[payout.id]
        if len(reference) < _MIN_REFERENCE or counts[reference] > 1:
            continue
        bearing = [line for line in lines if reference in texts[line.id]]
        for amount in (payout.amount, -payout.amount)[: 1 + payout.is_reversed]:
            claims.add(payout.id, Rule.PAYOUT_REFERENCE, bearing, amount)


def _compile_number(number: str) -> re.Pattern[str]:
    """Make the pattern of a number as a word of its own; banks write zeros before it, or leave them out."""
    return re.compile(rf"(?<![0-9A-Z])0*{re.escape(number.lstrip('0') or number)}(?![0-9A-Z])")


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
