"""The geometry of a layer as one zoom needs it: in world coordinates, simplified, wrapped, with an index.

A `Base` is made once for a version of a layer; a `Band` once for a zoom of it. From zoom 15 on all share one,
since a quarter of a pixel is less there than what boundaries are drawn to.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from mapping.tiles.rules.arcs import Arcs, Coordinates, cut_arcs
from mapping.tiles.rules.matrix import BUFFER, EXTENT, Tile, project
from mapping.tiles.rules.protobuf import Integers

Kind = Literal["Point", "LineString", "Polygon"]
Geometries = NDArray[np.object_]
ToDegrees = Callable[[Coordinates], Coordinates]
FINE_ZOOM = 15
"""The zoom from which geometry is not simplified."""
TOLERANCE = 3.0
"""Units that a point may move: 3/16 of a pixel of a tile drawn 256 pixels wide."""
_MARGIN = BUFFER / EXTENT
_MIN_RING = 4  # vertices, with the closing one
_OBJECT_BYTES = 250  # of a geometry beside its coordinates, measured with GEOS 3.14
_DIMENSIONS: dict[Kind, int] = {"Point": 0, "LineString": 1, "Polygon": 2}


@dataclass(frozen=True, slots=True)
class Base:
    """Paths of a layer in world coordinates, and what they belong to.

    ``parts[i]`` is the part that path i belongs to (a ring to a polygon, the outer ring first),
    ``features[j]`` the feature of part j.
    """

    kind: Kind
    count: int
    arcs: Arcs
    parts: Integers
    features: Integers

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.arcs.nbytes + self.parts.nbytes + self.features.nbytes


@dataclass(frozen=True, slots=True)
class Band:
    """Parts of features in world coordinates, for a zoom: ``features[i]`` is whose part i is."""

    kind: Kind
    parts: Geometries
    features: Integers
    bounds: Coordinates
    tree: shapely.STRtree
    nbytes: int

    def list_within(self, tile: Tile) -> Integers:
        """List the parts whose bounds meet the tile or its buffer, in their order."""
        return np.sort(self.tree.query(shapely.box(*tile.box()))).astype(np.int64)


def band_zoom(zoom: int) -> int:
    """Give the zoom whose band serves a zoom."""
    return min(zoom, FINE_ZOOM)


def make_base(geometries: Geometries, kind: Kind, to_degrees: ToDegrees = lambda pairs: pairs) -> Base:
    """Make the base of geometries; those without a place, or of another kind, are left out.

    ``to_degrees`` converts an (n, 2) array of their coordinates to longitude and latitude; what is infinite
    then has no place.
    """
    parts, features = shapely.get_parts(geometries, return_index=True)
    nested = shapely.get_type_id(parts) > 3  # noqa: PLR2004 - multi-geometries within a collection
    if nested.any():
        deeper, owners = shapely.get_parts(parts, return_index=True)
        parts, features = deeper, features[owners]
    parts = np.asarray(shapely.transform(parts, to_degrees))
    bounds = shapely.bounds(parts)
    fits = (shapely.get_dimensions(parts) == _DIMENSIONS[kind]) & np.isfinite(bounds).all(axis=1)
    parts, features = parts[fits], features[fits]
    if kind == "Polygon":
        paths, owners = shapely.get_rings(parts, return_index=True)
    else:
        paths, owners = parts, np.arange(len(parts))
    counts = shapely.get_num_coordinates(paths).astype(np.int64)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    world = project(shapely.get_coordinates(paths))
    if kind == "Point":
        arcs = Arcs(world, offsets, *(np.zeros(0, np.int64),) * 2, np.zeros(0, np.bool_))
    else:
        arcs = cut_arcs(world, offsets, closed=kind == "Polygon")
    return Base(kind, len(geometries), arcs, owners.astype(np.int64), features.astype(np.int64))


def make_band(base: Base, zoom: int) -> Band:
    """Make the band of a zoom."""
    coordinates, counts = base.arcs.coordinates, np.diff(base.arcs.offsets)
    if zoom < FINE_ZOOM and base.kind != "Point":
        coordinates, counts = base.arcs.simplify(TOLERANCE / (EXTENT << zoom))
    if base.kind == "Polygon":
        parts, features = _build_polygons(base, coordinates, counts)
    elif base.kind == "LineString":
        parts = np.asarray(shapely.linestrings(coordinates, indices=_number(counts)))
        features = base.features
    else:
        parts, features = np.asarray(shapely.points(coordinates)), base.features
    parts, features = _wrap(parts, features)
    size = int(shapely.get_num_coordinates(parts).sum()) * 16 + len(parts) * (_OBJECT_BYTES + 56)
    return Band(base.kind, parts, features, shapely.bounds(parts), shapely.STRtree(parts), size)


def _number(counts: Integers) -> Integers:
    return np.repeat(np.arange(len(counts)), counts)


def _build_polygons(base: Base, coordinates: Coordinates, counts: Integers) -> tuple[Geometries, Integers]:
    """Build valid polygons of the rings that still have an area; without its outer ring a polygon goes."""
    whole = counts >= _MIN_RING
    outer = np.concatenate([np.ones(1, np.bool_), base.parts[1:] != base.parts[:-1]])[: len(counts)]
    whole &= (whole & outer)[np.maximum.accumulate(np.where(outer, np.arange(len(counts)), 0))]
    if not whole.any():
        return np.zeros(0, object), np.zeros(0, np.int64)
    vertices = coordinates[np.repeat(whole, counts)]
    rings = np.asarray(shapely.linearrings(vertices, indices=_number(counts[whole])))
    polygons, owners = np.unique(base.parts[whole], return_inverse=True)
    return _mend(np.asarray(shapely.polygons(rings, indices=owners)), base.features[polygons])


def _mend(parts: Geometries, features: Integers) -> tuple[Geometries, Integers]:
    """Make invalid polygons valid; what is left of them as lines or points goes."""
    broken = ~shapely.is_valid(parts)
    if not broken.any():
        return parts, features
    parts[broken] = shapely.make_valid(parts[broken], method="structure", keep_collapsed=False)
    return select_parts(parts, features, 2)


def select_parts(geometries: Geometries, features: Integers, dimension: int) -> tuple[Geometries, Integers]:
    """Take geometries apart and select the parts of a dimension that are not empty."""
    parts, owners = shapely.get_parts(geometries, return_index=True)
    fits = (shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)
    return parts[fits], features[owners[fits]]


def _wrap(parts: Geometries, features: Integers) -> tuple[Geometries, Integers]:
    """Carry what lies beyond 180 degrees to the other side of the world, with a buffer at both edges."""
    bounds = shapely.bounds(parts)
    over = (bounds[:, 0] < 0) | (bounds[:, 2] > 1)
    if not over.any():
        return parts, features
    pieces, owners = [parts[~over]], [features[~over]]
    for shift in (-1.0, 0.0, 1.0):
        moved = shapely.transform(parts[over], partial(np.add, np.array([shift, 0.0])))
        pieces.append(shapely.clip_by_rect(moved, -_MARGIN, -2.0, 1 + _MARGIN, 3.0))
        owners.append(features[over])
    together, numbers = np.concatenate(pieces), np.concatenate(owners)
    order = np.argsort(numbers, kind="stable")
    dimension = int(shapely.get_dimensions(parts).max())
    return select_parts(together[order], numbers[order], dimension)
