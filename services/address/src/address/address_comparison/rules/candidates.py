"""The properties of a street that an address can be read as. One whose number differs is never among them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from address.address_comparison.rules.building_names import alike, is_core, much_of
from address.address_comparison.rules.street_context import Scene
from address.address_index.rules.index import Properties, Property
from address.address_text.rules.units import Reading

_LEAST_NAME = 4


class Possible(NamedTuple):
    """A property, how number and part are read as its own, and how many numbers that leaves unexplained."""

    property: Property
    how: str
    spare: int = 0


def named(scene: Scene, known: Properties) -> list[str]:
    """The street's buildings that are said by name."""
    windows, near, taken = scene.asks.said.windows, scene.asks.near, scene.hit.bits | scene.locality_bits
    return [
        name
        for name in known.names
        if (name in windows or name in near) and scene.says(name, taken) is not None
    ]


def possible(scene: Scene, known: Properties) -> Iterator[Possible]:
    """The properties, some more than once if they can be read in more than one way."""
    for reading in scene.readings:
        if reading.number is not None:
            yield from _by_number(reading, reading.number, known)
    names = scene.named
    if scene.parts.units or not (names or scene.parts.numbers):
        names = [*names, *_nearly_named(scene, known)]
    for name in names:
        yield from _in_building(scene, known.names[name])
    windows, near = scene.asks.said.windows, scene.asks.near
    for name, several in known.organisations.items():
        if name in windows or name in near or _nearly_organisation(scene, name):
            for one in several:
                yield from _named(scene, one, parted=False)


def _by_number(reading: Reading, number: str, known: Properties) -> Iterator[Possible]:
    several = known.numbers.get(number, ())
    if reading.unless and _may_have_part(known.numbers.get(reading.unless, ()), number):
        return
    if reading.how == "vague":
        yield from (Possible(one, "unsaid", reading.spare) for one in several if one.number == number)
        return
    whole = [one for one in several if one.unit == reading.unit]
    for one in whole:
        yield Possible(one, reading.how if one.number == number else "part", reading.spare)
    if not whole and reading.unit is None and reading.how == "same":
        for one in several:
            if one.number == number:
                yield Possible(one, "unsaid", reading.spare)


def _may_have_part(several: Sequence[Property], part: str) -> bool:
    """Whether a building has parts among which this one might be."""
    parts = [one.unit for one in several if one.unit is not None]
    numbered = [int(unit) for unit in parts if unit.isdigit()]
    if part.isdigit():
        return bool(numbered) and int(part) <= max(numbered) + 1
    return bool(parts)


def _nearly_named(scene: Scene, known: Properties) -> list[str]:
    """Buildings whose names are not said in so many words."""
    return [
        name
        for _, run in scene.parts.names
        if len(run) >= _LEAST_NAME and run not in known.names
        for name, several in known.names.items()
        if name not in scene.named and (alike(run, name) or is_core(run, several[0]))
    ]


def _nearly_organisation(scene: Scene, name: str) -> bool:
    return not scene.parts.numbers and any(much_of(run, name) for _, run in scene.parts.names)


def _in_building(scene: Scene, several: list[Property]) -> Iterator[Possible]:
    parted = any(one.unit is not None for one in several)
    for one in several:
        yield from _named(scene, one, parted=parted)


def _named(scene: Scene, one: Property, *, parted: bool) -> Iterator[Possible]:
    """The ways to read the address as this property of a building that is named."""
    said = scene.parts
    for reading in scene.readings:
        if reading.how == "vague":
            continue
        if reading.number is not None and one.number is None:
            yield from _as_part(reading, one, parted=parted)
        elif reading.unit == one.unit and reading.number in {None, one.number}:
            yield Possible(one, reading.how, reading.spare)
    if one.unit is None:
        return
    if len(said.numbers) == 1 and one.unit == said.numbers[0] != one.number and not said.units:
        yield Possible(one, "numbered")
    if not said.numbers and not said.part and not said.letters:
        yield Possible(one, "unsaid")


def _as_part(reading: Reading, one: Property, *, parted: bool) -> Iterator[Possible]:
    """A number that the building has not is that of its part: 3 MILL HOUSE is flat 3."""
    if reading.unit is not None:
        if reading.unit == one.unit:
            yield Possible(one, reading.how, 1)
    elif one.unit == reading.number:
        yield Possible(one, "numbered")
    elif one.unit is None and reading.how == "same" and not parted:
        yield Possible(one, reading.how)
