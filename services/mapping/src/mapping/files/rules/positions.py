"""Find and parse the columns of a table that say where a row is. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class PositionKind(StrEnum):
    """In which form a table has its places."""

    NATIONAL_GRID = "easting and northing"
    DEGREES = "longitude and latitude"
    UNKNOWN = "x and y"
    WKT = "well-known text"
    GRID_REFERENCE = "grid reference"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PositionColumns:
    """The columns with places, by their number. ``second`` is none where one column says it all."""

    kind: PositionKind
    first: int = -1
    second: int | None = None


_PAIRS: tuple[tuple[PositionKind, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        PositionKind.NATIONAL_GRID,
        ("easting", "eastings", "geoeasting", "bngeasting", "oseasting", "east", "xcoordinate", "geox"),
        ("northing", "northings", "geonorthing", "bngnorthing", "osnorthing", "north", "ycoordinate", "geoy"),
    ),
    (
        PositionKind.DEGREES,
        ("longitude", "lon", "lng", "long", "wgs84longitude"),
        ("latitude", "lat", "wgs84latitude"),
    ),
    (PositionKind.UNKNOWN, ("x", "xcoord", "pointx"), ("y", "ycoord", "pointy")),
)
_SINGLES: tuple[tuple[PositionKind, tuple[str, ...]], ...] = (
    (PositionKind.WKT, ("geometry", "wkt", "geom", "thegeom", "geometrywkt", "shape", "point")),
    (
        PositionKind.GRID_REFERENCE,
        ("gridref", "gridreference", "osgridref", "osgridreference", "ngr", "osgr"),
    ),
)


def find_columns(header: Sequence[str]) -> PositionColumns:
    """Find the columns with places by their names. Well-known text goes first, it can say the most."""
    names = {
        re.sub(r"[^a-z0-9]", "", name.lower()): number for number, name in reversed([*enumerate(header)])
    }
    for kind, words in _SINGLES[:1]:
        if number := _first(names, words):
            return PositionColumns(kind, number - 1)
    for kind, first_words, second_words in _PAIRS:
        first, second = _first(names, first_words), _first(names, second_words)
        if first and second:
            return PositionColumns(kind, first - 1, second - 1)
    for kind, words in _SINGLES[1:]:
        if number := _first(names, words):
            return PositionColumns(kind, number - 1)
    return PositionColumns(PositionKind.NONE)


def _first(names: dict[str, int], words: Sequence[str]) -> int:
    """Return the number, from 1, of the first column with one of the names; 0 if there is none."""
    return next((names[word] + 1 for word in words if word in names), 0)


_LONGEST = 40  # characters of a number
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][+-]?\d{1,2})?")


def parse_coordinate(text: str) -> float | None:
    """Parse a number as tables have it: blanks around, commas between thousands; None of an empty cell.

    Raises ValueError of anything else, and of numbers that are not finite.
    """
    bare = text.strip().replace("\u00a0", "").removesuffix("m").strip()
    if not bare:
        return None
    if len(bare) > _LONGEST or not _NUMBER.fullmatch(bare) or not any(map(str.isdigit, bare)):
        raise ValueError(f"{text[:40]!r} is no number")
    return float(bare.replace(",", ""))
