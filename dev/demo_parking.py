"""Draw invented parking zones of the demonstration councils: in towns, with homes built without permits."""

from collections.abc import Iterator

import shapely
from shapely.geometry.base import BaseGeometry

from dev.demo_layer_files import Feature, Properties, list_points, read, to_plane

_ZONES = {
    "citytown": (("C", "Kingsmead"), ("W", "Walcot"), ("O", "Oldfield Park"), ("R", "Westmoreland")),
    "hillshire": (("1", "Castle"),),
}
_AROUND = {"hillshire": ("FK8 1", 900.0)}  # of a large ward only the town: metres around these postcodes
_CAR_FREE = {"citytown": ("BA2 3", 150.0), "hillshire": ("FK8 1P", 60.0)}


def make_zones(council: str) -> Iterator[Feature]:
    """Draw the zones of a council, and where homes were built without permits."""
    wards = {properties["name"]: area for properties, area in read(council, "wards")}
    for code, ward in _ZONES[council]:
        area = wards[ward]
        if council in _AROUND:
            area = shapely.intersection(area, _draw_around(council, *_AROUND[council]))
        properties: Properties = {
            "reference": code,
            "name": f"Zone {code}",
            "car_free": False,
            "hours": "Monday to Saturday, 8am to 6pm",
        }
        yield properties, area
    properties = {"reference": "N1", "name": "Homes without permits", "car_free": True, "hours": ""}
    yield properties, _draw_around(council, *_CAR_FREE[council])


def _draw_around(council: str, postcodes: str, metres: float) -> BaseGeometry:
    """Draw a circle around the middle of the postcodes that begin so."""
    places = [place for place in read(council, "postcodes") if place[0]["postcode"].startswith(postcodes)]
    middle = shapely.Point(list_points(places).mean(axis=0))
    to_metres, to_degrees = to_plane(middle.y)
    circle = shapely.transform(middle, to_metres).buffer(metres, quad_segs=8)
    return shapely.transform(circle, to_degrees)
