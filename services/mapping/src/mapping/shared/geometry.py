"""Geometries in two dimensions: GeoJSON out and in, and what is made of faulty ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.errors import GEOSException

from mapping.shared.coordinates import Crs

_MOST_VERTICES = 200_000  # of one geometry
_DEEPEST = 4  # lists in one another, of a MultiPolygon
_MOST_CHANGE = 0.001  # of its area that a polygon may lose or gain when it is mended
_DECIMALS = {Crs.BNG: 3, Crs.WEB_MERCATOR: 3}  # metres to 1 mm; degrees to six decimals, 0.1 m
_MILLIMETRE = 0.001
_FAMILIES = {
    0: "point",
    1: "line",
    2: "line",
    3: "polygon",
    4: "point",
    5: "line",
    6: "polygon",
    7: "collection",
}
_TYPES = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")


class GeometryError(ValueError):
    """A geometry that cannot be used; the text says why and what to do."""


class Fault(StrEnum):
    """What was wrong with a geometry."""

    NO_PLACE = "no-place"
    MENDED = "mended"
    NOT_MENDABLE = "not-mendable"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of the geometry at a place in the list, and whether it can be kept."""

    index: int
    fault: Fault
    reason: str

    @property
    def is_refusal(self) -> bool:
        """Return whether the geometry cannot be kept."""
        return self.fault is Fault.NOT_MENDABLE


def to_geojson_text(geometries: NDArray[Any], crs: Crs) -> list[str]:
    """Write geometries in a system as GeoJSON: six decimals of a degree, or 1 mm; ``null`` for no place.

    A system of latitude first expects and writes its coordinates so.
    """
    decimals = _DECIMALS.get(crs, 6)
    flat = shapely.force_2d(geometries)
    rounded = shapely.transform(flat, lambda pairs: np.round(pairs, decimals))
    return [text if text is not None else "null" for text in shapely.to_geojson(rounded)]


def read_geojson(geometry: Mapping[str, Any], crs: Crs) -> Any:
    """Read a GeoJSON geometry whose coordinates are in a system: a geometry of that system, two-dimensional.

    Raises GeometryError for a geometry that is none, too large, or whose coordinates are not the system's.
    """
    if geometry.get("type") not in _TYPES:
        raise GeometryError(f"type must be one of {', '.join(_TYPES)}")
    _check_positions(geometry.get("coordinates"))
    try:
        shape = shapely.force_2d(shapely.geometry.shape(dict(geometry)))
    except (ValueError, TypeError, IndexError, AttributeError, GEOSException) as error:
        raise GeometryError(f"coordinates do not make a {geometry['type']}") from error
    _check_range(shape, crs)
    return shape


def snap(geometries: NDArray[Any]) -> NDArray[Any]:
    """Round metres of the National Grid to 1 mm; what is smaller than that vanishes."""
    return np.asarray(shapely.set_precision(geometries, _MILLIMETRE, mode="pointwise"), dtype=object)


def clean(geometries: NDArray[Any]) -> tuple[NDArray[Any], list[Finding]]:
    """Mend self-crossing polygons, and say what was done with which.

    A mended geometry is kept only if it stays points, lines or polygons and its area moves by less than
    0.1%; another stays as it was, with the finding ``not-mendable``. No place (null, empty) is a finding too.
    """
    flat = np.asarray(shapely.force_2d(geometries), dtype=object)
    empty = shapely.is_missing(flat) | shapely.is_empty(flat)
    flat[empty] = None
    findings = [Finding(int(i), Fault.NO_PLACE, "has no geometry") for i in np.flatnonzero(empty)]
    for index in np.flatnonzero(~empty & ~shapely.is_valid(flat)):
        mended, finding = _mend(int(index), flat[index])
        flat[index] = mended
        findings.append(finding)
    return flat, sorted(findings, key=lambda finding: finding.index)


def _mend(index: int, geometry: Any) -> tuple[Any, Finding]:
    reason = shapely.is_valid_reason(geometry)
    try:
        mended = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    except GEOSException:
        return geometry, Finding(index, Fault.NOT_MENDABLE, reason)
    if _FAMILIES.get(shapely.get_type_id(mended)) != _FAMILIES.get(shapely.get_type_id(geometry)):
        return geometry, Finding(index, Fault.NOT_MENDABLE, f"{reason}; mended it is of another type")
    before, after = abs(geometry.area), abs(mended.area)
    if mended.is_empty or abs(after - before) > _MOST_CHANGE * max(before, after):
        return geometry, Finding(
            index, Fault.NOT_MENDABLE, f"{reason}; mending changes its area by over 0.1%"
        )
    return mended, Finding(index, Fault.MENDED, reason)


def _check_positions(coordinates: Any) -> None:
    """Check that coordinates are lists of numbers, not deeper than a MultiPolygon's and not too many."""
    level, depth = [coordinates], 0
    while level:
        inner = [part for item in level if isinstance(item, list) for part in item]
        if not all(isinstance(item, list | int | float) and not isinstance(item, bool) for item in level):
            raise GeometryError("coordinates must be lists of numbers")
        if depth > _DEEPEST or len(inner) > 3 * _MOST_VERTICES:
            raise GeometryError(f"has too many coordinates: {_MOST_VERTICES:,} vertices at most")
        level, depth = inner, depth + 1


def _check_range(shape: Any, crs: Crs) -> None:
    pairs = shapely.get_coordinates(shape)
    if not np.isfinite(pairs).all():
        raise GeometryError("has a coordinate that is no number")
    if crs in _DECIMALS or not len(pairs):
        return
    bounds = (90, 180) if crs.is_latitude_first else (180, 90)
    if (np.abs(pairs) > bounds).any():
        raise GeometryError("has degrees beyond 180 or 90: metres need their system, as EPSG:27700's URI")
