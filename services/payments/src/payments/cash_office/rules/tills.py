"""Tills: where one is, how it is counted, who may check it. Source: council finance, section 6."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from payments.shared.scopes import APPROVE

DENOMINATIONS = (5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1)
"""Notes and coins, in pence."""


class Status(StrEnum):
    """Where a till is."""

    OPEN = "open"
    COUNTED = "counted"  # it differs, and nobody has said why
    RECOUNT = "recount"  # who checked it had it counted again
    CHECKING = "checking"  # it differs by more than one person may book
    BALANCED = "balanced"  # to be banked
    BANKED = "banked"


class Reason(StrEnum):
    """Why a till is over or short, or a receipt void: the list that auditors count by."""

    WRONG_CHANGE = "wrong-change"
    WRONG_AMOUNT = "wrong-amount"
    WRONG_ACCOUNT = "wrong-account"
    DUPLICATE = "duplicate"
    FORGED = "forged-note"
    UNKNOWN = "unknown"
    OTHER = "other"  # with words


@dataclass(frozen=True, slots=True)
class Count:
    """What a till was counted as, and what it should have had. ``cash``: without the float; pence."""

    cash: int
    cheques: int
    expected_cash: int
    expected_cheques: int

    @property
    def cash_difference(self) -> int:
        """Return how much cash there is too much; negative: too little."""
        return self.cash - self.expected_cash

    @property
    def cheque_difference(self) -> int:
        """Return the same of the cheques."""
        return self.cheques - self.expected_cheques

    @property
    def is_balanced(self) -> bool:
        """Tell whether all is there, and no more."""
        return not (self.cash_difference or self.cheque_difference)

    def exceeds(self, limit: int) -> bool:
        """Tell whether a second person must check it: cash over does not make good for cheques short."""
        return abs(self.cash_difference) + abs(self.cheque_difference) > limit


def sum_denominations(pieces: Mapping[int, int]) -> int:
    """Sum notes and coins: how many of each, by their pence."""
    return sum(pence * number for pence, number in pieces.items())


def find_check_fault(
    status: str, makers: frozenset[str | None], checker: str, scopes: frozenset[str]
) -> tuple[int, str, str] | None:
    """Find why a person may not check a till: status, code and text of the problem."""
    if checker in makers:
        return 403, "own-till", "You took, counted or explained this till. Somebody else must check it."
    if APPROVE not in scopes:
        return 403, "missing-scope", f"This needs the scope {APPROVE}."
    if status != Status.CHECKING:
        return 409, "till-not-to-check", f"This till is {status}. Nothing was changed."
    return None
