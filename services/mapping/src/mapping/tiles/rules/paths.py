"""What a tile shows of a band: clipped to the tile and its buffer, on the tile's grid, still valid."""

from dataclasses import dataclass

import numpy as np
import shapely

from mapping.tiles.rules.arcs import Coordinates, Flags
from mapping.tiles.rules.bands import Band, Geometries, Kind, select_parts
from mapping.tiles.rules.matrix import BUFFER, EXTENT, Tile
from mapping.tiles.rules.protobuf import Integers, spread


@dataclass(frozen=True, slots=True)
class Paths:
    """Lines, rings or points on a tile's grid, in the order of their features.

    ``vertices`` (n, 2) are the paths one after the other, a ring without its closing vertex. Path i has
    ``counts[i]`` vertices and belongs to the feature ``features[i]``.
    """

    kind: Kind
    vertices: Integers
    counts: Integers
    features: Integers


def cut_tile(band: Band, tile: Tile) -> Paths:
    """Cut what a tile shows out of its band."""
    indices = band.list_within(tile)
    parts, features = band.parts[indices], band.features[indices]
    if band.kind == "Point":
        return _cut_points(parts, features, tile)
    bounds = band.bounds[indices]
    visible = _is_visible(bounds, tile, band.kind)
    parts, features = _clip(parts[visible], features[visible], bounds[visible], tile, band.kind)
    if band.kind == "LineString":
        return _trace(parts, features, to_grid(shapely.get_coordinates(parts), tile), band.kind)
    return _cut_polygons(parts, features, tile)


def to_units(world: Coordinates, tile: Tile) -> Coordinates:
    """Convert world coordinates to units of a tile."""
    origin = np.array([tile.column * EXTENT, tile.row * EXTENT], np.float64)
    return world * tile.scale - origin


def to_grid(world: Coordinates, tile: Tile) -> Integers:
    """Round world coordinates to whole units. All tiles of a zoom share one grid, and round alike."""
    origin = np.array([tile.column * EXTENT, tile.row * EXTENT], np.int64)
    return np.floor(world * tile.scale + 0.5).astype(np.int64) - origin


def _cut_points(parts: Geometries, features: Integers, tile: Tile) -> Paths:
    places = to_grid(shapely.get_coordinates(parts), tile)
    near = ((places >= -BUFFER) & (places <= EXTENT + BUFFER)).all(axis=1)
    numbers, counts = np.unique(features[near], return_counts=True)
    return Paths("Point", places[near], counts.astype(np.int64), numbers)


def _is_visible(bounds: Coordinates, tile: Tile, kind: Kind) -> Flags:
    """Tell which parts are not so small that nothing is left of them on the grid."""
    sizes = (bounds[:, 2:] - bounds[:, :2]) * tile.scale
    return np.asarray(sizes.min(axis=1) >= 0.5 if kind == "Polygon" else sizes.max(axis=1) >= 0.5)  # noqa: PLR2004


def _clip(
    parts: Geometries, features: Integers, bounds: Coordinates, tile: Tile, kind: Kind
) -> tuple[Geometries, Integers]:
    """Clip to the tile and its buffer; most parts are inside, and stay what they are."""
    west, north, east, south = tile.box()
    inside = (bounds[:, :2] >= (west, north)).all(axis=1) & (bounds[:, 2:] <= (east, south)).all(axis=1)
    if inside.all():
        return parts, features
    parts = parts.copy()
    parts[~inside] = shapely.clip_by_rect(parts[~inside], west, north, east, south)
    return select_parts(parts, features, 2 if kind == "Polygon" else 1)


def _cut_polygons(parts: Geometries, features: Integers, tile: Tile) -> Paths:
    """Round polygons to the grid; one that crosses itself then is rounded with care: snap rounding."""
    grid = to_grid(shapely.get_coordinates(parts), tile)
    rounded = shapely.set_coordinates(parts.copy(), grid.astype(np.float64))
    broken = ~shapely.is_valid(rounded)
    if broken.any():
        rounded[broken] = _snap(parts[broken], tile)
        rounded, features = select_parts(rounded, features, 2)
        grid = shapely.get_coordinates(rounded).astype(np.int64)
    return _trace(rounded, features, grid, "Polygon")


def _snap(parts: Geometries, tile: Tile) -> Geometries:
    units = shapely.transform(parts, lambda world: to_units(world, tile))
    sound = shapely.make_valid(units, method="structure", keep_collapsed=False)
    return np.asarray(shapely.set_precision(sound, 1.0))


def _trace(parts: Geometries, features: Integers, grid: Integers, kind: Kind) -> Paths:
    """List the paths without repeated vertices; rings turned as the specification has them."""
    if kind == "Polygon":
        rings, owners = shapely.get_rings(parts, return_index=True)
        outer = np.concatenate([np.ones(1, np.bool_), owners[1:] != owners[:-1]])[: len(owners)]
        counts, features = shapely.get_num_coordinates(rings).astype(np.int64), features[owners]
    else:
        counts, outer = shapely.get_num_coordinates(parts).astype(np.int64), np.zeros(0, np.bool_)
    moved = np.ones(len(grid), np.bool_)
    moved[1:] = (grid[1:] != grid[:-1]).any(axis=1)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    moved[offsets[:-1]] = kind == "LineString"  # of a ring the last vertex is kept, and the first goes
    counts = np.add.reduceat(moved, offsets[:-1], dtype=np.int64) if len(counts) else counts
    vertices = grid[moved]
    if kind == "LineString":
        return _drop(Paths(kind, vertices, counts, features), counts >= 2)  # noqa: PLR2004 - ends of a line
    return _turn(Paths(kind, vertices, counts, features), outer)


def _turn(paths: Paths, outer: Flags) -> Paths:
    """Turn rings: an outer one has a positive area by the surveyor's formula, an inner one a negative."""
    areas = double_areas(paths)
    sound = (paths.counts >= 3) & (areas != 0)  # noqa: PLR2004 - corners of a triangle
    ends = np.cumsum(paths.counts)
    starts = ends - paths.counts
    turned = np.repeat((areas > 0) != outer, paths.counts)
    positions = np.arange(len(paths.vertices), dtype=np.int64)
    mirrors = np.repeat(starts + ends - 1, paths.counts) - positions
    vertices = paths.vertices[np.where(turned, mirrors, positions)]
    groups = np.maximum.accumulate(np.where(outer, np.arange(len(outer)), 0))
    return _drop(Paths(paths.kind, vertices, paths.counts, paths.features), sound & sound[groups])


def double_areas(paths: Paths) -> Integers:
    """Give twice the signed area of each ring by the surveyor's formula."""
    if not len(paths.counts):
        return np.zeros(0, np.int64)
    ends = np.cumsum(paths.counts)
    following = np.arange(1, len(paths.vertices) + 1, dtype=np.int64)
    filled = paths.counts > 0
    following[ends[filled] - 1] = (ends - paths.counts)[filled]
    x, y = paths.vertices[:, 0], paths.vertices[:, 1]
    crosses = x * y[following] - x[following] * y
    sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(crosses)])
    return np.asarray(sums[ends] - sums[ends - paths.counts])


def _drop(paths: Paths, mask: Flags) -> Paths:
    if mask.all():
        return paths
    starts = np.cumsum(paths.counts) - paths.counts
    vertices = paths.vertices[spread(starts[mask], paths.counts[mask])]
    return Paths(paths.kind, vertices, paths.counts[mask], paths.features[mask])
