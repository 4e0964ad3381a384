"""What a person pays: the lines of the fee on a day, in pence. Casework computes the same for the case."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from apps.recipes.bundle import Bundle, FeeLine, Tariff, Text
from apps.recipes.expressions.rules import rules_of


class Readable(Protocol):
    """Values by name."""

    def get(self, name: str, /) -> Any:
        """Return a value, or None where it is not known."""


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """A line that is due: what one costs and how many; ``unknown`` says that its band was not known.

    In pence.
    """

    id: str
    name: Text
    each: int
    times: int
    unknown: bool

    @property
    def pence(self) -> int:
        """What the line comes to."""
        return self.each * self.times


class NoPriceError(Exception):
    """A line has no price on the day, or none for what is not known. A checked recipe raises it only before
    its first price begins."""


def list_charges(bundle: Bundle, values: Readable, today: date) -> tuple[ChargeLine, ...]:
    """List the lines that are due on a day; their sum is the amount. Raises NoPriceError."""
    if bundle.fee is None:
        return ()
    charges = (_charge(bundle, line, values, today) for line in bundle.fee.lines)
    return tuple(charge for charge in charges if charge is not None)


def find_tariff(line: FeeLine, today: date) -> Tariff | None:
    """Find the tariff of a line that holds on a day."""
    in_force = [tariff for tariff in line.tariffs if tariff.starts <= today.isoformat()]
    return in_force[-1] if in_force else None


def _charge(bundle: Bundle, line: FeeLine, values: Readable, today: date) -> ChargeLine | None:
    rules = rules_of(bundle)
    applies = rules.truth(line.when).evaluate(values) if line.when else True
    if applies is False:
        return None
    times = rules.integer(line.times).evaluate(values) if line.times else 1
    tariff = find_tariff(line, today)
    if times is None or tariff is None:
        raise NoPriceError(f"{line.id} has no price on {today}")
    if times <= 0:
        return None
    each, unknown = _find_price(line, tariff, values, applies=applies)
    if unknown and each == 0:  # what may not be due at all is no line
        return None
    return ChargeLine(line.id, line.name, each, times, unknown)


def _find_price(line: FeeLine, tariff: Tariff, values: Readable, *, applies: bool | None) -> tuple[int, bool]:
    if applies is not None and tariff.pence is not None:
        return tariff.pence, False
    number = values.get(line.by) if line.by else 0
    bands = [band for band in tariff.bands if number is not None and band.least <= number]
    if applies is not None and bands:
        return bands[-1].pence, False
    if tariff.unknown is None:
        raise NoPriceError(f"{line.id} has no price for what is not known")
    return tariff.unknown, True
