"""Whole pence: the VAT in a gross amount, the VAT of a refund, a refund spread over lines. No penny is lost.

Rates are basis points: 2,000 is 20%. ``None`` is no VAT at all: outside the scope, exempt, already accounted.
"""

from collections.abc import Sequence
from typing import Literal

Spread = Literal["last_line_first", "largest_remainder", "refuse"]
_WHOLE = 10_000  # basis points


def compute_vat(gross: int, basis_points: int | None) -> int:
    """Compute the VAT that a gross amount contains, half a penny up."""
    if basis_points is None:
        return 0
    whole = _WHOLE + basis_points
    return (2 * gross * basis_points + whole) // (2 * whole)


def compute_refund_vat(
    gross: int, vat: int, basis_points: int | None, refunded: int, refunded_vat: int, amount: int
) -> int:
    """Compute the VAT in the next refund of a line: that of all its refunds, less what was given back.

    ``vat`` is the line's as taken, which may be a penny off ours: the last refund gives back what is left of
    it, and what is left never has more VAT than pence. Raises ValueError for more than is left of the line.
    """
    if not 0 < amount <= gross - refunded:
        raise ValueError(f"{amount} cannot be refunded of the {gross - refunded} that are left")
    cumulative = refunded + amount
    by_rate = min(compute_vat(cumulative, basis_points), vat)
    return max(by_rate, vat - (gross - cumulative)) - refunded_vat


def spread_refund(amount: int, left: Sequence[int], spread: Spread) -> list[int]:
    """Spread a refund over lines, of which this much is ``left``: one amount for each, in their order.

    Raises ValueError when it is more than is left, or must be given line by line (``refuse``).
    """
    if not 0 <= amount <= sum(left):
        raise ValueError(f"{amount} cannot be refunded of the {sum(left)} that are left")
    if spread == "refuse" and len(left) > 1:
        raise ValueError("a refund of this payment must say how much of which line")
    return _by_largest_remainder(amount, left) if spread == "largest_remainder" else _by_last(amount, left)


def _by_last(amount: int, left: Sequence[int]) -> list[int]:
    shares = []
    for most in reversed(left):
        shares.append(min(amount, most))
        amount -= shares[-1]
    return shares[::-1]


def _by_largest_remainder(amount: int, left: Sequence[int]) -> list[int]:
    """Spread in proportion; the pennies over go to the largest remainders, of equal ones to the earlier."""
    total = sum(left) or 1
    shares = [amount * most // total for most in left]
    order = sorted(range(len(left)), key=lambda n: -(amount * left[n] % total))
    for n in order[: amount - sum(shares)]:
        shares[n] += 1
    return shares
