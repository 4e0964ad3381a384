"""Where OS Places is asked to look: a point, a box or a polygon, in any of its coordinate systems.

All of them become metres of the British National Grid. In WGS84, EPSG:4326 and EPSG:4258 a point is given
as latitude, longitude; in the others as easting, northing. What cannot be used raises ValueError, which says
why.
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

EASTERNMOST, NORTHERNMOST = 700_000, 1_300_000  # metres of the National Grid
LARGEST_BOX = 1_000_000  # square metres
MOST_POINTS = 10_000  # of a polygon
_MOST_CROSSINGS = 100_000  # of edges with the strips below
STRIP = 7  # places are indexed by strips 2**7 metres wide
_STRAIGHT = 200.0  # metres; so far a straight line elsewhere is one on the grid, to a millimetre
_MOST_PIECES = 4_000
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
    """A piece of land by its bounds, and by the edges of its polygons unless it is a box on the grid.

    ``edges`` are ``(x1, y1, x2, y2)`` with ``x1 <= x2``; ``polygons`` says which polygon each is of. A point
    is inside a polygon when it is on an edge, or when a line from it to the north crosses an odd number of
    that polygon's edges: holes are outside, and the parts that a polygon crossing itself surrounds twice.
    """

    west: float
    south: float
    east: float
    north: float
    edges: tuple[Edge, ...] = ()
    polygons: tuple[int, ...] = ()


def read_point(text: str, system: str) -> Point:
    """``x,y`` of a coordinate system on the grid."""
    found = _POINT_TEXT.fullmatch(text)
    if found is None:
        raise ValueError(f"must be two numbers: {_order(system)}")
    return _on_grid([(float(found[1]), float(found[2]))], system)[0]


def read_box(text: str, system: str, largest: float = math.inf) -> Area:
    """The corners in the south-west and the north-east, ``x1,y1,x2,y2``. ``largest``: square metres."""
    found = _BOX_TEXT.fullmatch(text)
    if found is None:
        raise ValueError(f"must be four numbers: {_order(system)} in the south-west, then in the north-east")
    x1, y1, x2, y2 = map(float, found.groups())
    if x1 >= x2 or y1 >= y2:
        raise ValueError("must lie in the order south-west, north-east, and have some extent")
    corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)]
    if _is_grid(system):
        _on_grid(corners, system)
        found_area, size = Area(x1, y1, x2, y2), (x2 - x1) * (y2 - y1)
    else:
        found_area = _area([[corners]], system)
        size = abs(_size(_on_grid(corners, system)))
    if size > largest * (1 + 1e-6):
        raise ValueError(f"has {size / 1e6:.3f} square kilometres; {largest / 1e6:g} is the most")
    return found_area


def around(centre: Point, radius: float) -> Area:
    """The bounds of a circle."""
    return Area(centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius)


def read_polygon(body: bytes, system: str) -> Area:
    """A GeoJSON Polygon or MultiPolygon, by itself or in a Feature or a FeatureCollection of one."""
    try:
        geometry = _geometry(json.loads(body))
    except (ValueError, RecursionError):
        raise ValueError("must be the JSON of a GeoJSON Polygon or MultiPolygon") from None
    coordinates = geometry.get("coordinates")
    parts = [coordinates] if geometry.get("type") == "Polygon" else coordinates
    return _area(_checked(parts), system)


def _geometry(given: Any) -> dict[str, Any]:
    """The geometry itself, taken out of what it is wrapped in."""
    if isinstance(given, dict) and given.get("type") == "FeatureCollection":
        features = given.get("features")
        given = features[0] if isinstance(features, list) and len(features) == 1 else None
    if isinstance(given, dict) and given.get("type") == "Feature":
        given = given.get("geometry")
    if not isinstance(given, dict) or given.get("type") not in {"Polygon", "MultiPolygon"}:
        raise ValueError("no polygon")
    return given


def _checked(parts: Any) -> list[Rings]:
    """The coordinates, when they have the form RFC 7946 gives polygons."""
    points = 0
    found: list[Rings] = []
    for part in _listed(parts):
        rings: Rings = []
        for ring in _listed(part):
            points += len(ring) if isinstance(ring, list) else 0
            if points > MOST_POINTS:
                raise ValueError(f"has more than {MOST_POINTS} points; simplify it")
            rings.append(_ring(ring))
        found.append(rings)
    return found


def _listed(given: Any) -> list[Any]:
    if not isinstance(given, list) or not given:
        raise ValueError("must have coordinates: a list of rings, of a MultiPolygon a list of such lists")
    return given


def _ring(given: Any) -> list[Point]:
    if not isinstance(given, list) or len(given) < _BOX:
        raise ValueError("has a ring of fewer than four points")
    points = [_position(one) for one in given]
    if points[0] != points[-1]:
        raise ValueError("has a ring that does not end where it begins")
    return points


def _position(given: Any) -> Point:
    if not isinstance(given, list) or not _PAIR <= len(given) <= _BOX:
        raise ValueError("has a point that is not a list of two numbers")
    numbers = [one for one in given[:_PAIR] if isinstance(one, int | float) and not isinstance(one, bool)]
    # A whole number beyond all floats is compared as what it is.
    if len(numbers) < _PAIR or not all(-1e9 < one < 1e9 for one in numbers):  # noqa: PLR2004 - no such place
        raise ValueError("has a point that is not a list of two numbers")
    return float(numbers[0]), float(numbers[1])


def _area(parts: Sequence[Rings], system: str) -> Area:
    edges: list[Edge] = []
    polygons: list[int] = []
    sides = sum(len(ring) for rings in parts for ring in rings)
    for number, rings in enumerate(parts):
        for ring in rings:
            pieces = list(_edges(_laid(ring, system, sides)))
            edges += pieces
            polygons += [number] * len(pieces)
    if sum((int(x2) >> STRIP) - (int(x1) >> STRIP) + 1 for x1, _, x2, _ in edges) > _MOST_CROSSINGS:
        raise ValueError("has too many points for the land it spans; simplify it")
    south = min(min(y1, y2) for _, y1, _, y2 in edges)
    north = max(max(y1, y2) for _, y1, _, y2 in edges)
    west, east = min(edge[0] for edge in edges), max(edge[2] for edge in edges)
    return Area(west, south, east, north, tuple(edges), tuple(polygons))


def _edges(ring: Iterable[Point]) -> Iterator[Edge]:
    for one, other in pairwise(ring):
        (x1, y1), (x2, y2) = sorted((one, other))
        yield x1, y1, x2, y2


def _laid(ring: list[Point], system: str, sides: int) -> list[Point]:
    """The ring on the grid. A line straight elsewhere is a little bent there: it is laid in pieces."""
    corners = _on_grid(ring, system)
    if _is_grid(system):
        return corners
    most = max(1, _MOST_PIECES // sides)
    laid: list[Point] = []
    for (one, other), (here, there) in zip(pairwise(ring), pairwise(corners), strict=True):
        pieces = min(most, math.ceil(math.dist(here, there) / _STRAIGHT))
        laid += [_between(one, other, piece / pieces) for piece in range(pieces)]
    return [*_on_grid(laid, system), corners[-1]] if laid else corners


def _between(one: Point, other: Point, share: float) -> Point:
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share


def _on_grid(points: Sequence[Point], system: str) -> list[Point]:
    found = _from_system(system)(points)
    if not all(0 <= x <= EASTERNMOST and 0 <= y <= NORTHERNMOST for x, y in found):
        raise ValueError(f"must lie on the British National Grid; in {system} a point is {_order(system)}")
    return found


def _from_system(system: str) -> Callable[[Sequence[Point]], list[Point]]:
    if system in _LATITUDE_FIRST:
        return lambda points: projections.from_lonlat([(lon, lat) for lat, lon in points])
    return projections.from_mercator if system == _MERCATOR else list


def _is_grid(system: str) -> bool:
    return system not in _LATITUDE_FIRST and system != _MERCATOR


def _order(system: str) -> str:
    return "latitude,longitude" if system in _LATITUDE_FIRST else "easting,northing"


def _size(ring: Sequence[Point]) -> float:
    """Square metres, after the surveyor's formula."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring)) / 2
