"""How much of each line of a basket is given back, with its VAT."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from payments.shared.money import Spread, compute_refund_vat, spread_refund


class BasketLine(Protocol):
    """A line of a payment, with what of it was given back before."""

    @property
    def n(self) -> int:
        """Its number."""

    @property
    def amount(self) -> int:
        """Gross, in pence."""

    @property
    def vat(self) -> int:
        """The VAT in it."""

    @property
    def basis_points(self) -> int | None:
        """The rate of VAT."""

    @property
    def refunded(self) -> int:
        """What was given back."""

    @property
    def refunded_vat(self) -> int:
        """The VAT in that."""

    @property
    def moved(self) -> int:
        """What staff moved to other accounts, by a journal."""

    @property
    def moved_vat(self) -> int:
        """The VAT in that."""


class Share(NamedTuple):
    """A part of a line, gross, and the VAT in it."""

    n: int
    amount: int
    vat: int


def find_surcharge_left(surcharge: int, refunded: int, lines: Sequence[BasketLine]) -> int:
    """Find what is left of a payment's surcharge. ``refunded``: of the payment, with its surcharge."""
    return surcharge - (refunded - sum(line.refunded for line in lines))


def share_refund(lines: Sequence[BasketLine], amount: int, spread: Spread) -> list[Share]:
    """Spread an amount over what is left of the lines; what is over them is of the surcharge.

    Raises ValueError if each line must be named.
    """
    left = [line.amount - line.refunded - line.moved for line in lines]
    return _add_vat(lines, spread_refund(min(amount, sum(left)), left, spread))


def share_by_lines(
    lines: Sequence[BasketLine], amounts: Sequence[tuple[int, int]], total: int, surcharge: int = 0
) -> list[Share]:
    """Share a refund as its request names the lines: number and amount. Raises ValueError.

    ``surcharge``: what is left of it. What the total has over the lines is of the surcharge.
    """
    left: Mapping[int, int] = {line.n: line.amount - line.refunded - line.moved for line in lines}
    shares: dict[int, int] = {}
    for n, amount in amounts:
        if n in shares or amount > left.get(n, 0):
            raise ValueError(f"Line {n} is not in the basket, or twice here, or has less than that left")
        shares[n] = amount
    if not 0 <= total - sum(shares.values()) <= surcharge:
        raise ValueError("The lines must sum to the amount")
    return _add_vat(lines, [shares.get(line.n, 0) for line in lines])


def share_dispute(lines: Sequence[BasketLine], amount: int, spread: Spread) -> list[Share]:
    """Share a lost dispute. Nobody names its lines: where a refund must, the last line comes first.

    What staff moved elsewhere is taken where it was paid: the journal is undone by people, if at all.
    """
    left = [line.amount - line.refunded for line in lines]
    kind: Spread = "last_line_first" if spread == "refuse" else spread
    shares = spread_refund(min(amount, sum(left)), left, kind)
    return [
        Share(line.n, share, _compute_vat(line, share))
        for line, share in zip(lines, shares, strict=True)
        if share
    ]


def _add_vat(lines: Sequence[BasketLine], amounts: Sequence[int]) -> list[Share]:
    return [
        Share(line.n, amount, _compute_vat(line, amount, line.moved, line.moved_vat))
        for line, amount in zip(lines, amounts, strict=True)
        if amount
    ]


def _compute_vat(line: BasketLine, amount: int, moved: int = 0, moved_vat: int = 0) -> int:
    before, vat_before = line.refunded + moved, line.refunded_vat + moved_vat
    return compute_refund_vat(line.amount, line.vat, line.basis_points, before, vat_before, amount)
