"""Boxes and geometries of a request, put into the coordinates in which a layer is kept.

What lies outside Great Britain cannot be put on the National Grid, and no feature kept there lies outside: a
geometry is cut to the grid first. Straight lines of one system are bent in another, so long ones get points
in between.
"""

from functools import cache, lru_cache
from typing import Any

import numpy
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely import Geometry

from mapping.features.rules.parameters import Box
from mapping.filters.rules.shapes import place_on_globe
from mapping.shared.coordinates import GRID_HEIGHT, GRID_WIDTH, Crs, transform

_EDGE = 1_000.0  # metres of the National Grid's edge, open sea, that are left out
_GRID_DEGREES = (-8.99, 49.01, 1.99, 60.99)  # inside OSTN15's rectangle
_STEPS = {Crs.BNG: 1_000.0, Crs.WEB_MERCATOR: 1_500.0}  # of metres; others of degrees
_DEGREE_STEP = 0.01
_AREA_STEP = 0.05  # degrees
_LONGEST = {Crs.BNG: 4e6, Crs.WEB_MERCATOR: 6e6}  # around Great Britain, to which boxes are cut
_LONGEST_DEGREES = 50.0
# What a straight line leaves out of a bent one is the square of its length times this: of a parallel at 61
# degrees, by metres (tan 61 / 8 R), and of any parallel, by degrees (1 / 16 radians).
_BEND, _BEND_OF_DEGREES = 3.54e-8, 1.1e-3
_SHIFT, _SHIFT_IN_DEGREES = 0.01, 1e-7  # OSTN15 itself bends a line by 4 mm within a step, as measured
_MOST_STEPS = 500  # on one geometry's boundary: a step is longer on a large one
_HALF_WORLD = 20_037_508.342_789  # metres of Web Mercator
_MERCATOR_WORLD = shapely.box(-_HALF_WORLD, -_HALF_WORLD, _HALF_WORLD, _HALF_WORLD)
_MAX_LATITUDE = 85.06  # of Web Mercator


def make_box(box: Box, storage: Crs) -> Geometry:
    """Make the geometry of a box in a layer's storage CRS; empty if it lies off the National Grid."""
    return _make_box(box, storage)


@lru_cache(1_024)
def _make_box(box: Box, storage: Crs) -> Geometry:
    crs = Crs.CRS84 if box.crs.is_latitude_first else box.crs  # a Box is in the order x, y
    if crs is not storage:
        box = _widen(box, crs)
    if box.west <= box.east:
        return place(_draw(box.west, box.south, box.east, box.north), crs, storage)
    halves = (_draw(box.west, box.south, 180.0, box.north), _draw(-180.0, box.south, box.east, box.north))
    return shapely.union_all([place(half, crs, storage) for half in halves])


def _widen(box: Box, crs: Crs) -> Box:
    """Widen a box by what conversion may move a feature on its edge: OSTN15's shifts, and its bend.

    The edge is straight in its own system, and bent in another between the points that it gets.
    """
    around = min(2 * (abs(box.east - box.west) + box.north - box.south), _LONGEST.get(crs, _LONGEST_DEGREES))
    step = max(_STEPS.get(crs, _DEGREE_STEP), around / _MOST_STEPS)
    small, bend = (_SHIFT, _BEND) if crs in _STEPS else (_SHIFT_IN_DEGREES, _BEND_OF_DEGREES)
    by = small + bend * step**2
    west, south, east, north = box.west - by, box.south - by, box.east + by, box.north + by
    if crs is Crs.CRS84:
        west, south, east, north = max(west, -180.0), max(south, -90.0), min(east, 180.0), min(north, 90.0)
    return Box(west, south, east, north, box.crs)


def _draw(west: float, south: float, east: float, north: float) -> Geometry:
    """Draw a box, which may be as thin as a line or a point."""
    if west < east and south < north:
        return shapely.box(west, south, east, north)
    if (west, south) == (east, north):
        return shapely.Point(west, south)
    return shapely.LineString([(west, south), (east, north)])


def place(geometry: Geometry, source: Crs, storage: Crs) -> Geometry:
    """Put a geometry into a layer's storage CRS, cut to what the two systems cover.

    Coordinates are in the order of ``source``. Raises FilterError for degrees that are not on the globe.
    """
    if source.is_latitude_first:
        geometry, source = shapely.transform(geometry, lambda pairs: pairs[:, ::-1]), Crs.CRS84
    if source is Crs.CRS84:
        place_on_globe(geometry)
    if source is Crs.WEB_MERCATOR:
        geometry = _cut(geometry, _MERCATOR_WORLD)
    if Crs.BNG in (source, storage):
        geometry = _cut(geometry, get_area(source))
    if source is storage:
        return geometry
    return _convert(_add_points(geometry, source), source, storage)


def _cut(geometry: Geometry, area: Geometry) -> Geometry:
    if shapely.contains(area, geometry):
        return geometry
    return shapely.intersection(
        geometry if shapely.is_valid(geometry) else shapely.make_valid(geometry), area
    )


@cache
def get_area(crs: Crs) -> Geometry:
    """Get the National Grid's extent in a system, a little smaller: what can be put there."""
    if crs is not Crs.CRS84:
        return _convert(get_area(Crs.CRS84), Crs.CRS84, crs)
    # The projection without OSTN15 is some 100 m off, much less than the edge.
    grid = Transformer.from_pipeline(
        "+proj=pipeline +step +inv +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000"
        " +ellps=airy +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    edge = shapely.segmentize(
        shapely.box(_EDGE, _EDGE, GRID_WIDTH - _EDGE, GRID_HEIGHT - _EDGE), 10 * _STEPS[Crs.BNG]
    )
    degrees = shapely.transform(edge, lambda pairs: numpy.column_stack(grid.transform(*pairs.T)))
    # Points along all of it: its straight lines would be others in another system.
    area = shapely.segmentize(shapely.intersection(degrees, shapely.box(*_GRID_DEGREES)), _AREA_STEP)
    shapely.prepare(area)
    return area


def _add_points(geometry: Geometry, crs: Crs) -> Geometry:
    if not shapely.length(geometry):
        return geometry
    return shapely.segmentize(
        geometry, max(_STEPS.get(crs, _DEGREE_STEP), float(shapely.length(geometry)) / _MOST_STEPS)
    )


def _convert(geometry: Geometry, source: Crs, target: Crs) -> Geometry:
    if shapely.is_empty(geometry):
        return geometry
    if target is Crs.WEB_MERCATOR:
        geometry = shapely.intersection(geometry, shapely.box(-180, -_MAX_LATITUDE, 180, _MAX_LATITUDE))
    converted: NDArray[Any] = transform(numpy.array([geometry], object), source, target)
    result: Geometry = converted[0]
    return result
