"""Index the names of a council's gazetteer for matching.

Streets and their names are in memory: about a hundred bytes for each property. The properties of a street are
read when needed: all for a batch, those of a few streets for a single query.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from address.address_index.rules.vocabulary import Vocabulary
from address.address_text.rules import units
from address.address_text.rules.lexicon import FLATS, KINDS, LEVELS, SHORT, TYPES
from address.address_text.rules.tokens import join_name, join_words, split_name

_MIN_SHORT = 3
_IS_NUMBER = re.compile(r"\d{1,4}[A-Z]?(?:-\d{1,4}[A-Z]?)?")
_SILENT = frozenset({"THE", "AND"})
# Long forms of a name's short ones.
_LONG = {word: short for word, short in SHORT.items() if len(word) > 4}  # noqa: PLR2004


class PlaceRow(NamedTuple):
    """A row of the store: one address of a property."""

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
    """A row of the store: a name of a street, with a locality, town, postcode, building or organisation."""

    usrn: int
    street: str
    locality: str | None
    post_town: str | None
    postcode: str
    building_name: str | None
    organisation: str | None


@dataclass(slots=True)
class Property:
    """An address of a property, each name joined to one word."""

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
        """Format the address in one line, as the API does."""
        row = self.row
        street = f"{row.building_number} {row.street}" if row.building_number else row.street
        parts = (
            row.organisation,
            row.sub_building,
            row.building_name,
            street,
            row.locality,
            row.post_town,
            row.postcode,
        )
        return ", ".join(part for part in parts if part)


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
    """A street: its names and incomplete names, each joined to one word, and where it is. Dictionaries keep
    their order, unlike sets, so that answers are deterministic."""

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
    """Maps from every name to the USRNs of its streets."""

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


def name_core(words: list[str]) -> str:
    """Return a name without its last word if that is only its kind (ROAD, HOUSE), else ""."""
    core = [word for word in words if word not in {"THE", "AND"}]
    return join_words(core[:-1]) if len(core) > 1 and (core[-1] in TYPES or core[-1] in KINDS) else ""


def _shorten(words: list[str]) -> list[str]:
    """List a street's name without its last and without its first word, if enough is left."""
    words_ = [word for word in words if word not in _SILENT]
    shorter = ["".join(words_[:-1]), "".join(words_[1:]) if len(words_) > 2 else ""]  # noqa: PLR2004
    return [short for short in shorter if len(short) >= _MIN_SHORT]


def build_index(rows: Iterable[NameRow]) -> Index:
    """Build the index of a gazetteer's names."""
    index = Index()
    index.vocabulary.add((*TYPES, *KINDS, *FLATS, *LEVELS, "FLOOR"), _LONG)
    extend_index(index, rows)
    return index


def extend_index(index: Index, rows: Iterable[NameRow]) -> None:
    """Add rows of names. Names that are already there change nothing."""
    cache: dict[str, tuple[list[str], str]] = {}
    names: dict[str, None] = {}
    for row in rows:
        index.rows += 1
        street = index.streets.get(row.usrn)
        if street is None:
            street = index.streets[row.usrn] = Street(row.usrn, row.street)
        names[_add_name(index, street, *_tokenise(cache, row.street))] = None
        _add_postcode(index, street, row)
        for street_names, places, name_text in (
            (street.localities, index.places, row.locality),
            (street.towns, index.towns, row.post_town),
            ({}, index.buildings, row.building_name),
            ({}, index.organisations, row.organisation),
        ):
            if name_text:
                name = _tokenise(cache, name_text)[1]
                street_names[name] = None
                _add_to(places, name, street)
    index.vocabulary.add(word for words, _ in cache.values() for word in words)
    index.whole.add((*names, *index.places, *index.buildings), _expand(names))


def _tokenise(cache: dict[str, tuple[list[str], str]], text: str) -> tuple[list[str], str]:
    """Split a name into words, and join them as one word. Results are cached."""
    tokens = cache.get(text)
    if tokens is None:
        words = split_name(text)
        tokens = cache[text] = (words, join_words(words) if words else "")
    return tokens


def _add_name(index: Index, street: Street, words: list[str], name: str) -> str:
    """Add a name of a street."""
    _add_to(index.names, name, street)
    street.names[name] = len(words) - sum(word in _SILENT for word in words)
    if words and words[-1] in TYPES:
        street.kinds[words[-1]] = None
    for short in _shorten(words):
        street.cores[short] = None
        _add_to(index.cores, short, street)
    return name


def _add_postcode(index: Index, street: Street, row: NameRow) -> None:
    """Add a postcode of a street."""
    postcode = row.postcode.replace(" ", "")
    if postcode not in street.postcodes:
        street.postcodes[postcode] = None
        _add_to(index.postcodes, postcode, street)
        _add_to(index.sectors, postcode[:-2], street)
        index.outwards.add(postcode[:-3])


def _add_to(names: Streets, name: str, street: Street) -> None:
    usrns = names.setdefault(name, [])
    if not usrns or (usrns[-1] != street.usrn and street.usrn not in usrns):
        usrns.append(street.usrn)


def _expand(names: Iterable[str]) -> dict[str, str]:
    """Map joined names with STREET and SAINT in full to those with ST."""
    ends = {name[:-2] + "STREET": name for name in names if name.endswith("ST")}
    return ends | {"SAINT" + name[2:]: name for name in names if name.startswith("ST")}


def group_properties(rows: Iterable[PlaceRow]) -> Properties:
    """Group the addresses of one street by number and name."""
    properties = Properties()
    for row in rows:
        unit, kind = units.parse_key(row.sub_building)
        number, name = row.building_number, row.building_name
        if number is None and name is not None and _IS_NUMBER.fullmatch(name):
            number, name = name, None  # the Postcode Address File has 12A as a name
        property_row = Property(
            row.uprn,
            number,
            unit,
            kind,
            _join(name),
            _join(row.organisation),
            _join(row.locality),
            _join(row.post_town),
            row.postcode.replace(" ", ""),
            row,
        )
        properties.all.append(property_row)
        for by_name, name in (
            (properties.names, property_row.name),
            (properties.organisations, property_row.organisation),
            (properties.postcodes, property_row.postcode),
        ):
            if name:
                by_name.setdefault(name, []).append(property_row)
        for number in _range_ends(property_row.number):
            properties.numbers.setdefault(number, []).append(property_row)
    return properties


_memory: dict[str, str] = {}


def _join(text: str | None) -> str:
    if not text:
        return ""
    joined = _memory.get(text)
    if joined is None:
        if len(_memory) > 50_000:  # noqa: PLR2004
            _memory.clear()
        joined = _memory[text] = join_name(text)
    return joined


def _range_ends(number: str | None) -> Sequence[str]:
    """Return the numbers by which a number is found: a range also by its ends."""
    if number is None:
        return ()
    number = number.upper()
    first, dash, last = number.partition("-")
    return (number, first, last) if dash else (number,)
