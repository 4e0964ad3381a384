"""Geometries that a filter names: read, checked, and put into the layer's coordinates."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy
import shapely
from numpy.typing import NDArray
from shapely import Geometry

from mapping.filters.rules.nodes import FilterError

Place = Callable[[Geometry], Geometry]
"""Puts a geometry of the filter's CRS into the layer's. Raises FilterError for one outside the CRS."""
_SIZES = (4, 6)
PREDICATES = {
    name: name
    for name in ("intersects", "disjoint", "equals", "touches", "crosses", "within", "contains", "overlaps")
}
TURNED = {**PREDICATES, "within": "contains", "contains": "within"}
"""The predicate with its two sides exchanged."""


def read_shape(tree: dict[str, Any]) -> Geometry:
    """Read a GeoJSON geometry or ``{"bbox": [...]}`` in its own coordinates, 2-D. Raises FilterError."""
    if "bbox" in tree:
        return make_box(tree["bbox"])
    try:
        geometry = shapely.force_2d(shapely.from_geojson(json.dumps(tree, allow_nan=False)))
    except (ValueError, TypeError, shapely.errors.GEOSException) as error:
        raise FilterError(f"has a {tree.get('type')} that is no geometry") from error
    if shapely.is_empty(geometry) or not numpy.isfinite(shapely.get_coordinates(geometry)).all():
        raise FilterError("has a geometry without coordinates")
    if not shapely.is_valid(geometry):
        raise FilterError(f"has a geometry that is not valid: {shapely.is_valid_reason(geometry)}")
    return geometry


def make_box(numbers: Sequence[Any]) -> Geometry:
    """Make a geometry of 4 or 6 numbers; west > east spans the antimeridian. Raises FilterError."""
    if not isinstance(numbers, list) or len(numbers) not in _SIZES:
        raise FilterError("has a BBOX that is not of 4 or 6 numbers")
    if not all(is_number(number) for number in numbers):
        raise FilterError("has a BBOX with something that is no number")
    half = len(numbers) // 2
    west, south, east, north = numbers[0], numbers[1], numbers[half], numbers[half + 1]
    if south > north:
        raise FilterError("has a BBOX whose south is above its north")
    if west <= east:
        return _box(west, south, east, north)
    return shapely.union(_box(west, south, 180.0, north), _box(-180.0, south, east, north))


def _box(west: float, south: float, east: float, north: float) -> Geometry:
    """Make the polygon, the line or the point that four bounds are."""
    if west < east and south < north:
        return shapely.box(west, south, east, north)
    if west == east and south == north:
        return shapely.Point(west, south)
    return shapely.LineString([(west, south), (east, north)])


def place_on_globe(geometry: Geometry) -> Geometry:
    """Check that longitudes and latitudes are on the globe, and change nothing. Raises FilterError."""
    west, south, east, north = shapely.bounds(geometry)
    if west < -180 or east > 180 or south < -90 or north > 90:  # noqa: PLR2004 - degrees
        raise FilterError("has a geometry outside longitude -180 to 180 or latitude -90 to 90: x is first")
    return geometry


def is_number(value: object) -> bool:
    """Tell whether a value of JSON is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")


def match_shapes(op: str, geometries: NDArray[numpy.object_], shape: Geometry) -> NDArray[numpy.bool_]:
    """Tell for each geometry, none of them None, whether ``op(geometry, shape)`` holds.

    Those whose bounds lie apart are settled by that alone. Raises FilterError for what GEOS cannot relate.
    """
    west, south, east, north = shapely.bounds(shape)
    bounds = shapely.bounds(geometries)
    near = (bounds[:, 0] <= east) & (bounds[:, 2] >= west) & (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
    result = numpy.full(len(geometries), op == "disjoint")
    candidates = geometries[near]
    try:
        result[near] = getattr(shapely, TURNED[op])(shape, candidates)
    except shapely.errors.GEOSException as error:
        raise FilterError(f"has a geometry that cannot be used in S_{op.upper()}") from error
    return result
