"""Set invented street lights and grit bins along the demonstration councils' streets."""

import math
from collections.abc import Iterator
from itertools import count

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from dev.demo_layer_files import Feature, Properties, list_points, read, to_plane

LIT = ("Local Road", "Minor Road", "A Road", "B Road", "Primary Road")
LAMPS = (("LED", 22), ("LED", 36), ("Sodium", 70))
SPACING, LIT_WITHIN = 38.0, 70.0  # metres: between lights; from a postcode


def make_grit_bins(council: str) -> Iterator[Feature]:
    """Set a grit bin by every eighth postcode."""
    numbers = count(1)
    for properties, point in read(council, "postcodes")[::8]:
        reference = f"GB-{next(numbers):04d}"
        yield {"reference": reference, "location": f"Near {properties['postcode']}"}, point


def make_street_lights(council: str) -> Iterator[Feature]:
    """Number lights along the named roads where people live, on alternate sides."""
    roads = read(council, "roads")
    latitude = float(list_points(roads)[:, 1].mean())
    to_metres, to_degrees = to_plane(latitude)
    points = to_metres(list_points(read(council, "postcodes")))
    homes = shapely.STRtree([shapely.Point(each) for each in points])
    numbers, on_street = count(1), dict[str, int]()
    for properties, road in roads:
        name = properties["name"]
        if not name or properties["class"] not in LIT:
            continue
        for point in _along(shapely.transform(road, to_metres)):
            if not len(homes.query(point, predicate="dwithin", distance=LIT_WITHIN)):
                continue
            on_street[name] = on_street.get(name, 0) + 1
            yield _light(next(numbers), on_street[name], name), shapely.transform(point, to_degrees)


def _light(number: int, column: int, street: str) -> Properties:
    lamp, watts = LAMPS[number % 3]
    part_night = number % 7 == 0
    return {
        "reference": f"SL-{number:05d}",
        "column": column,
        "street": street,
        "lamp": lamp,
        "watts": watts,
        "hours": "Dusk to midnight, 5am to dawn" if part_night else "Dusk to dawn",
    }


def _along(road: BaseGeometry) -> Iterator[BaseGeometry]:
    """Give points along a road (metres), 4 m from its middle, left and right in turn."""
    side = 4.0
    for line in shapely.get_parts(road):
        for distance in np.arange(SPACING / 2, line.length, SPACING):
            start = line.interpolate(distance)
            next_point = line.interpolate(min(distance + 1, line.length))
            length = math.hypot(next_point.x - start.x, next_point.y - start.y) or 1.0
            across = (-(next_point.y - start.y) / length * side, (next_point.x - start.x) / length * side)
            side = -side
            yield shapely.Point(start.x + across[0], start.y + across[1])
