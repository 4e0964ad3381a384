"""Number the plots of a development, and find numbers and names that are taken."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from address.shared import numbering

MAX_PLOTS = 1_000
MAX_PROPERTIES = 5_000
MAX_NUMBER = 9_999  # BS 7666-2: a number has four digits
Side = Literal["odd", "even", "consecutive"]


@dataclass(frozen=True, slots=True)
class Plot:
    """A building of a development: the builder's name for it, its number or name, its flats."""

    reference: str
    number: str | None = None
    name: str | None = None
    flats: tuple[str, ...] = ()

    @property
    def properties(self) -> int:
        """Count the UPRNs it needs: its own, and one for each flat."""
        return 1 + len(self.flats)


@dataclass(frozen=True, slots=True)
class Building:
    """The number and name that tell a building from the others of its street."""

    number: str | None
    name: str | None

    def show(self) -> str:
        return " ".join(part for part in (self.name, self.number) if part)


def number_by_scheme(side: Side, first: int, count: int, skip: Collection[int]) -> list[int]:
    """Number so many plots in order from ``first``, leaving out those to skip.

    Raises ValueError when ``first`` is on the other side, or the numbers do not last.
    """
    if side != "consecutive" and first % 2 != (1 if side == "odd" else 0):
        raise ValueError(f"{first} is not {side}")
    step = 1 if side == "consecutive" else 2
    left_out = set(skip)
    numbers: list[int] = []
    number = first
    while len(numbers) < count:
        if number > MAX_NUMBER:
            raise ValueError(f"{count} numbers from {first} go beyond {MAX_NUMBER}")
        if number not in left_out:
            numbers.append(number)
        number += step
    return numbers


def building_keys(building: Building) -> Iterator[str]:
    """Yield what a building takes on its street: its name, and each number it covers.

    ``7-9`` covers 7 and 9, ``7-10`` all from 7 to 10; ``12A`` is not ``12``.
    """
    if building.name:
        yield " ".join(building.name.upper().split())
    if not building.number:
        return
    parsed = numbering.parse_building(None, building.number)
    start, end = parsed.start_number or 0, parsed.end_number
    if end is None:
        yield f"{start}{(parsed.start_suffix or '').upper()}"
        return
    step = 2 if (end - start) % 2 == 0 else 1
    yield from (str(number) for number in range(start, end + 1, step))


def find_taken(new: Iterable[Building], existing: Iterable[Building]) -> list[str]:
    """List the new buildings that the street has already or that occur twice, in order.

    Raises ValueError for an impossible number.
    """
    used_keys = {key for building in existing for key in _known_keys(building)}
    faults: list[str] = []
    for building in new:
        keys = set(building_keys(building))
        if keys & used_keys:
            faults.append(building.show())
        used_keys |= keys
    return faults


def _known_keys(building: Building) -> Iterator[str]:
    """Yield the keys of an existing building. A loaded number that cannot be parsed counts as a name."""
    try:
        yield from building_keys(building)
    except ValueError:
        yield building.show().upper()


def plots_fault(plots: Collection[Plot]) -> str:
    """Say what is wrong between the plots, or ""."""
    references = [plot.reference.upper() for plot in plots]
    if len(set(references)) < len(references):
        return "has a plot reference twice"
    if sum(plot.properties for plot in plots) > MAX_PROPERTIES:
        return f"has more than {MAX_PROPERTIES} properties"
    for plot in plots:
        if len({" ".join(flat.upper().split()) for flat in plot.flats}) < len(plot.flats):
            return f"has a flat of plot {plot.reference} twice"
    return ""
