"""The place of a feature as somebody sends it, made fit for its layer or refused with what to do. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mapping.collections.rules.layers import Layer
from mapping.collections.rules.values import Fault
from mapping.shared.coordinates import (
    GRID_HEIGHT,
    GRID_WIDTH,
    Crs,
    OutsideGreatBritainError,
    transform,
)
from mapping.shared.geometry import GeometryError, clean, read_geojson, snap

FIELD = "geometry"
_FITTING = {
    "Point": ("Point", "MultiPoint"),
    "LineString": ("LineString", "MultiLineString"),
    "Polygon": ("Polygon", "MultiPolygon"),
}


class Place(NamedTuple):
    """A geometry in its layer's storage CRS, None for no place; ``notes``: what was mended."""

    geometry: Any
    notes: Sequence[str] = ()


class PlaceError(ValueError):
    """A geometry that its layer cannot have."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.fault = Fault(FIELD, code, message)


def read_place(layer: Layer, geometry: Mapping[str, Any] | None, crs: Crs) -> Place:
    """Read a GeoJSON geometry whose coordinates are in ``crs``. Raises PlaceError.

    Self-crossing polygons are mended where that moves nothing, and heights are left out. A thousand vertices
    take a millisecond: call it in a thread for more.
    """
    if geometry is None:
        return Place(None)
    try:
        shape = read_geojson(geometry, crs)
    except GeometryError as error:
        raise PlaceError("not_a_geometry", str(error)) from error
    return fit_place(layer, shape, crs)


def fit_place(layer: Layer, shape: BaseGeometry, crs: Crs) -> Place:
    """Mend a geometry in ``crs``, check its type, bring it to the storage CRS. Raises PlaceError."""
    mended, notes = _mend(shape)
    if mended is None:
        return Place(None, notes)
    if mended.geom_type not in _FITTING[layer.geometry_type]:
        many = " or ".join(_FITTING[layer.geometry_type])
        raise PlaceError("wrong_geometry_type", f"{layer.title} has {many}, not {mended.geom_type}")
    try:
        shapes = transform(np.array([mended], dtype=object), crs, layer.storage_crs)
    except OutsideGreatBritainError as error:
        raise PlaceError("outside_great_britain", str(error)) from error
    if layer.storage_crs is Crs.BNG:
        _check_grid(shapes[0])
        shapes = snap(shapes)
    if shapes[0].is_empty:
        raise PlaceError("too_small", "is smaller than a millimetre")
    return Place(shapes[0], notes)


def _check_grid(shape: BaseGeometry) -> None:
    """Check that metres are of the National Grid: such that came in it are not converted, which checks."""
    west, south, east, north = shapely.bounds(shape).tolist()
    if not (west >= 0 and south >= 0 and east <= GRID_WIDTH and north <= GRID_HEIGHT):
        raise PlaceError("outside_great_britain", "lies outside Great Britain, where the National Grid holds")


def _mend(shape: BaseGeometry) -> tuple[BaseGeometry | None, Sequence[str]]:
    cleaned, findings = clean(np.array([shape], dtype=object))
    for finding in findings:
        if finding.is_refusal:
            raise PlaceError("invalid_geometry", f"is not valid: {finding.reason}")
    return cleaned[0], tuple(f"{finding.fault}: {finding.reason}" for finding in findings)
