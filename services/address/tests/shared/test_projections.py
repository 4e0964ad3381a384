"""Projections against Ordnance Survey's own test points: exact, or an error, never an approximation."""

import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from address.shared import projections

# OSTN15 test points of OS's developer pack: latitude and longitude in ETRS89, easting and northing.
PUBLISHED = [
    (49.92226393730, -6.29977752014, 91492.146, 11318.804),
    (49.96006137820, -5.20304609998, 170370.718, 11572.405),
    (50.93127937910, -1.45051433700, 438710.920, 114792.250),
    (51.37447025550, 1.44454730409, 639821.835, 169565.858),
    (51.42754743020, -2.54407618349, 362269.991, 169978.690),
    (51.48936564950, -0.11992557180, 530624.974, 178388.464),
    (51.85890896400, -4.30852476960, 241124.584, 220332.641),
    (52.65800783, 1.71607397, 651409.804, 313177.450),
    (53.80021519630, -1.66379168242, 422242.186, 433818.701),
    (57.48625000720, -4.21926398555, 267056.768, 846176.972),
    (60.13308091660, -2.07382822798, 395999.668, 1138728.951),
]
METRES_A_DEGREE = 111_320


@pytest.mark.parametrize(("lat", "lon", "easting", "northing"), PUBLISHED)
def test_the_published_test_points_agree_to_five_millimetres_both_ways(lat, lon, easting, northing):
    (point,) = projections.to_lonlat([(easting, northing)])
    east = (point[0] - lon) * METRES_A_DEGREE * math.cos(math.radians(lat))
    assert math.hypot(east, (point[1] - lat) * METRES_A_DEGREE) < 0.005
    (back,) = projections.from_lonlat([(lon, lat)])
    assert math.dist(back, (easting, northing)) < 0.005


def test_there_and_back_is_the_same_point_in_every_system():
    points = [(east * 1000.0, north * 1000.0) for east in range(200, 600, 57) for north in range(50, 900, 83)]
    for project, unproject in (
        (projections.to_lonlat, projections.from_lonlat),
        (projections.to_mercator, projections.from_mercator),
    ):
        for before, after in zip(points, unproject(project(points)), strict=True):
            assert math.dist(before, after) < 0.001


def test_web_maps_metres_are_the_spheres():
    points = [(375000.25, 165000.75), (530624.974, 178388.464)]
    for (lon, lat), (x, y) in zip(
        projections.to_lonlat(points), projections.to_mercator(points), strict=True
    ):
        assert x == pytest.approx(6378137 * math.radians(lon), abs=0.001)
        assert y == pytest.approx(6378137 * math.asinh(math.tan(math.radians(lat))), abs=0.001)


@pytest.mark.parametrize("point", [(700_000, 1_299_999), (1e9, 1e9), (math.nan, 0.0), (math.inf, 0.0)])
def test_what_the_grid_does_not_cover_is_an_error_and_no_approximation(point):
    with pytest.raises(projections.OutsideGridError):
        projections.to_lonlat([(375000.0, 165000.0), point])
    assert projections.project_or_none([point, (375000.0, 165000.0)], projections.LONLAT)[0] is None
    assert projections.project_or_none([point, (375000.0, 165000.0)], projections.LONLAT)[1] is not None


@pytest.mark.parametrize("point", [(2.35, 48.85), (-100.0, 40.0), (0.0, 91.0), (math.nan, 51.0)])
def test_a_place_abroad_is_an_error(point):
    with pytest.raises(projections.OutsideGridError):
        projections.from_lonlat([point])


def test_without_its_grid_nothing_is_projected(monkeypatch):
    monkeypatch.setattr(projections, "_GRID", "no_such_grid.tif")
    monkeypatch.setattr(projections, "_per_thread", type(projections._per_thread)())
    projections._grid.cache_clear()
    try:
        with pytest.raises(FileNotFoundError, match="no_such_grid"):
            projections.to_lonlat([(375000.0, 165000.0)])
    finally:
        projections._grid.cache_clear()


def test_threads_get_the_same_answers():
    points = [(370000.0 + n, 160000.0 + n) for n in range(500)]
    expected = projections.to_lonlat(points)
    with ThreadPoolExecutor(8) as threads:
        assert all(projected == expected for projected in threads.map(projections.to_lonlat, [points] * 40))


def test_importing_the_service_does_not_import_the_projection_library():
    code = "import sys, address.app; sys.exit('pyproj' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_points_are_no_points():
    assert projections.to_lonlat([]) == []
    assert projections.from_lonlat([]) == []
