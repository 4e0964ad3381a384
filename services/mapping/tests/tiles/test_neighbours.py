"""Neighbours meet without gaps: within a tile, from tile to tile, and after simplifying."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon

from mapping.tiles.rules.bands import TOLERANCE, make_band, make_base
from mapping.tiles.rules.matrix import EXTENT, Tile, find_tile

from .encoded import decode, encode, in_units, place

TILE = find_tile(-2.36, 51.38, 12)
BESIDE = Tile(TILE.zoom, TILE.row, TILE.column + 1)
SQUARE = shapely.box(0, 0, EXTENT, EXTENT)


def _coverage(seed, count=60, side=EXTENT + 1200):
    """Make areas that cover a tile and more, with shared crooked borders of many vertices."""
    random = np.random.default_rng(seed)
    seeds = shapely.multipoints(random.uniform(-1200, side, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=SQUARE.buffer(2500)))
    dense = shapely.segmentize(cells, 40.0)

    def bend(xy):
        waves = np.sin(xy[:, ::-1] / 37) * 6 + np.cos(xy / 11) * 2
        return place(np.round(xy + waves, 3), TILE)

    return list(shapely.transform(dense, bend))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_areas_that_cover_a_tile_still_do(seed):
    shapes = list(decode(encode(_coverage(seed), "Polygon", TILE)).values())
    together = shapely.union_all(shapes)
    assert SQUARE.difference(together).area == 0
    assert sum(shape.area for shape in shapes) == pytest.approx(together.area, rel=1e-6)


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000))
def test_simplifying_keeps_shared_borders_and_its_tolerance(seed):
    areas = _coverage(seed)
    base = make_base(np.array(areas, object), "Polygon")
    band = make_band(base, TILE.zoom)
    left = int(shapely.get_num_coordinates(band.parts).sum())
    assert left < 0.8 * shapely.get_num_coordinates(np.array(areas, object)).sum()
    assert shapely.coverage_is_valid(band.parts)
    for part, feature in zip(band.parts[::7], band.features[::7], strict=True):
        exact = in_units(areas[feature], TILE)
        tile_shape = shapely.transform(
            part, lambda xy: (xy * 2**TILE.zoom - (TILE.column, TILE.row)) * EXTENT
        )
        assert (
            shapely.hausdorff_distance(exact.exterior, tile_shape.exterior, densify=0.3) <= TOLERANCE + 0.01
        )


def test_tiles_side_by_side_show_a_border_at_the_same_height():
    areas = _coverage(7, side=2 * EXTENT)
    edge = shapely.LineString([(EXTENT, 0), (EXTENT, EXTENT)])
    start = shapely.LineString([(0, 0), (0, EXTENT)])
    ours, theirs = decode(encode(areas, "Polygon", TILE)), decode(encode(areas, "Polygon", BESIDE))
    common = sorted(ours.keys() & theirs.keys())
    crossing = [number for number in common if ours[number].intersection(edge).length > 2]
    assert len(crossing) >= 4
    for number in crossing:
        left, right = ours[number].intersection(edge), theirs[number].intersection(start)
        assert np.abs(np.array(left.bounds)[[1, 3]] - np.array(right.bounds)[[1, 3]]).max() <= 1.5


def test_an_island_and_the_hole_it_fills_keep_the_same_shore():
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    shore = place(np.column_stack([np.cos(angles), np.sin(angles)]) * 700.3 + 2000, TILE)
    sea = Polygon(place(np.array([(0, 0), (4000, 0), (4000, 4000), (0, 4000)], float), TILE), [shore[::-1]])
    island = Polygon(np.roll(shore, 123, axis=0))
    shapes = decode(encode([sea, island], "Polygon", TILE))
    assert len(shapes[2].exterior.coords) < 200
    assert shapes[1].union(shapes[2]).area == shapes[1].area + shapes[2].area == 4000 * 4000
    assert not shapes[1].union(shapes[2]).interiors
