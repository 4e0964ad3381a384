"""Layers as files, read back and compared with the files that they came from."""

import csv
import io
import json
import sqlite3

import pytest
import shapely

from dev.demo_maps import list_entries, load_layer, read_features

BASE = "/citytown/mapping/v1/exports"


@pytest.fixture(scope="module", autouse=True)
async def layers(database, client, app):
    for entry in list_entries("citytown/grit-bins"):
        await load_layer(database, entry)
    await app.state.snapshots.refresh()


@pytest.fixture(scope="module")
def bins():
    (entry,) = list_entries("citytown/grit-bins")
    return {feature.fid: feature for feature in read_features(entry)}


async def test_geojson_has_every_feature_in_degrees(client, bins):
    response = await client.get(f"{BASE}/grit-bins.geojson")
    assert response.headers["content-type"] == "application/geo+json"
    features = json.loads(response.text)["features"]
    assert {feature["id"] for feature in features} == set(bins)
    assert "former_id" not in features[0]["properties"]  # staff alone see it
    longitude, latitude = features[0]["geometry"]["coordinates"]
    assert -2.8 < longitude < -2.2
    assert 51.2 < latitude < 51.5


async def test_csv_has_places_of_the_national_grid(client, bins):
    response = await client.get(f"{BASE}/grit-bins.csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert len(rows) == len(bins)
    for row in rows[::50]:
        place = shapely.Point(float(row["easting"]), float(row["northing"]))
        assert place.distance(bins[row["id"]].geometry) < 0.01
    assert "former_id" not in rows[0]


async def test_a_geopackage_is_a_database_with_an_index(client, bins, tmp_path):
    response = await client.get(f"{BASE}/grit-bins.gpkg")
    assert response.headers["content-disposition"] == 'attachment; filename="grit-bins.gpkg"'
    file = tmp_path / "bins.gpkg"
    file.write_bytes(response.content)
    with sqlite3.connect(file) as package:
        (srs,) = package.execute("SELECT srs_id FROM gpkg_geometry_columns").fetchone()
        (name,) = package.execute("SELECT table_name FROM gpkg_contents").fetchone()
        (count,) = package.execute(f'SELECT count(*) FROM "{name}"').fetchone()
    assert (srs, name, count) == (27700, "grit-bins", len(bins))


async def test_a_version_is_the_same_bytes_and_need_not_be_sent_again(client):
    first = await client.get(f"{BASE}/grit-bins.gpkg")
    second = await client.get(f"{BASE}/grit-bins.gpkg")
    assert first.content == second.content
    copy = await client.get(f"{BASE}/grit-bins.gpkg", headers={"If-None-Match": first.headers["etag"]})
    assert copy.status_code == 304


@pytest.mark.parametrize(("name", "status"), [("nothing.csv", 404), ("grit-bins.shp", 400), ("x", 400)])
async def test_what_is_no_file_is_refused(client, name, status):
    assert (await client.get(f"{BASE}/{name}")).status_code == status


@pytest.mark.parametrize("path", ["{name}", "planning/{dataset}/csv"])
def test_the_gateway_does_not_cut_a_download_off(app, path):
    limits = app.openapi()["paths"][f"/{{council}}/mapping/v1/exports/{path}"]["get"]["x-limits"]
    assert (limits["stream"], limits["timeout"]) == (True, 600)
