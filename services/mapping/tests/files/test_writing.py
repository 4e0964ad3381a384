"""Layers leave as GeoPackage, GeoJSON and CSV, and come back as they were."""

import asyncio
import csv
import json

import pytest
import shapely

from mapping.files.actions.processes import write_file
from mapping.files.actions.rows import write_row
from mapping.files.rules.reports import FileRow, WriteRequest
from services.mapping.tests.files.file_maker import read_all

SQUARE = "POLYGON((375000 164000, 375100 164000, 375100 164100, 375000 164100, 375000 164000))"
FIELDS = [
    {"name": "name", "type": "string"},
    {"name": "bins", "type": "integer"},
    {"name": "open", "type": "boolean"},
    {"name": "since", "type": "date"},
]
FULL = {"name": "=HYPERLINK(1)", "bins": 3, "open": True, "since": "2026-12-01"}
EMPTY = dict.fromkeys(FULL)


def wkb(wkt):
    return shapely.to_wkb(shapely.from_wkt(wkt))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Write the same rows in each format: the paths by name."""
    folder = tmp_path_factory.mktemp("written")

    def write(name, form, geometry_type, srid, places):
        rows, out = folder / f"{name}.rows", folder / name
        with rows.open("w") as file:
            for number, (place, properties) in enumerate(zip(places, [FULL, EMPTY], strict=True), 1):
                write_row(file, FileRow(number, f"B{number}", place, properties))
        request = WriteRequest(form, str(rows), str(out), "bins", "Bins", FIELDS, geometry_type, srid)
        assert asyncio.run(write_file(request)) == 2
        return out

    degrees, metres = wkb("POINT(-2.3597 51.3811)"), wkb("POINT(375000.5 164000)")
    return {
        "gpkg": write("bins.gpkg", "GeoPackage", "Polygon", 27700, [wkb(SQUARE), None]),
        "geojson": write("bins.geojson", "GeoJSON", "Point", 84, [degrees, None]),
        "csv": write("bins.csv", "CSV", "Point", 27700, [metres, None]),
        "wkt": write("areas.csv", "CSV", "Polygon", 27700, [wkb(SQUARE), None]),
    }


@pytest.fixture(scope="module")
def outcomes(files, tmp_path_factory):
    """Read back what was written, by another child."""
    reading = read_all([(path, {}) for path in files.values()], tmp_path_factory.mktemp("read"))
    return dict(zip(files, asyncio.run(reading), strict=True))


def test_a_geopackage_keeps_types_and_places(outcomes):
    first, second = outcomes["gpkg"].rows
    assert first.properties == {"id": "B1", **FULL}
    assert second.properties == {"id": "B2", **EMPTY}
    assert shapely.from_wkb(first.wkb).equals(shapely.from_wkt(SQUARE))
    assert second.wkb is None
    assert outcomes["gpkg"].report.layers == [{"name": "bins", "geometry_type": "MultiPolygon"}]


def test_geojson_is_in_degrees_and_has_ids(outcomes, files):
    content = json.loads(files["geojson"].read_text())
    assert [feature["id"] for feature in content["features"]] == ["B1", "B2"]
    assert content["features"][0]["geometry"] == {"type": "Point", "coordinates": [-2.3597, 51.3811]}
    assert content["features"][0]["properties"] == FULL
    assert [row.fid for row in outcomes["geojson"].rows] == ["B1", "B2"]


def test_a_table_is_harmless_and_comes_back(outcomes, files):
    assert files["csv"].read_bytes().startswith(b"\xef\xbb\xbf")
    with files["csv"].open(encoding="utf-8-sig", newline="") as file:
        header, first, second = csv.reader(file)
    assert header == ["id", "name", "bins", "open", "since", "easting", "northing"]
    assert first == ["B1", "'=HYPERLINK(1)", "3", "true", "2026-12-01", "375000.5", "164000.0"]
    assert second == ["B2", "", "", "", "", "", ""]
    assert shapely.from_wkb(outcomes["csv"].rows[0].wkb).equals(shapely.Point(375000.5, 164000))
    assert shapely.from_wkb(outcomes["wkt"].rows[0].wkb).equals(shapely.from_wkt(SQUARE))
