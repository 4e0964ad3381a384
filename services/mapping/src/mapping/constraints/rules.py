"""What of a layer lies on or near a site: planar geometry in metres of the National Grid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from mapping.shared.coordinates import Crs, project, transform
from mapping.shared.geometry import clean, read_geojson

MOST_VERTICES, MOST_METRES = 20_000, 20_000.0  # of a site, and of each side of its box
_MARGIN = 1.0  # metres that a box may lose when it is turned into degrees
_CORNERS = 8  # points of each side of a box that is turned into degrees
_DECIMALS = 3


class SiteError(ValueError):
    """A site that cannot be searched; the text says why."""


@dataclass(frozen=True, slots=True)
class SearchedLayer:
    """A layer of a council's list: what is asked of it, and how far around the site in metres."""

    layer: str  # its id, 32 hexadecimal digits
    question: str
    within: float


@dataclass(frozen=True, slots=True)
class Site:
    """A place or a polygon in metres. ``repaired``: what was wrong with it as it was drawn."""

    shape: BaseGeometry
    uprn: int | None = None
    repaired: str | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Features that may be near: in metres, in one order."""

    references: Sequence[str]
    labels: Sequence[str]
    shapes: NDArray[Any]


def read_site(geometry: Mapping[str, Any], crs: Crs) -> Site:
    """Read a drawn site: a polygon or several. Raises SiteError."""
    try:
        shape = read_geojson(geometry, crs)
    except ValueError as error:
        raise SiteError(str(error)) from error
    if shape.geom_type not in {"Polygon", "MultiPolygon"} or shape.is_empty:
        raise SiteError("must be a Polygon or a MultiPolygon that is not empty")
    if shapely.get_num_coordinates(shape) > MOST_VERTICES:
        raise SiteError(f"has more than {MOST_VERTICES:,} vertices; simplify it")
    shapes, findings = clean(np.array([shape], dtype=object))
    if any(finding.is_refusal for finding in findings):
        raise SiteError(f"is not a valid polygon ({findings[0].reason}); draw it again")
    grid = transform(shapes, crs, Crs.BNG)[0]
    _check_size(grid)
    return Site(grid, repaired=findings[0].reason if findings else None)


def _check_size(shape: BaseGeometry) -> None:
    west, south, east, north = shape.bounds
    if not np.isfinite([west, south, east, north]).all():
        raise SiteError("lies outside Great Britain")
    if max(east - west, north - south) > MOST_METRES:
        raise SiteError("is more than 20 km wide or high; search it in parts")
    if shape.area == 0:
        raise SiteError("has no area")


def find_box(site: Site, reach: float, crs: Crs) -> tuple[float, float, float, float]:
    """Find the box, in a layer's storage CRS, that has everything within metres of a site."""
    west, south, east, north = site.shape.bounds
    reach += _MARGIN
    box = (west - reach, south - reach, east + reach, north + reach)
    if crs is Crs.BNG:
        return box
    across = np.linspace(box[0], box[2], _CORNERS)
    up = np.linspace(box[1], box[3], _CORNERS)
    x, y = (axis.ravel() for axis in np.meshgrid(across, up))
    degrees = project(np.column_stack((x, y)), Crs.BNG, crs)
    low, high = np.nanmin(degrees, axis=0), np.nanmax(degrees, axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def compare(site: Site, candidates: Candidates, reach: float) -> list[dict[str, Any]]:
    """Compare features with a site: those at most ``reach`` metres away, nearest and largest first.

    ``overlap_m2`` is the area they share with the site, ``overlap_share`` that of the site's area (null for
    a site without area), ``touches_only`` whether they share a border and nothing within.
    """
    if not len(candidates.references):
        return []
    shapely.prepare(site.shape)
    distances = shapely.distance(candidates.shapes, site.shape)
    near = np.flatnonzero(distances <= reach).tolist()
    shapes = candidates.shapes[near]
    shared = shapely.area(shapely.intersection(_heal(shapes), site.shape))
    touching = shapely.touches(site.shape, shapes)
    area = site.shape.area
    rows = [
        {
            "reference": candidates.references[index],
            "name": candidates.labels[index],
            "overlap_m2": round(float(shared[place]), _DECIMALS),
            "overlap_share": round(float(shared[place] / area), 6) if area else None,
            "distance_m": round(float(distances[index]), _DECIMALS),
            "touches_only": bool(touching[place]),
        }
        for place, index in enumerate(near)
    ]
    return sorted(rows, key=lambda row: (row["distance_m"], -row["overlap_m2"], row["reference"]))


def _heal(shapes: NDArray[Any]) -> NDArray[Any]:
    """Make the few invalid polygons of old layers valid: their area cannot be measured otherwise."""
    broken = ~shapely.is_valid(shapes)
    if not broken.any():
        return shapes
    healed = shapes.copy()
    healed[broken] = shapely.make_valid(shapes[broken], method="structure")
    return healed
