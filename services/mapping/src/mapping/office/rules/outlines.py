"""The shape of a feature as lines of text that people can read and change: a point in each line. Pure.

375000.0, 164600.0        easting and northing, or latitude and longitude, or a grid reference
375020.0, 164600.0
(an empty line)           begins another part
hole                      the lines that follow are a hole in the polygon before
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mapping.collections.rules.layers import GeometryType
from mapping.shared.coordinates import Crs, transform
from mapping.shared.typed_places import TypedPlace, parse_place

MAX_LENGTH = 200_000
"""Characters of the text: some 8,000 points. What is larger is loaded from a file."""
MOST_DRAWN = 2_000
"""Lines of a text whose points a map lets people move one by one."""
_HOLE = "hole"
_RING = 4  # points of the smallest ring, its first twice
_LINE = 2


class OutlineError(ValueError):
    """A text that is no shape; its words say what to do."""


def write_outline(geometry: Any, crs: Crs) -> str:
    """Write a shape as lines of eastings and northings, to the millimetre; empty for no place."""
    if geometry is None or geometry.is_empty:
        return ""
    [shape] = transform(np.array([geometry], dtype=object), crs, Crs.BNG)
    return "\n\n".join(_write_part(part) for part in shapely.get_parts(shape).tolist())


def _write_part(part: BaseGeometry) -> str:
    if not isinstance(part, shapely.Polygon):
        return _write_points(shapely.get_coordinates(part).tolist())
    rings = [part.exterior, *part.interiors]
    return f"\n{_HOLE}\n".join(_write_points(shapely.get_coordinates(ring)[:-1].tolist()) for ring in rings)


def _write_points(pairs: Sequence[Sequence[float]]) -> str:
    return "\n".join(f"{_write_number(east)}, {_write_number(north)}" for east, north in pairs)


def _write_number(metres: float) -> str:
    return f"{metres:.3f}".rstrip("0").rstrip(".")


def read_outline(text: str, kind: GeometryType) -> BaseGeometry | None:
    """Read a shape in metres of the National Grid; None for an empty text. Raises OutlineError."""
    if len(text) > MAX_LENGTH:
        raise OutlineError("This shape has too many points to type or draw: load it from a file")
    parts = _split(text)
    if not parts:
        return None
    if kind == "Point":
        points = [shapely.Point(point) for part in parts for ring in part for point in ring]
        return points[0] if len(points) == 1 else shapely.MultiPoint(points)
    if kind == "LineString":
        lines = [_make_line(ring) for part in parts for ring in part]
        return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)
    polygons = [_make_polygon(part) for part in parts]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def locate_lines(text: str) -> list[tuple[float, float] | None] | None:
    """List longitude and latitude of each line, None where it is no place; None for too many lines."""
    lines = text.splitlines()
    if len(lines) > MOST_DRAWN:
        return None
    return [_locate_line(line) for line in lines]


def _locate_line(line: str) -> tuple[float, float] | None:
    try:
        place = parse_place(line)
    except ValueError:
        return None
    return place.longitude, place.latitude


Ring = list[tuple[float, float]]


def _split(text: str) -> list[list[Ring]]:
    """Split the text into parts, each of one outline and its holes."""
    parts: list[list[Ring]] = []
    begins = True
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if not words:
            begins = True
            continue
        if words.lower() == _HOLE:
            _begin_hole(parts, number)
        else:
            place = _read_line(words, number)
            if begins:
                parts.append([[]])
            parts[-1][-1].append((place.easting, place.northing))
        begins = False
    return parts


def _begin_hole(parts: list[list[Ring]], number: int) -> None:
    if not parts or not parts[-1][-1]:
        raise OutlineError(f"Line {number}: enter the outline before its hole")
    parts[-1].append([])


def _read_line(words: str, number: int) -> TypedPlace:
    try:
        return parse_place(words)
    except ValueError as error:
        raise OutlineError(f"Line {number}: {error}") from error


def _make_line(points: Ring) -> shapely.LineString:
    if len(points) < _LINE:
        raise OutlineError("A line needs two points or more, each in a line of its own")
    return shapely.LineString(points)


def _make_polygon(rings: list[Ring]) -> shapely.Polygon:
    closed = [ring if ring and ring[0] == ring[-1] else [*ring, *ring[:1]] for ring in rings]
    if any(len(ring) < _RING for ring in closed):
        raise OutlineError("An area needs three points or more, each in a line of its own")
    return shapely.Polygon(closed[0], closed[1:])
