"""A feature's geometry, fit for its layer."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from mapping.collections.rules.places import PlaceError, read_place
from mapping.shared.coordinates import Crs, transform
from services.mapping.tests.collections.conftest import GRIT_BINS, WARDS

TP08 = (-2.54407618349, 51.42754743020)
"""Ordnance Survey's point, in degrees; in metres it is 362269.991, 169978.690."""


def make(kind, coordinates):
    return {"type": kind, "coordinates": coordinates}


def test_a_point_is_brought_to_the_storage_system_to_the_millimetre():
    place = read_place(GRIT_BINS, make("Point", list(TP08)), Crs.CRS84)
    [back] = transform(np.array([place.geometry], dtype=object), Crs.BNG, Crs.CRS84)
    assert (back.x, back.y) == pytest.approx(TP08, abs=1e-8)
    assert round(place.geometry.x, 3) == place.geometry.x


@pytest.mark.parametrize(
    ("crs", "coordinates"),
    [
        (Crs.CRS84, [-2.54407618349, 51.42754743020]),
        (Crs.WGS84, [51.42754743020, -2.54407618349]),
        (Crs.BNG, [362269.991, 169978.690]),
        (Crs.WEB_MERCATOR, [-283205.265, 6697273.233]),
    ],
)
def test_the_same_place_is_read_in_every_system(crs, coordinates):
    place = read_place(GRIT_BINS, make("Point", coordinates), crs).geometry
    assert shapely.distance(place, shapely.Point(362_269.991, 169_978.690)) < 0.01


def test_no_place_is_a_place_and_so_is_an_empty_one():
    assert read_place(GRIT_BINS, None, Crs.CRS84).geometry is None
    assert read_place(GRIT_BINS, make("MultiPoint", []), Crs.CRS84).geometry is None


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        (make("LineString", [[-2.36, 51.38], [-2.37, 51.38]]), "wrong_geometry_type"),
        (make("Circle", [1, 2]), "not_a_geometry"),
        (make("Point", ["a", "b"]), "not_a_geometry"),
        (make("Point", [375048, 164693]), "not_a_geometry"),  # metres said to be degrees
        (make("Point", [2.35, 48.85]), "outside_great_britain"),
        (make("Point", None), "not_a_geometry"),
        ({"type": "Point"}, "not_a_geometry"),
    ],
)
def test_what_the_layer_cannot_have_is_refused(geometry, code):
    with pytest.raises(PlaceError) as error:
        read_place(GRIT_BINS, geometry, Crs.CRS84)
    assert error.value.fault.code == code


def test_a_harmless_crossing_is_mended_and_said_and_a_bow_tie_is_refused():
    spur = [[0, 0], [100, 0], [100, 100], [50, 100], [50, 100.001], [50, 100], [0, 100], [0, 0]]
    place = read_place(WARDS, make("Polygon", [[[x + 375_000, y + 164_000] for x, y in spur]]), Crs.BNG)
    assert place.notes
    assert shapely.is_valid(place.geometry)
    bow_tie = [
        [[375_000, 164_000], [375_100, 164_100], [375_100, 164_000], [375_000, 164_100], [375_000, 164_000]]
    ]
    with pytest.raises(PlaceError) as error:
        read_place(WARDS, make("Polygon", bow_tie), Crs.BNG)
    assert error.value.fault.code == "invalid_geometry"


def test_heights_are_left_out():
    place = read_place(GRIT_BINS, make("Point", [375_048, 164_693, 31]), Crs.BNG)
    assert not shapely.has_z(place.geometry)


def test_a_layer_in_degrees_may_have_places_anywhere():
    layer = replace(GRIT_BINS, storage_srid=84)
    assert read_place(layer, make("Point", [2.35, 48.85]), Crs.CRS84).geometry.y == 48.85
