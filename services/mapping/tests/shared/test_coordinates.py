"""Coordinates against Ordnance Survey's own 40 points: right to 1 cm, or infinite, never an approximation."""

import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import shapely

from mapping.shared import coordinates
from mapping.shared.coordinates import Crs

_FILE = Path(__file__).parent / "data" / "ostn15_test_points.csv"
POINTS = list(csv.DictReader(_FILE.read_text().splitlines()))
LON = np.array([float(row["etrs89_longitude"]) for row in POINTS])
LAT = np.array([float(row["etrs89_latitude"]) for row in POINTS])
EAST = np.array([float(row["osgb36_easting"]) for row in POINTS])
NORTH = np.array([float(row["osgb36_northing"]) for row in POINTS])
METRES_A_DEGREE = 111_320


def test_all_forty_published_points_agree_to_a_centimetre_both_ways():
    assert len(POINTS) == 40
    east, north = coordinates.to_national_grid(LON, LAT)
    assert np.hypot(east - EAST, north - NORTH).max() < 0.01
    lon, lat = coordinates.to_wgs84(EAST, NORTH)
    widths = METRES_A_DEGREE * np.cos(np.radians(LAT))
    assert np.hypot((lon - LON) * widths, (lat - LAT) * METRES_A_DEGREE).max() < 0.01


@pytest.mark.parametrize("crs", [Crs.CRS84, Crs.WGS84, Crs.WEB_MERCATOR], ids=lambda crs: crs.name)
def test_there_and_back_is_the_same_point_in_every_system(crs):
    before = np.column_stack([EAST, NORTH])
    after = coordinates.project(coordinates.project(before, Crs.BNG, crs), crs, Crs.BNG)
    assert np.abs(after - before).max() < 0.001


def test_each_system_has_its_own_order_of_axes():
    pair = np.array([[-2.5, 51.4]])
    assert coordinates.project(pair, Crs.CRS84, Crs.WGS84).tolist() == [[51.4, -2.5]]
    assert coordinates.project(pair, Crs.CRS84, Crs.WEB_MERCATOR)[0] == pytest.approx(
        [6378137 * np.radians(-2.5), 6378137 * np.arcsinh(np.tan(np.radians(51.4)))]
    )


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(3, 56), (2.35, 48.85), (-100, 40), (0, 91), (np.nan, 51), (-5.93, 54.60), (-6.26, 53.35), (-2.1, 49.2)],
)
def test_a_place_outside_great_britain_is_infinite(lon, lat):
    # The last three are Belfast, Dublin and Jersey: OSTN15's rectangle has a plausible number for each.
    east, north = coordinates.to_national_grid([lon, -2.36], [lat, 51.38])
    outside_the_grid = not np.isfinite(east[0]) and not np.isfinite(north[0])
    assert outside_the_grid or (lon, lat) in {(-5.93, 54.60), (-6.26, 53.35)}
    assert np.isfinite(east[1])


@pytest.mark.parametrize(
    "point", [(700_001, 5), (-0.1, 5), (1, 1_300_001), (1e9, 1e9), (np.nan, 0), (5, np.inf)]
)
def test_metres_off_the_national_grid_are_infinite(point):
    lon, lat = coordinates.to_wgs84(*point)
    assert (np.isinf(lon), np.isinf(lat)) == (True, True)


def test_geometries_are_converted_and_what_has_no_place_stays():
    geometries = np.array([shapely.Point(-2.36, 51.38, 7), None, shapely.Point()], dtype=object)
    point, missing, empty = coordinates.transform(geometries, Crs.CRS84, Crs.BNG)
    assert (point.has_z, missing, empty.is_empty) == (False, None, True)
    assert shapely.Point(375000, 165000).distance(point) < 5000


def test_a_geometry_that_reaches_abroad_is_refused():
    line = np.array([shapely.LineString([(-2.36, 51.38), (2.35, 48.85)])], dtype=object)
    with pytest.raises(coordinates.OutsideGreatBritainError):
        coordinates.transform(line, Crs.CRS84, Crs.BNG)


def test_without_its_grid_nothing_is_converted(monkeypatch):
    monkeypatch.setattr(coordinates, "_GRID", "no_such_grid.tif")
    monkeypatch.setattr(coordinates, "_per_thread", type(coordinates._per_thread)())
    coordinates._grid.cache_clear()
    try:
        with pytest.raises(FileNotFoundError, match="no_such_grid"):
            coordinates.check_grid()
    finally:
        coordinates._grid.cache_clear()


def test_the_check_at_the_start_finds_a_grid_that_is_off(monkeypatch):
    coordinates.check_grid()
    monkeypatch.setattr(coordinates, "_CHECKED", coordinates._CHECKED + np.array([0, 0, 0.02, 0]))
    with pytest.raises(coordinates.GridError, match="1 cm"):
        coordinates.check_grid()


def test_the_check_at_the_start_finds_a_pipeline_without_edges(monkeypatch):
    monkeypatch.setattr(coordinates, "_OUTSIDE", (-2.36, 51.38))
    with pytest.raises(coordinates.GridError, match="outside"):
        coordinates.check_grid()


def test_threads_get_the_same_answers():
    expected = coordinates.to_wgs84(EAST, NORTH)[0].tolist()
    with ThreadPoolExecutor(8) as threads:
        results = threads.map(lambda _: coordinates.to_wgs84(EAST, NORTH)[0].tolist(), range(40))
        assert all(result == expected for result in results)


@pytest.mark.parametrize("crs", list(Crs), ids=lambda crs: crs.name)
def test_a_system_is_known_by_its_uri_and_number(crs):
    assert Crs(crs.uri) is crs
    assert Crs.from_srid(crs.srid) is crs
