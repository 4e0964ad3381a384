"""Mend geometry where that is harmless and say so; else say why a row is refused. Pure.

maps.md, section 7. Coordinates are snapped to a millimetre, or to 8 decimals of a degree.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from mapping.files.rules.reports import NATIONAL_GRID
from mapping.shared.geometry import Fault, clean

Geometries = NDArray[Any]
"""An array of Shapely geometries, and None."""
DECIMALS: Final = {NATIONAL_GRID: 3}
_DEGREE_DECIMALS: Final = 8
_RING: Final = 2
_COLLECTION: Final = 7
_FAMILIES: Final = {"Point": (0, 4), "LineString": (1, 5), "Polygon": (3, 6)}  # shapely's type ids
_NAMES: Final = {
    0: "point",
    1: "line",
    2: "line",
    3: "area",
    4: "points",
    5: "lines",
    6: "areas",
    7: "mixture",
}


@dataclass(slots=True)
class Normalised:
    """Geometry fit to be stored. ``problems``: by index, code and sentence; ``repaired``: by index, how."""

    geometries: Geometries
    problems: dict[int, tuple[str, str]] = field(default_factory=dict)
    repaired: dict[int, str] = field(default_factory=dict)

    def refuse(self, index: int, code: str, detail: str) -> None:
        """Refuse a row: its geometry is dropped, and the first problem stays."""
        self.problems.setdefault(index, (code, detail))
        self.geometries[index] = None


def normalise(geometries: Geometries, geometry_type: str | None, srid: int) -> Normalised:
    """Normalise geometries in the coordinates in which they are stored. Empty ones become None."""
    result = Normalised(geometries.copy())
    array = result.geometries
    array[shapely.is_empty(array)] = None
    _refuse_outside(result, srid)
    _unwrap_collections(result)
    if geometry_type is not None:
        _check_type(result, geometry_type)
    present = np.flatnonzero(~shapely.is_missing(array))
    array[present] = _snap(array[present], DECIMALS.get(srid, _DEGREE_DECIMALS))
    for index in np.flatnonzero((shapely.get_dimensions(array) == 1) & (shapely.length(array) == 0)).tolist():
        result.refuse(index, "no-length", "Its line has no length: it begins and ends at one point.")
    _repair(result)
    present = np.flatnonzero(~shapely.is_missing(array))
    array[present] = shapely.orient_polygons(array[present])
    return result


def count_vertices(geometries: Geometries) -> NDArray[np.int64]:
    """Count the vertices of each geometry; 0 of None."""
    counts: NDArray[np.int64] = shapely.get_num_coordinates(geometries).astype(np.int64)
    return counts


def _refuse_outside(result: Normalised, srid: int) -> None:
    bounds = shapely.bounds(result.geometries)
    present = ~shapely.is_missing(result.geometries)
    greatest = (700_000, 1_300_000) if srid == NATIONAL_GRID else (180, 90)
    least = (0, 0) if srid == NATIONAL_GRID else (-180, -90)
    with np.errstate(invalid="ignore"):
        inside = (bounds[:, :2] >= least).all(axis=1) & (bounds[:, 2:] <= greatest).all(axis=1)
        whole = np.isfinite(shapely.bounds(result.geometries)).all(axis=1)
    area = "Great Britain" if srid == NATIONAL_GRID else "the world"
    for index in np.flatnonzero(present & ~(inside & whole)).tolist():
        result.refuse(
            index,
            "outside",
            f"Its place is outside {area}: look whether its two numbers are the wrong way round.",
        )


def _unwrap_collections(result: Normalised) -> None:
    """Take a collection whose parts are of one kind as the multiple form of that kind."""
    array = result.geometries
    for index in np.flatnonzero(shapely.get_type_id(array) == _COLLECTION).tolist():
        parts = shapely.get_parts(array[index])
        kinds = {int(kind) % 4 for kind in shapely.get_type_id(shapely.get_parts(parts))}
        if len(kinds) == 1 and (collect := _COLLECT.get(kinds.pop())):
            array[index] = collect(shapely.get_parts(parts))
            result.repaired[index] = "A collection of one kind was taken apart."


_COLLECT: Final[dict[int, Any]] = {
    0: shapely.multipoints,
    1: shapely.multilinestrings,
    3: shapely.multipolygons,
}


def _check_type(result: Normalised, geometry_type: str) -> None:
    kinds = shapely.get_type_id(result.geometries)
    rings = np.flatnonzero(kinds == _RING)
    if geometry_type == "LineString":  # a LinearRing is a line
        result.geometries[rings] = [shapely.LineString(g.coords) for g in result.geometries[rings]]
        kinds = shapely.get_type_id(result.geometries)
    wrong = (kinds != -1) & ~np.isin(kinds, _FAMILIES[geometry_type])
    expected = _NAMES[_FAMILIES[geometry_type][0]]
    for index in np.flatnonzero(wrong).tolist():
        detail = f"It is a {_NAMES[int(kinds[index])]}, and this layer takes: {expected}."
        result.refuse(index, "wrong-geometry-type", detail)


def _snap(geometries: Geometries, decimals: int) -> Geometries:
    snapped: Geometries = shapely.transform(geometries, lambda points: np.round(points, decimals) + 0.0)
    for index in np.flatnonzero(shapely.get_dimensions(snapped) > 0).tolist():
        with suppress(shapely.errors.GEOSException):  # a ring that is one point: it is dropped by mending
            snapped[index] = shapely.remove_repeated_points(snapped[index])
    return snapped


def _repair(result: Normalised) -> None:
    """Mend what crosses itself, if its kind stays and its area moves by less than a thousandth."""
    mended, findings = clean(result.geometries)
    for finding in findings:
        if finding.is_refusal:
            detail = f"Its shape cannot be mended without changing it: {finding.reason}."
            result.refuse(finding.index, "invalid-geometry", detail)
        elif finding.fault is Fault.MENDED:
            result.geometries[finding.index] = mended[finding.index]
            result.repaired[finding.index] = f"Its shape was mended: {finding.reason}."
