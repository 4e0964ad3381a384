"""Where a feature is and how large it is, in words. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mapping.collections.rules.layers import Extent
from mapping.shared.coordinates import Crs, OutsideGreatBritainError, transform
from mapping.shared.typed_places import from_grid

_MARGIN = 0.002  # degrees: some 200 m
_HECTARE, _KILOMETRE = 10_000, 1_000  # square metres, metres


def describe(geometry: Any, crs: Crs) -> list[tuple[str, str]]:
    """List the place of a shape: grid reference, easting and northing, degrees, and its length or area."""
    if geometry is None:
        return [("Place", "It has none")]
    try:
        [shape] = transform(np.array([geometry], dtype=object), crs, Crs.BNG)
    except OutsideGreatBritainError:
        return [("Place", "Outside Great Britain")]
    middle = shapely.point_on_surface(shape)
    place = from_grid(middle.x, middle.y)
    where = "Place" if shape.geom_type == "Point" else "A point of it"
    return [
        (where, place.grid_reference),
        ("Easting, northing", f"{place.easting:.1f}, {place.northing:.1f}"),
        ("Latitude, longitude", f"{place.latitude:.6f}, {place.longitude:.6f}"),
        *_measure(shape),
    ]


def _measure(shape: BaseGeometry) -> list[tuple[str, str]]:
    if shape.area:
        hectares = shape.area / _HECTARE
        return [("Area", f"{hectares:,.2f} hectares" if hectares >= 1 else f"{shape.area:,.0f} m²")]
    if shape.length:
        kilometres = shape.length / _KILOMETRE
        return [("Length", f"{kilometres:,.2f} km" if kilometres >= 1 else f"{shape.length:,.0f} m")]
    return []


def make_box(extent: Extent | None) -> Sequence[float] | None:
    """Make what a map shows first: an extent with its surroundings, in degrees; None without one."""
    if extent is None:
        return None
    return (
        extent.west - _MARGIN,
        extent.south - _MARGIN,
        extent.east + _MARGIN,
        extent.north + _MARGIN,
    )
