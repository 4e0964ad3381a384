"""Parse points, boxes and polygons in any of OS Places' coordinate systems.

All become metres of the British National Grid. In WGS84, EPSG:4326 and EPSG:4258 a point is latitude,
longitude; in the others easting, northing. Unusable text raises ValueError with the reason.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from address.shared import projections
from address.shared.projections import Point

MAX_EASTING, MAX_NORTHING = 700_000, 1_300_000  # metres of the National Grid
MAX_BOX = 1_000_000  # square metres
MAX_POINTS = 10_000  # of a polygon
_MAX_CROSSINGS = 100_000  # of edges with the strips below
STRIP = 7  # places are indexed by strips 2**7 metres wide
_STRAIGHT = (
    200.0  # metres over which a line straight in another system is straight on the grid, to a millimetre
)
_MAX_PIECES = 4_000
_LATITUDE_FIRST = {"WGS84", "EPSG:4326", "EPSG:4258"}
_MERCATOR = "EPSG:3857"
_PAIR, _BOX = 2, 4
_NUMBER = r"\s*([+-]?[0-9]{1,12}(?:\.[0-9]{0,30})?(?:[eE][+-]?[0-9]{1,2})?)\s*"
_POINT_TEXT = re.compile(rf"{_NUMBER},{_NUMBER}")
_BOX_TEXT = re.compile(",".join([_NUMBER] * _BOX))

Edge = tuple[float, float, float, float]
Rings = list[list[Point]]


@dataclass(frozen=True, slots=True)
class Area:
    """An area by its bounds, and by the edges of its polygons unless it is a box on the grid.

    ``edges`` are ``(x1, y1, x2, y2)`` with ``x1 <= x2``; ``polygons`` has the polygon of each. A point is
    inside a polygon when it is on an edge, or when a line from it to the north crosses an odd number of that
    polygon's edges: holes are outside, and so are parts that a self-crossing polygon surrounds twice.
    """

    west: float
    south: float
    east: float
    north: float
    edges: tuple[Edge, ...] = ()
    polygons: tuple[int, ...] = ()


def parse_point(text: str, system: str) -> Point:
    """Parse ``x,y`` of a coordinate system to a point on the grid."""
    match = _POINT_TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"must be two numbers: {_order(system)}")
    return _on_grid([(float(match[1]), float(match[2]))], system)[0]


def parse_box(text: str, system: str, largest: float = math.inf) -> Area:
    """Parse the south-west and north-east corners, ``x1,y1,x2,y2``. ``largest``: square metres."""
    match = _BOX_TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"must be four numbers: {_order(system)} in the south-west, then in the north-east")
    x1, y1, x2, y2 = map(float, match.groups())
    if x1 >= x2 or y1 >= y2:
        raise ValueError("must lie in the order south-west, north-east, and have some extent")
    corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)]
    if _is_grid(system):
        _on_grid(corners, system)
        area, size = Area(x1, y1, x2, y2), (x2 - x1) * (y2 - y1)
    else:
        area = _area([[corners]], system)
        size = abs(_size(_on_grid(corners, system)))
    if size > largest * (1 + 1e-6):
        raise ValueError(f"has {size / 1e6:.3f} square kilometres; {largest / 1e6:g} is the most")
    return area


def bounds_of_circle(centre: Point, radius: float) -> Area:
    """Return the bounds of a circle."""
    return Area(centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius)


def parse_polygon(body: bytes, system: str) -> Area:
    """Parse a GeoJSON Polygon or MultiPolygon, alone or in a Feature or a FeatureCollection of one."""
    try:
        geometry = _geometry(json.loads(body))
    except (ValueError, RecursionError):
        raise ValueError("must be the JSON of a GeoJSON Polygon or MultiPolygon") from None
    coordinates = geometry.get("coordinates")
    parts = [coordinates] if geometry.get("type") == "Polygon" else coordinates
    return _area(_parse_parts(parts), system)


def _geometry(value: Any) -> dict[str, Any]:
    """Unwrap the geometry."""
    if isinstance(value, dict) and value.get("type") == "FeatureCollection":
        features = value.get("features")
        value = features[0] if isinstance(features, list) and len(features) == 1 else None
    if isinstance(value, dict) and value.get("type") == "Feature":
        value = value.get("geometry")
    if not isinstance(value, dict) or value.get("type") not in {"Polygon", "MultiPolygon"}:
        raise ValueError("no polygon")
    return value


def _parse_parts(parts: Any) -> list[Rings]:
    """Parse coordinates of the form that RFC 7946 gives polygons."""
    points = 0
    match: list[Rings] = []
    for part in _require_list(parts):
        rings: Rings = []
        for ring in _require_list(part):
            points += len(ring) if isinstance(ring, list) else 0
            if points > MAX_POINTS:
                raise ValueError(f"has more than {MAX_POINTS} points; simplify it")
            rings.append(_ring(ring))
        match.append(rings)
    return match


def _require_list(value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise ValueError("must have coordinates: a list of rings, of a MultiPolygon a list of such lists")
    return value


def _ring(value: Any) -> list[Point]:
    if not isinstance(value, list) or len(value) < _BOX:
        raise ValueError("has a ring of fewer than four points")
    points = [_position(first) for first in value]
    if points[0] != points[-1]:
        raise ValueError("has a ring that does not end where it begins")
    return points


def _position(value: Any) -> Point:
    if not isinstance(value, list) or not _PAIR <= len(value) <= _BOX:
        raise ValueError("has a point that is not a list of two numbers")
    numbers = [
        first for first in value[:_PAIR] if isinstance(first, int | float) and not isinstance(first, bool)
    ]
    # An integer beyond all floats can still be compared.
    if len(numbers) < _PAIR or not all(-1e9 < first < 1e9 for first in numbers):  # noqa: PLR2004 - no such place
        raise ValueError("has a point that is not a list of two numbers")
    return float(numbers[0]), float(numbers[1])


def _area(parts: Sequence[Rings], system: str) -> Area:
    edges: list[Edge] = []
    polygons: list[int] = []
    sides = sum(len(ring) for rings in parts for ring in rings)
    for number, rings in enumerate(parts):
        for ring in rings:
            pieces = list(_edges(_densify(ring, system, sides)))
            edges += pieces
            polygons += [number] * len(pieces)
    if sum((int(x2) >> STRIP) - (int(x1) >> STRIP) + 1 for x1, _, x2, _ in edges) > _MAX_CROSSINGS:
        raise ValueError("has too many points for the land it spans; simplify it")
    south = min(min(y1, y2) for _, y1, _, y2 in edges)
    north = max(max(y1, y2) for _, y1, _, y2 in edges)
    west, east = min(edge[0] for edge in edges), max(edge[2] for edge in edges)
    return Area(west, south, east, north, tuple(edges), tuple(polygons))


def _edges(ring: Iterable[Point]) -> Iterator[Edge]:
    for first, second in pairwise(ring):
        (x1, y1), (x2, y2) = sorted((first, second))
        yield x1, y1, x2, y2


def _densify(ring: list[Point], system: str, sides: int) -> list[Point]:
    """Project a ring to the grid in short pieces: a line straight in another system bends there."""
    corners = _on_grid(ring, system)
    if _is_grid(system):
        return corners
    most = max(1, _MAX_PIECES // sides)
    points: list[Point] = []
    for (first, second), (start, end) in zip(pairwise(ring), pairwise(corners), strict=True):
        pieces = min(most, math.ceil(math.dist(start, end) / _STRAIGHT))
        points += [_between(first, second, piece / pieces) for piece in range(pieces)]
    return [*_on_grid(points, system), corners[-1]] if points else corners


def _between(first: Point, second: Point, share: float) -> Point:
    return first[0] + (second[0] - first[0]) * share, first[1] + (second[1] - first[1]) * share


def _on_grid(points: Sequence[Point], system: str) -> list[Point]:
    match = _from_system(system)(points)
    if not all(0 <= x <= MAX_EASTING and 0 <= y <= MAX_NORTHING for x, y in match):
        raise ValueError(f"must lie on the British National Grid; in {system} a point is {_order(system)}")
    return match


def _from_system(system: str) -> Callable[[Sequence[Point]], list[Point]]:
    if system in _LATITUDE_FIRST:
        return lambda points: projections.from_lonlat([(lon, lat) for lat, lon in points])
    return projections.from_mercator if system == _MERCATOR else list


def _is_grid(system: str) -> bool:
    return system not in _LATITUDE_FIRST and system != _MERCATOR


def _order(system: str) -> str:
    return "latitude,longitude" if system in _LATITUDE_FIRST else "easting,northing"


def _size(ring: Sequence[Point]) -> float:
    """Return the size in square metres, by the shoelace formula."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring)) / 2
