"""Features that a point lies in or near, whichever store they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from mapping.collections.rules.layers import Audience, Layer
from mapping.locate.rules.points import Place
from mapping.shared.coordinates import Crs, transform

_EARTH_DEGREE = 111_320.0  # metres of a degree of latitude
_WIDEST_SHRINK = 0.48  # cosine of Great Britain's northernmost latitude, 61 degrees: a degree of longitude


@dataclass(frozen=True, slots=True)
class Hit:
    """A feature at a point. ``distance``: metres; ``on_boundary``: the point is on its border."""

    fid: str
    number: int
    properties: Mapping[str, Any]
    on_boundary: bool = False
    distance: float = 0.0


def order_areas(layer: Layer, hits: Sequence[Hit]) -> list[tuple[Hit, bool]]:
    """Order a layer's areas at a point by their codes, and say which is the primary one.

    Zones overlap, and each counts. Areas do not: on a common border both are there, and the one whose code
    is smaller is primary, so that everybody who asks gets the same one.
    """
    ordered = sorted(hits, key=lambda hit: (code_of(layer, hit), hit.number))
    return [(hit, layer.kind != "areas" or index == 0) for index, hit in enumerate(ordered)]


def code_of(layer: Layer, hit: Hit) -> str:
    """Return the code by which areas of a layer are ordered: its id where it has none."""
    return str(hit.properties.get(layer.code_property) or hit.fid)


def show_area(layer: Layer, hit: Hit, audience: Audience, *, primary: bool) -> dict[str, Any]:
    """Show an area as answers have it; what the audience may not see is left out."""
    visible = {each.name for each in layer.visible_properties(audience)}
    return {
        "collection": layer.name,
        "id": hit.fid,
        "number": hit.number,
        "name": _show(layer.label_property, hit, visible) or hit.fid,
        "gss": _show(layer.code_property, hit, visible) or None,
        "type": layer.area_type or None,
        "kind": layer.kind,
        "primary": primary,
        "on_boundary": hit.on_boundary,
    }


def show_asset(layer: Layer, hit: Hit, audience: Audience) -> dict[str, Any]:
    """Show a feature near a point, nearest first."""
    visible = {each.name for each in layer.visible_properties(audience)}
    label = _show(layer.label_property, hit, visible) or hit.fid
    return {
        "collection": layer.name,
        "id": hit.fid,
        "number": hit.number,
        "label": label,
        "distance_m": round(hit.distance, 1),
    }


def _show(name: str, hit: Hit, visible: set[str]) -> str:
    value = hit.properties.get(name) if name in visible else None
    return "" if value is None else str(value)


def coordinates_in(place: Place, crs: Crs) -> tuple[float, float]:
    """Return a place's coordinates in a layer's storage CRS."""
    return (place.easting, place.northing) if crs is Crs.BNG else (place.lon, place.lat)


def box_around(place: Place, metres: float, crs: Crs) -> tuple[float, float, float, float]:
    """Return a box with every point at most so many metres away, in a layer's storage CRS."""
    x, y = coordinates_in(place, crs)
    if crs is Crs.BNG:
        return x - metres, y - metres, x + metres, y + metres
    height = metres / _EARTH_DEGREE * 1.01
    width = height / _WIDEST_SHRINK
    return x - width, y - height, x + width, y + height


def distances_to(place: Place, geometries: NDArray[Any], crs: Crs) -> NDArray[np.float64]:
    """Measure distances in metres on the National Grid, whatever CRS the geometries are in."""
    if crs is not Crs.BNG:
        geometries = transform(geometries, crs, Crs.BNG)
    point = shapely.Point(place.easting, place.northing)
    return np.asarray(shapely.distance(geometries, point), np.float64)


def holds_at(valid_from: datetime | None, valid_to: datetime | None, moment: datetime) -> bool:
    """Check whether a feature holds at a moment: the end is the first moment at which it does not."""
    return (valid_from is None or valid_from <= moment) and (valid_to is None or moment < valid_to)


def show_place(place: Place) -> dict[str, Any]:
    """Show a place: degrees to 0.1 m, metres to 1 mm, and its grid reference."""
    return {
        "lon": round(place.lon, 6),
        "lat": round(place.lat, 6),
        "easting": round(place.easting, 3),
        "northing": round(place.northing, 3),
        "gridref": place.grid_reference,
    }


def show_moment(moment: datetime) -> str:
    """Show a moment in UTC as RFC 3339 has it."""
    return moment.isoformat().replace("+00:00", "Z")
