"""Geometries in CQL2 text: well-known text to GeoJSON."""

from typing import Any

from mapping.filters.rules.tokens import Cursor

_TYPES = {
    "POINT": ("Point", 0),
    "LINESTRING": ("LineString", 1),
    "POLYGON": ("Polygon", 2),
    "MULTIPOINT": ("MultiPoint", 1),
    "MULTILINESTRING": ("MultiLineString", 2),
    "MULTIPOLYGON": ("MultiPolygon", 3),
}
GEOMETRY_WORDS = {*_TYPES, "GEOMETRYCOLLECTION"}
_MOST_NUMBERS = 4


def read_geometry(cursor: Cursor, word: str) -> dict[str, Any]:
    """Read what follows the word of a geometry's type. Raises FilterError."""
    if word == "GEOMETRYCOLLECTION":
        return {"type": "GeometryCollection", "geometries": _read_members(cursor)}
    name, depth = _TYPES[word]
    cursor.accept("Z")
    coordinates = _read_nested(cursor, depth, is_multipoint=word == "MULTIPOINT")
    return {"type": name, "coordinates": coordinates}


def _read_members(cursor: Cursor) -> list[dict[str, Any]]:
    cursor.expect("(")
    members = []
    while True:
        word = cursor.token.word
        if word not in _TYPES:
            raise cursor.refuse("a geometry")
        cursor.advance()
        members.append(read_geometry(cursor, word))
        if not cursor.accept(","):
            break
    cursor.expect(")")
    return members


def _read_nested(cursor: Cursor, depth: int, *, is_multipoint: bool = False) -> list[Any]:
    """Read a parenthesis that holds a position (depth 0), positions (1), rings (2) or polygons (3)."""
    cursor.expect("(")
    if depth == 0:
        items: list[Any] = _read_position(cursor)
        cursor.expect(")")
        return items
    items = []
    while True:
        if depth == 1 and not (is_multipoint and cursor.token.word == "("):
            items.append(_read_position(cursor))
        else:
            items.append(_read_nested(cursor, depth - 1))
        if not cursor.accept(","):
            break
    cursor.expect(")")
    return items


def _read_position(cursor: Cursor) -> list[float]:
    numbers = [cursor.read_number(), cursor.read_number()]
    while cursor.token.kind == "number" or cursor.token.word == "-":
        numbers.append(cursor.read_number())
    if len(numbers) > _MOST_NUMBERS:
        raise cursor.refuse("a comma")
    return numbers
