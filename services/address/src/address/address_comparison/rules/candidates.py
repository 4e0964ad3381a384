"""List the properties of a street that an address may mean. One with another number is never listed."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from address.address_comparison.rules.building_names import is_alike, is_core, is_part_of
from address.address_comparison.rules.street_context import StreetContext
from address.address_index.rules.index import Properties, Property
from address.address_text.rules.units import Reading

_MIN_NAME = 4


class PossibleProperty(NamedTuple):
    """A property, how number and part fit it, and how many numbers are left unexplained."""

    property: Property
    how: str
    spare: int = 0


def list_named_buildings(context: StreetContext, properties: Properties) -> list[str]:
    """List the street's buildings that the address names."""
    windows, near, used = (
        context.query.address.windows,
        context.query.near,
        context.hit.bits | context.locality_bits,
    )
    return [
        name
        for name in properties.names
        if (name in windows or name in near) and context.find_name(name, used) is not None
    ]


def list_possible(context: StreetContext, properties: Properties) -> Iterator[PossibleProperty]:
    """Yield the properties, some more than once if more than one reading fits."""
    for reading in context.readings:
        if reading.number is not None:
            yield from _by_number(reading, reading.number, properties)
    names = context.building_names
    if context.parts.units or not (names or context.parts.numbers):
        names = [*names, *_nearly_named_buildings(context, properties)]
    for name in names:
        yield from _in_building(context, properties.names[name])
    windows, near = context.query.address.windows, context.query.near
    for name, group in properties.organisations.items():
        if name in windows or name in near or _nearly_organisation(context, name):
            for candidate in group:
                yield from _read_named(context, candidate, parted=False)


def _by_number(reading: Reading, number: str, properties: Properties) -> Iterator[PossibleProperty]:
    group = properties.numbers.get(number, ())
    if reading.unless and _may_have_part(properties.numbers.get(reading.unless, ()), number):
        return
    if reading.how == "vague":
        yield from (
            PossibleProperty(candidate, "unsaid", reading.spare)
            for candidate in group
            if candidate.number == number
        )
        return
    whole = [candidate for candidate in group if candidate.unit == reading.unit]
    for candidate in whole:
        yield PossibleProperty(
            candidate, reading.how if candidate.number == number else "part", reading.spare
        )
    if not whole and reading.unit is None and reading.how == "same":
        for candidate in group:
            if candidate.number == number:
                yield PossibleProperty(candidate, "unsaid", reading.spare)


def _may_have_part(group: Sequence[Property], part: str) -> bool:
    """Return whether a building has parts like this one."""
    parts = [candidate.unit for candidate in group if candidate.unit is not None]
    numbered = [int(unit) for unit in parts if unit.isdigit()]
    if part.isdigit():
        return bool(numbered) and int(part) <= max(numbered) + 1
    return bool(parts)


def _nearly_named_buildings(context: StreetContext, properties: Properties) -> list[str]:
    """List buildings whose names are nearly in the address."""
    return [
        name
        for _, run in context.parts.names
        if len(run) >= _MIN_NAME and run not in properties.names
        for name, group in properties.names.items()
        if name not in context.building_names and (is_alike(run, name) or is_core(run, group[0]))
    ]


def _nearly_organisation(context: StreetContext, name: str) -> bool:
    return not context.parts.numbers and any(is_part_of(run, name) for _, run in context.parts.names)


def _in_building(context: StreetContext, group: list[Property]) -> Iterator[PossibleProperty]:
    parted = any(candidate.unit is not None for candidate in group)
    for candidate in group:
        yield from _read_named(context, candidate, parted=parted)


def _read_named(context: StreetContext, candidate: Property, *, parted: bool) -> Iterator[PossibleProperty]:
    """Yield the readings of the address as this property of a named building."""
    parts = context.parts
    for reading in context.readings:
        if reading.how == "vague":
            continue
        if reading.number is not None and candidate.number is None:
            yield from _as_part(reading, candidate, parted=parted)
        elif reading.unit == candidate.unit and reading.number in {None, candidate.number}:
            yield PossibleProperty(candidate, reading.how, reading.spare)
    if candidate.unit is None:
        return
    if len(parts.numbers) == 1 and candidate.unit == parts.numbers[0] != candidate.number and not parts.units:
        yield PossibleProperty(candidate, "numbered")
    if not parts.numbers and not parts.part and not parts.letters:
        yield PossibleProperty(candidate, "unsaid")


def _as_part(reading: Reading, candidate: Property, *, parted: bool) -> Iterator[PossibleProperty]:
    """Read a number that the building lacks as that of its part: 3 MILL HOUSE is flat 3."""
    if reading.unit is not None:
        if reading.unit == candidate.unit:
            yield PossibleProperty(candidate, reading.how, 1)
    elif candidate.unit == reading.number:
        yield PossibleProperty(candidate, "numbered")
    elif candidate.unit is None and reading.how == "same" and not parted:
        yield PossibleProperty(candidate, reading.how)
