"""A council's gazetteer as the matching looks things up in it.

Streets, with every name of theirs, stand in memory: a hundred bytes a property or so. The properties of a
street are given in when they are needed: all of them for a batch, the few streets of one question otherwise.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from address.address_index.rules.vocabulary import Vocabulary
from address.address_text.rules import units
from address.address_text.rules.lexicon import FLATS, KINDS, LEVELS, SHORT, TYPES
from address.address_text.rules.tokens import join, joined, words

_LEAST_SHORT = 3
_IS_NUMBER = re.compile(r"\d{1,4}[A-Z]?(?:-\d{1,4}[A-Z]?)?")
_SILENT = frozenset({"THE", "AND"})
# Long forms that the short one stands for in a name.
_LONG = {word: short for word, short in SHORT.items() if len(word) > 4}  # noqa: PLR2004


class PlaceRow(NamedTuple):
    """One address of one property, as the store reads it."""

    uprn: int
    usrn: int
    organisation: str | None
    sub_building: str | None
    building_name: str | None
    building_number: str | None
    street: str
    locality: str | None
    post_town: str | None
    postcode: str


class NameRow(NamedTuple):
    """What occurs in a street: a name of it, with a locality, town, postcode, building or organisation."""

    usrn: int
    street: str
    locality: str | None
    post_town: str | None
    postcode: str
    building_name: str | None
    organisation: str | None


@dataclass(slots=True)
class Property:
    """An address of a property, its names as one word each."""

    uprn: int
    number: str | None
    unit: str | None
    kind: str
    name: str
    organisation: str
    locality: str
    town: str
    postcode: str
    row: PlaceRow

    @property
    def line(self) -> str:
        """The address in one line, as our API writes it."""
        row = self.row
        street = f"{row.building_number} {row.street}" if row.building_number else row.street
        shown = (
            row.organisation,
            row.sub_building,
            row.building_name,
            street,
            row.locality,
            row.post_town,
            row.postcode,
        )
        return ", ".join(part for part in shown if part)


@dataclass(slots=True)
class Properties:
    """The addresses of one street."""

    all: list[Property] = field(default_factory=list)
    numbers: dict[str, list[Property]] = field(default_factory=dict)
    names: dict[str, list[Property]] = field(default_factory=dict)
    organisations: dict[str, list[Property]] = field(default_factory=dict)
    postcodes: dict[str, list[Property]] = field(default_factory=dict)


@dataclass(slots=True)
class Street:
    """A street: its names as one word each, and those a word short, with where it is. Keys in order: no set,
    so that an answer is always the same."""

    usrn: int
    label: str
    names: dict[str, int] = field(default_factory=dict)  # with the number of their words
    cores: dict[str, None] = field(default_factory=dict)
    kinds: dict[str, None] = field(default_factory=dict)  # ROAD and the like
    localities: dict[str, None] = field(default_factory=dict)
    towns: dict[str, None] = field(default_factory=dict)
    postcodes: dict[str, None] = field(default_factory=dict)


Streets = dict[str, list[int]]


@dataclass(slots=True)
class Index:
    """Where every name leads: to streets by their USRN."""

    rows: int = 0
    streets: dict[int, Street] = field(default_factory=dict)
    names: Streets = field(default_factory=dict)
    cores: Streets = field(default_factory=dict)
    postcodes: Streets = field(default_factory=dict)
    sectors: Streets = field(default_factory=dict)
    buildings: Streets = field(default_factory=dict)
    organisations: Streets = field(default_factory=dict)
    places: Streets = field(default_factory=dict)  # localities
    towns: Streets = field(default_factory=dict)
    outwards: set[str] = field(default_factory=set)
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    whole: Vocabulary = field(default_factory=Vocabulary)  # names as one word


def core(found: list[str]) -> str:
    """A street's or building's name without its last word, if that only says what kind it is; else empty."""
    kept = [word for word in found if word not in {"THE", "AND"}]
    return join(kept[:-1]) if len(kept) > 1 and (kept[-1] in TYPES or kept[-1] in KINDS) else ""


def _shortened(found: list[str]) -> list[str]:
    """A street's name without its last word, and without its first, where enough is left."""
    kept = [word for word in found if word not in _SILENT]
    shorter = ["".join(kept[:-1]), "".join(kept[1:]) if len(kept) > 2 else ""]  # noqa: PLR2004
    return [short for short in shorter if len(short) >= _LEAST_SHORT]


def build(rows: Iterable[NameRow]) -> Index:
    """The index of a gazetteer's names."""
    index = Index()
    index.vocabulary.add((*TYPES, *KINDS, *FLATS, *LEVELS, "FLOOR"), _LONG)
    extend(index, rows)
    return index


def extend(index: Index, rows: Iterable[NameRow]) -> None:
    """Add what occurs in streets. What is there already changes nothing."""
    heard: dict[str, tuple[list[str], str]] = {}
    names: dict[str, None] = {}
    for row in rows:
        index.rows += 1
        street = index.streets.get(row.usrn)
        if street is None:
            street = index.streets[row.usrn] = Street(row.usrn, row.street)
        names[_name(index, street, *_heard(heard, row.street))] = None
        _place(index, street, row)
        for kept, places, said in (
            (street.localities, index.places, row.locality),
            (street.towns, index.towns, row.post_town),
            ({}, index.buildings, row.building_name),
            ({}, index.organisations, row.organisation),
        ):
            if said:
                name = _heard(heard, said)[1]
                kept[name] = None
                _add(places, name, street)
    index.vocabulary.add(word for several, _ in heard.values() for word in several)
    index.whole.add((*names, *index.places, *index.buildings), _spelt_out(names))


def _heard(heard: dict[str, tuple[list[str], str]], text: str) -> tuple[list[str], str]:
    """The words of a name, and the name as one."""
    found = heard.get(text)
    if found is None:
        several = words(text)
        found = heard[text] = (several, join(several) if several else "")
    return found


def _name(index: Index, street: Street, several: list[str], name: str) -> str:
    """Add a name of a street."""
    _add(index.names, name, street)
    street.names[name] = len(several) - sum(word in _SILENT for word in several)
    if several and several[-1] in TYPES:
        street.kinds[several[-1]] = None
    for short in _shortened(several):
        street.cores[short] = None
        _add(index.cores, short, street)
    return name


def _place(index: Index, street: Street, row: NameRow) -> None:
    """Add a postcode of a street."""
    postcode = row.postcode.replace(" ", "")
    if postcode not in street.postcodes:
        street.postcodes[postcode] = None
        _add(index.postcodes, postcode, street)
        _add(index.sectors, postcode[:-2], street)
        index.outwards.add(postcode[:-3])


def _add(names: Streets, name: str, street: Street) -> None:
    found = names.setdefault(name, [])
    if not found or (found[-1] != street.usrn and street.usrn not in found):
        found.append(street.usrn)


def _spelt_out(names: Iterable[str]) -> dict[str, str]:
    """Names as one word with STREET and SAINT written out."""
    ends = {name[:-2] + "STREET": name for name in names if name.endswith("ST")}
    return ends | {"SAINT" + name[2:]: name for name in names if name.startswith("ST")}


def properties(rows: Iterable[PlaceRow]) -> Properties:
    """The addresses of one street, by number and by name."""
    found = Properties()
    for row in rows:
        unit, kind = units.key(row.sub_building)
        number, name = row.building_number, row.building_name
        if number is None and name is not None and _IS_NUMBER.fullmatch(name):
            number, name = name, None  # the Postcode Address File has 12A as a name
        one = Property(
            row.uprn,
            number,
            unit,
            kind,
            _joined(name),
            _joined(row.organisation),
            _joined(row.locality),
            _joined(row.post_town),
            row.postcode.replace(" ", ""),
            row,
        )
        found.all.append(one)
        for kept, name in (
            (found.names, one.name),
            (found.organisations, one.organisation),
            (found.postcodes, one.postcode),
        ):
            if name:
                kept.setdefault(name, []).append(one)
        for number in _numbers(one.number):
            found.numbers.setdefault(number, []).append(one)
    return found


_memory: dict[str, str] = {}


def _joined(text: str | None) -> str:
    if not text:
        return ""
    found = _memory.get(text)
    if found is None:
        if len(_memory) > 50_000:  # noqa: PLR2004
            _memory.clear()
        found = _memory[text] = joined(text)
    return found


def _numbers(number: str | None) -> Sequence[str]:
    """What a number is looked for by: a range by its ends too."""
    if number is None:
        return ()
    number = number.upper()
    first, dash, last = number.partition("-")
    return (number, first, last) if dash else (number,)
