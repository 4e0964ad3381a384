"""Clients of maps as they are, through the gateway: OWSLib, GDAL, QGIS's requests, what browsers ask first.

What QGIS sends was read in src/providers/wfs/oapif of qgis/QGIS (d3355fc): the order of requests, their
headers, and that it names the system of what it writes without angle brackets.
"""

import json
import re
import secrets
import subprocess
import sys

import pytest
from owslib.ogcapi.features import Features

from tests.waiting import eventually

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]
OGC = "/citytown/mapping/ogc"
BNG = "http://www.opengis.net/def/crs/EPSG/0/27700"
GEOJSON = "application/geo+json, application/json"  # as QGIS accepts features
MVT = "application/vnd.mapbox-vector-tile"
ORIGIN = "https://maps.example"
LAYER = "grit-bins"
_GDAL = """
import json, sys, pyogrio
source = "OAPIF:" + sys.argv[1]
names = sorted(name for name, _ in pyogrio.list_layers(source))
counts = {}
for name in ("grit-bins", "wards", "river-rescue-cabinets", "rights-of-way"):
    counts[name] = len(pyogrio.raw.read(source, layer=name)[2])
info = pyogrio.read_info(source, layer="wards")
_, _, some, _ = pyogrio.raw.read(source, layer="wards", bbox=(374000, 164000, 375000, 165000))
print(json.dumps({"layers": names, "counts": counts, "crs": info["crs"], "some": len(some)}))
"""


@pytest.fixture(scope="module")
def maps(platform):
    """The landing page of citytown's maps at the gateway."""
    return f"{platform.gateway}{OGC}"


@pytest.fixture
def collections(gateway):
    """Each collection that the gateway lists, by its id."""
    listed = gateway.get(f"{OGC}/collections", headers={"Accept": "application/json"}).json()["collections"]
    return {each["id"]: each for each in listed}


def test_owslib_reads_every_layer(maps, collections):
    service = Features(maps)
    assert len(collections) > 40
    assert sorted(service.feature_collections()) == sorted(collections)
    assert service.api()["openapi"].startswith("3.0.")
    for name in sorted(collections)[::6]:
        page = service.collection_items(name, limit=2)
        assert page["numberMatched"] == collections[name]["itemCount"]
        fid = page["features"][0]["id"]
        assert service.collection_item(name, fid)["id"] == fid


def test_gdal_reads_layers_whole_and_by_box(maps, collections):
    run = subprocess.run(
        [sys.executable, "-c", _GDAL, maps], capture_output=True, text=True, timeout=200, check=False
    )
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout)
    assert answer["layers"] == sorted(collections)
    assert answer["counts"] == {name: collections[name]["itemCount"] for name in answer["counts"]}
    assert "27700" in answer["crs"]
    assert 0 < answer["some"] < answer["counts"]["wards"]


def test_every_feature_of_a_layer_whose_references_have_slashes_is_reached(gateway):
    page = gateway.get(f"{OGC}/collections/river-rescue-cabinets/items", params={"limit": 1_000}).json()
    assert any("/" in each["properties"]["reference"] for each in page["features"])
    for each in page["features"]:
        path = f"{OGC}/collections/river-rescue-cabinets/items/{each['id']}"  # unescaped, as clients do
        assert gateway.get(path, headers={"Accept": GEOJSON}).json()["properties"] == each["properties"]


def test_qgis_adds_a_layer_and_moves_over_it(gateway):
    for accept, path in (
        ("application/json", "/"),
        ("application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0", "/api"),
        ("application/json", "/conformance"),
        ("application/json", f"/collections/{LAYER}"),
        ("application/schema+json", f"/collections/{LAYER}/queryables"),
        ("application/schema+json", f"/collections/{LAYER}/schema"),
        (GEOJSON, f"/collections/{LAYER}/items?limit=10&crs={BNG}"),
    ):
        response = gateway.get(OGC + path, headers={"Accept": accept})
        assert response.status_code == 200, (path, response.text[:300])
        assert response.headers["content-type"].split(";")[0] in accept
    url = (
        f"{OGC}/collections/{LAYER}/items?limit=1000&filter=%28%22site%22%20IS%20NOT%20NULL%29"
        f"&filter-lang=cql2-text&bbox=370000,160000,380000,170000&bbox-crs={BNG}&crs={BNG}"
    )
    page = gateway.get(url, headers={"Accept": GEOJSON})
    if page.status_code == 400:  # the layer has no property of that name
        page = gateway.get(
            url.replace("filter=%28%22site%22%20IS%20NOT%20NULL%29&filter-lang=cql2-text&", "")
        )
    assert page.headers["content-crs"] == f"<{BNG}>"
    for each in page.json()["features"]:
        east, north = each["geometry"]["coordinates"]
        assert 370_000 <= east <= 380_000
        assert 160_000 <= north <= 170_000


def test_qgis_adds_moves_changes_and_deletes_a_feature(platform, citytown):
    items = f"{OGC}/collections/{LAYER}/items"
    schema = citytown.get(f"{OGC}/collections/{LAYER}/schema", headers={"Accept": "application/schema+json"})
    assert "POST" in citytown.options(items).headers["allow"]
    first = citytown.get(items, params={"limit": 1}).json()["features"][0]
    key = next(name for name, value in first["properties"].items() if value == first["id"])
    reference = f"T/{secrets.token_hex(4)}"
    properties = {name: None for name in schema.json()["properties"] if name != "geometry"}
    properties |= {**first["properties"], key: reference}
    body = {"type": "Feature", "properties": properties,
            "geometry": {"type": "Point", "coordinates": [375_200.0, 164_100.0]}}  # fmt: skip
    writing = {"Content-Type": "application/geo+json", "Content-Crs": BNG}
    created = citytown.post(items, content=json.dumps(body), headers=writing)
    assert created.status_code == 201, created.text
    assert created.headers["location"].startswith(platform.gateway + items)
    path = f"{items}/{created.headers['location'].rpartition('/items/')[2]}"
    after = citytown.get(path, params={"crs": BNG}, headers={"Accept": GEOJSON}).json()
    assert after["geometry"]["coordinates"] == [375_200.0, 164_100.0]
    assert {"PUT", "PATCH", "DELETE"} <= set(citytown.options(path).headers["allow"].split(", "))
    patch = {"Content-Type": "application/merge-patch+json"}
    moved = {"geometry": {"type": "Point", "coordinates": [375_201.0, 164_100.0]}}
    assert (
        citytown.patch(path, content=json.dumps(moved), headers={**patch, **writing, **patch}).status_code
        == 204
    )
    assert citytown.patch(path, content=json.dumps({"properties": {}}), headers=patch).status_code == 204
    again = {**body, "id": path.rpartition("/")[2]}
    assert citytown.put(path, content=json.dumps(again), headers=writing).status_code == 204
    east, _ = citytown.get(path, params={"crs": BNG}).json()["geometry"]["coordinates"]
    assert east == 375_200.0
    assert citytown.delete(path).status_code == 204
    eventually(lambda: citytown.get(path).status_code == 404)


@pytest.mark.parametrize(
    "path",
    ["", "/collections", f"/collections/{LAYER}", f"/collections/{LAYER}/items?limit=3",
     "/collections/wards/tiles/WebMercatorQuad/10/341/505", "/styles/default?collections=wards"],
)  # fmt: skip
def test_head_is_get_without_a_body_and_scripts_of_any_site_may_read(gateway, path):
    ours = {"Origin": ORIGIN, "Accept": MVT if "/tiles/" in path else "application/json"}
    whole, head = gateway.get(OGC + path, headers=ours), gateway.head(OGC + path, headers=ours)
    assert (whole.status_code, head.status_code, head.content) == (200, 200, b"")
    for name in ("etag", "content-type", "access-control-allow-origin"):
        assert head.headers[name] == whole.headers[name], name
    assert whole.headers["access-control-allow-origin"] in ("*", ORIGIN)
    assert "etag" in whole.headers["access-control-expose-headers"].lower()
    copy = gateway.get(OGC + path, headers={**ours, "If-None-Match": whole.headers["etag"]})
    assert (copy.status_code, copy.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "method", "headers"),
    [
        (f"{OGC}/collections/{LAYER}/items", "GET", "x-api-key"),
        (f"{OGC}/collections/{LAYER}/items", "POST", "content-crs,content-type,x-api-key"),
        (f"{OGC}/collections/{LAYER}/items/1", "PATCH", "content-type,if-match,x-api-key"),
        (f"{OGC}/collections/{LAYER}/items/1", "DELETE", "authorization,if-match"),
        (f"{OGC}/collections/wards/tiles/WebMercatorQuad/10/341/505", "GET", "authorization"),
        ("/citytown/mapping/mapit/point/4326/-2.3591,51.3827", "GET", "x-api-key"),
    ],
)
def test_what_a_browser_asks_first_is_answered_without_a_credential(gateway, path, method, headers):
    question = {"Origin": ORIGIN, "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": headers}  # fmt: skip
    answer = gateway.options(path, headers=question)
    assert answer.status_code in (200, 204), answer.text
    assert answer.headers["access-control-allow-origin"] in ("*", ORIGIN)
    assert method in answer.headers["access-control-allow-methods"]
    allowed = {each.strip().lower() for each in answer.headers["access-control-allow-headers"].split(",")}
    assert set(headers.split(",")) <= allowed or "*" in allowed - {"authorization"}
    assert "access-control-allow-credentials" not in answer.headers


def test_options_that_is_no_preflight_tells_a_stranger_what_they_may(gateway):
    for path in (f"{OGC}/collections/{LAYER}/items", f"{OGC}/collections/{LAYER}/items/1"):
        response = gateway.options(path)
        assert (response.status_code, response.headers["allow"]) == (200, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("filter_text", ["(" * 2_000 + "TRUE" + ")" * 2_000, "NOT " * 1_900 + "TRUE"])
def test_a_filter_two_thousand_deep_is_400_and_the_worker_lives(gateway, filter_text):
    path = f"{OGC}/collections/{LAYER}/items"
    for _ in range(3):
        response = gateway.get(path, params={"filter": filter_text})
        assert response.status_code == 400, response.text[:200]
        assert response.headers["content-type"].startswith("application/problem+json")
    assert gateway.get(path, params={"limit": 1}).status_code == 200


def test_mapits_answers_and_pages_come_through(gateway):
    base = "/citytown/mapping/mapit"
    areas = gateway.get(f"{base}/point/4326/-2.3591,51.3827").json()
    page = gateway.get(f"{base}/point/4326/-2.3591,51.3827.map.html")
    assert page.headers["content-type"].startswith("text/html")
    assert all(f"{base}/area/{number}.html" in page.text for number in areas)
    assert gateway.get(f"{base}/area/E05012471").headers["location"].startswith(f"{base}/area/")
    index = gateway.get(base)
    for path in re.findall(rf'href="({base}[^"]*)"', index.text):
        assert gateway.get(path).status_code in {200, 302}, path
    form = gateway.get(f"{base}/postcode/", params={"pc": "BA1 1LJ"})
    assert form.headers["location"] == f"{base}/postcode/BA1%201LJ.html"
