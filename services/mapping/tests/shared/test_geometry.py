"""Geometries: written short, read with suspicion, mended only when nothing of weight changes."""

import json

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mapping.shared.coordinates import Crs
from mapping.shared.geometry import Fault, GeometryError, clean, read_geojson, snap, to_geojson_text


def objects(*geometries):
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    return array


def test_degrees_have_six_decimals_and_metres_three():
    point = objects(shapely.Point(-2.123456789, 51.987654321, 9), None)
    assert to_geojson_text(point, Crs.CRS84) == [
        '{"type":"Point","coordinates":[-2.123457,51.987654]}',
        "null",
    ]
    metres = objects(shapely.Point(375039.12345, 164627.98765))
    assert to_geojson_text(metres, Crs.BNG) == ['{"type":"Point","coordinates":[375039.123,164627.988]}']


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_what_is_written_reads_back_to_a_tenth_of_a_metre(lon, lat):
    (text,) = to_geojson_text(objects(shapely.Point(lon, lat)), Crs.CRS84)
    point = read_geojson(json.loads(text), Crs.CRS84)
    assert (abs(point.x - lon), abs(point.y - lat)) <= (6e-7, 6e-7)
    assert max(len(number.partition(".")[2]) for number in text[31:-2].split(",")) <= 6 or "e" in text


COORDINATES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=3)),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(["Point", "LineString", "Polygon", "MultiPolygon", "Curve", None]), COORDINATES)
def test_any_geometry_is_read_or_refused(kind, coordinates):
    try:
        shape = read_geojson({"type": kind, "coordinates": coordinates}, Crs.CRS84)
    except GeometryError:
        return
    assert shape.geom_type == kind
    assert not shape.has_z


@pytest.mark.parametrize(
    ("geometry", "why"),
    [
        ({"type": "GeometryCollection", "geometries": []}, "type must be"),
        ({}, "type must be"),
        ({"type": "Point"}, "lists of numbers"),
        ({"type": "Point", "coordinates": [375039, 164627]}, "beyond 180"),
        ({"type": "Point", "coordinates": [float("nan"), 1]}, "no number"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "do not make"),
        ({"type": "Point", "coordinates": [[[[[[1, 2]]]]]]}, "too many"),
        ({"type": "LineString", "coordinates": [[0.1, 0.2]] * 300_001}, "too many"),
    ],
)
def test_a_geometry_that_cannot_be_used_says_why(geometry, why):
    with pytest.raises(GeometryError, match=why):
        read_geojson(geometry, Crs.CRS84)


def test_metres_are_read_in_their_own_system_and_latitude_first_in_its():
    assert read_geojson({"type": "Point", "coordinates": [375039, 164627, 3]}, Crs.BNG).x == 375039
    assert read_geojson({"type": "Point", "coordinates": [51, -120]}, Crs.WGS84).y == -120
    with pytest.raises(GeometryError, match="beyond"):
        read_geojson({"type": "Point", "coordinates": [-120, 51]}, Crs.WGS84)


def test_metres_are_snapped_to_the_millimetre():
    line = snap(objects(shapely.LineString([(1.00049, 2), (3.0006, 4.12345)])))[0]
    assert [tuple(pair) for pair in np.round(shapely.get_coordinates(line), 9)] == [(1, 2), (3.001, 4.123)]


SQUARE = shapely.box(0, 0, 10, 10)
BOW_TIE = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
# A square with a spike without width: mending it changes nothing of weight.
SPIKED = shapely.Polygon([(0, 0), (10, 0), (10, 10), (10, 15), (10, 10), (0, 10)])


def test_a_spike_is_mended_and_a_bow_tie_refused():
    before = objects(SQUARE, None, SPIKED, BOW_TIE, shapely.Polygon())
    mended, findings = clean(before)
    assert [(finding.index, finding.fault) for finding in findings] == [
        (1, Fault.NO_PLACE),
        (2, Fault.MENDED),
        (3, Fault.NOT_MENDABLE),
        (4, Fault.NO_PLACE),
    ]
    assert [finding.index for finding in findings if finding.is_refusal] == [3]
    assert (mended[0], mended[1], mended[3], mended[4]) == (SQUARE, None, BOW_TIE, None)
    assert mended[2].equals(SQUARE)
    assert "Self-intersection" in findings[2].reason


RINGS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=9)


@given(RINGS)
def test_what_is_kept_is_valid_and_of_its_own_kind_and_area(ring):
    polygon = shapely.Polygon(ring)
    (result,), findings = clean(objects(polygon))
    if findings and findings[0].is_refusal:
        assert result.equals_exact(polygon)
        return
    assert result.is_valid
    assert result.geom_type in {"Polygon", "MultiPolygon"}
    assert result.area == pytest.approx(polygon.area, rel=0.0011)
