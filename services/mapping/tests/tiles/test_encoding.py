"""Tiles that we write, read by mapbox-vector-tile and by the letter of the specification."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon

from mapping.tiles.rules.matrix import EXTENT, MAX_ZOOM, Tile, find_tile

from .encoded import decode, encode, in_units, list_rings, place, read_message, surveyor

BATH = (-2.36, 51.38)
PIXEL = 16  # units, of a tile drawn 256 pixels wide
TILE = find_tile(*BATH, 12)
CORNERS = st.lists(
    st.tuples(st.integers(-300, 4396), st.integers(-300, 4396)), min_size=3, max_size=12, unique=True
)
ENDS = st.lists(st.tuples(*(st.integers(-900, 4996),) * 2), min_size=2, max_size=12, unique=True)
SQUARE = shapely.box(0, 0, EXTENT, EXTENT)


def _polygon(units, tile=TILE, holes=()):
    rings = [place(np.array(ring, float), tile) for ring in (units, *holes)]
    return Polygon(rings[0], rings[1:])


def _star(corners):
    """Order corners around their middle, so that no side crosses another."""
    array = np.array(corners, float)
    middle = array.mean(axis=0)
    return array[np.argsort(np.arctan2(*(array - middle).T[::-1]))]


@pytest.mark.parametrize("zoom", range(MAX_ZOOM + 1))
def test_a_point_is_within_a_unit_of_its_place_at_every_zoom(zoom):
    tile = find_tile(*BATH, zoom)
    tile_shape = decode(encode([Point(*BATH)], "Point", tile))[1]
    assert tile_shape.distance(in_units(Point(*BATH), tile)) <= 0.72


@settings(max_examples=40)
@given(CORNERS)
def test_a_polygon_is_shown_within_a_pixel(corners):
    source = _polygon(_star(corners))
    tile_shape = decode(encode([source], "Polygon", TILE)).get(1, Polygon())
    exact = in_units(shapely.make_valid(source), TILE).intersection(SQUARE)
    assert tile_shape.is_valid
    assert exact.buffer(-PIXEL).difference(tile_shape).is_empty
    assert tile_shape.intersection(SQUARE).difference(exact.buffer(PIXEL)).is_empty


@settings(max_examples=40)
@given(CORNERS, CORNERS)
def test_a_hostile_polygon_is_shown_valid_and_turned_right(corners, hole):
    """Corners in any order: a polygon that crosses itself, with a hole that is anywhere."""
    data = encode([_polygon(corners, holes=[hole])], "Polygon", TILE)
    if not data:
        return
    shape = decode(data)[1]
    for part in getattr(shape, "geoms", [shape]):
        assert part.is_valid
    rings = list_rings(list(read_message(data).features[0].geometry))
    assert surveyor(rings[0]) > 0
    assert all(len(set(ring)) == len(ring) >= 3 for ring in rings)
    assert sum(map(surveyor, rings)) == pytest.approx(shape.area)
    assert all(-65 <= value <= EXTENT + 65 for ring in rings for vertex in ring for value in vertex)


@settings(max_examples=40)
@given(ENDS)
def test_a_line_is_shown_within_a_pixel(corners):
    source = LineString(place(np.array(corners, float), TILE))
    tile_shape = decode(encode([source], "LineString", TILE)).get(1, LineString())
    exact = in_units(source, TILE).intersection(SQUARE)
    assert exact.difference(tile_shape.buffer(PIXEL)).is_empty
    assert tile_shape.intersection(SQUARE).difference(exact.buffer(2 * PIXEL)).length <= 2 * PIXEL


def test_holes_and_parts_keep_their_places():
    outer, hole = [(0, 0), (2000, 0), (2000, 2000), (0, 2000)], [(500, 500), (900, 500), (900, 900)]
    far = [(3000, 3000), (3500, 3000), (3500, 3500)]
    shape = MultiPolygon([_polygon(outer, holes=[hole]), _polygon(far)])
    data = encode([shape], "Polygon", TILE)
    rings = list_rings(list(read_message(data).features[0].geometry))
    assert [surveyor(ring) for ring in rings] == [4_000_000, -80_000, 125_000]
    assert decode(data)[1].area == 4_000_000 - 80_000 + 125_000


def test_what_is_smaller_than_the_grid_is_not_shown():
    speck = _polygon([(100, 100), (100.2, 100), (100.2, 100.2)])
    mote = LineString(place(np.array([(10, 10), (10.2, 10.2)]), TILE))
    ring = _polygon([(0, 0), (900, 0), (900, 900)], holes=[[(700, 300), (700.2, 300), (700.2, 300.2)]])
    assert encode([speck], "Polygon", TILE) == b""
    assert encode([mote], "LineString", TILE) == b""
    assert len(list_rings(list(read_message(encode([ring], "Polygon", TILE)).features[0].geometry))) == 1


def test_points_beyond_the_buffer_are_dropped():
    units = np.array([(-65, 10), (-64, 10), (4160, 10), (4161, 10), (10, 4161)], float)
    scattered = MultiPoint(place(units, TILE))
    assert sorted(point.x for point in decode(encode([scattered], "Point", TILE))[1].geoms) == [-64, 4160]


def test_geometry_without_a_place_or_of_another_kind_is_left_out():
    geometries = [None, Point(), Polygon(), LineString([BATH, (0, 0)]), Point(*BATH), Point(float("inf"), 9)]
    assert list(decode(encode(geometries, "Point", TILE))) == [5]


@pytest.mark.parametrize("column", [0, 15])
def test_what_lies_beyond_180_degrees_is_shown_on_the_other_side(column):
    shape = shapely.box(170, 10, 190, 20)
    tile = Tile(4, find_tile(0, 15, 4).row, column)
    box = shapely.box(-180 if column == 0 else 170, 10, -170 if column == 0 else 180, 20)
    tile_shape = decode(encode([shape], "Polygon", tile))[1]
    area = in_units(box, tile).intersection(SQUARE).area
    assert tile_shape.intersection(SQUARE).area == pytest.approx(area, rel=0.01)
    assert tile_shape.bounds[0 if column == 0 else 2] == (-64 if column == 0 else EXTENT + 64)


def test_the_poles_and_the_whole_world_are_shown():
    world = shapely.box(-180, -90, 180, 90)
    assert SQUARE.difference(decode(encode([world], "Polygon", Tile(0, 0, 0)))[1]).is_empty


def test_keys_and_values_stand_once_and_keep_their_types():
    columns = {
        "id": ["a", "b", "c"],
        "name": ["Bath", None, "Bath"],
        "town": ["Bath", "a", None],
        "count": [1, -1, 2**63],
        "share": [1.0, float("nan"), 0.5],
        "open": [True, False, None],
        "never": [None, None, None],
        "parts": [["a"], {"b": 1}, 2**64],
    }
    data = encode([Point(*BATH)] * 3, "Point", TILE, columns)
    layer = read_message(data)
    assert list(layer.keys) == ["id", "name", "town", "count", "share", "open", "parts"]
    values = [value.SerializeToString() for value in layer.values]
    assert len(values) == len(set(values))
    assert (layer.version, layer.extent, layer.name) == (2, 4096, "layer")
    tile_shape = [{key: value for key, value in row.items() if value is not None} for row in _rows(columns)]
    assert _read_properties(layer) == tile_shape
    assert [feature.id for feature in layer.features] == [1, 2, 3]


def _rows(columns):
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    rows[1]["share"] = None
    rows[0]["parts"], rows[1]["parts"], rows[2]["parts"] = '["a"]', '{"b":1}', str(2**64)
    return rows


def _read_properties(layer):
    def read(value):
        (field,) = value.ListFields()
        return field[1]

    return [
        {
            layer.keys[key]: read(layer.values[value])
            for key, value in zip(feature.tags[::2], feature.tags[1::2], strict=True)
        }
        for feature in layer.features
    ]
