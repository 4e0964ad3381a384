"""What a service costs, for its pages: the prices of a day, and the lines that are due. Pure."""

from dataclasses import dataclass
from datetime import date

from apps.recipes.bundle import Bundle, FeeLine, Text
from apps.recipes.expressions.values import Values
from apps.recipes.fees import NoPriceError, find_tariff, list_charges


@dataclass(frozen=True, slots=True)
class Price:
    """A line of the fee on the start page: from ``least`` to ``most``, in pence."""

    name: Text
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class DueLine:
    """A line of the fee at check answers. In pence."""

    name: Text
    each: int
    times: int
    pence: int


def list_prices(bundle: Bundle, today: date) -> list[Price]:
    """List what the lines of the fee cost on a day, whoever applies."""
    lines = bundle.fee.lines if bundle.fee else ()
    return [price for price in (_find_price(line, today) for line in lines) if price is not None]


def _find_price(line: FeeLine, today: date) -> Price | None:
    tariff = find_tariff(line, today)
    if tariff is None:
        return None
    sums = [band.pence for band in tariff.bands] + [
        pence for pence in (tariff.pence, tariff.unknown) if pence is not None
    ]
    return Price(line.name, min(sums), max(sums)) if sums else None


def list_due_lines(bundle: Bundle, values: Values, today: date) -> list[DueLine] | None:
    """List the lines that are due; None where a price cannot be worked out."""
    try:
        charges = list_charges(bundle, values, today)
    except NoPriceError:
        return None
    return [DueLine(charge.name, charge.each, charge.times, charge.pence) for charge in charges]
