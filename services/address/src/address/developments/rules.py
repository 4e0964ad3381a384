"""Numbering a street: what a developer's plots get, and what is taken already."""

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
    """One building of a development: the builder's name for it, and what it is to be called."""

    reference: str
    number: str | None = None
    name: str | None = None
    flats: tuple[str, ...] = ()

    @property
    def properties(self) -> int:
        """How many UPRNs it needs: its own, and one for each flat."""
        return 1 + len(self.flats)


@dataclass(frozen=True, slots=True)
class Building:
    """What tells a building from the others of a street."""

    number: str | None
    name: str | None

    def show(self) -> str:
        return " ".join(part for part in (self.name, self.number) if part)


def number_by_scheme(side: Side, first: int, count: int, skip: Collection[int]) -> list[int]:
    """The numbers of so many plots, in order from ``first``, leaving out those to skip.

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
    """What a building takes from the others of its street: its name, and each number it stands for.

    ``7-9`` stands for 7 and 9, ``7-10`` for all from 7 to 10; ``12A`` is not ``12``.
    """
    if building.name:
        yield " ".join(building.name.upper().split())
    if not building.number:
        return
    read = numbering.parse_building(None, building.number)
    start, end = read.start_number or 0, read.end_number
    if end is None:
        yield f"{start}{(read.start_suffix or '').upper()}"
        return
    step = 2 if (end - start) % 2 == 0 else 1
    yield from (str(number) for number in range(start, end + 1, step))


def find_taken(wanted: Iterable[Building], there: Iterable[Building]) -> list[str]:
    """Which of the wanted buildings the street has already, or are wanted twice, in order.

    Raises ValueError for a wanted number that is none.
    """
    known = {key for building in there for key in _known_keys(building)}
    faults: list[str] = []
    for building in wanted:
        own = set(building_keys(building))
        if own & known:
            faults.append(building.show())
        known |= own
    return faults


def _known_keys(building: Building) -> Iterator[str]:
    """The keys of a building that stands already. A loaded number that cannot be read is a name."""
    try:
        yield from building_keys(building)
    except ValueError:
        yield building.show().upper()


def plots_fault(plots: Collection[Plot]) -> str:
    """What is wrong with the plots between themselves, or ""."""
    references = [plot.reference.upper() for plot in plots]
    if len(set(references)) < len(references):
        return "has a plot reference twice"
    if sum(plot.properties for plot in plots) > MAX_PROPERTIES:
        return f"has more than {MAX_PROPERTIES} properties"
    for plot in plots:
        if len({" ".join(flat.upper().split()) for flat in plot.flats}) < len(plot.flats):
            return f"has a flat of plot {plot.reference} twice"
    return ""
