"""Clients of other people, unmodified, over a socket: OWSLib, GDAL's OAPIF driver, and what QGIS asks."""

import asyncio
import json
import socket
import subprocess
import sys

import pytest
import uvicorn
from owslib.ogcapi.features import Features

from chassis.testing import eventually
from services.mapping.tests.features.standard import BNG, CRS84

pytestmark = pytest.mark.long
_GDAL = """
import json, sys, pyogrio
source = "OAPIF:" + sys.argv[1]
names = sorted(name for name, _ in pyogrio.list_layers(source))
info = pyogrio.read_info(source, layer="trees")
_, _, shapes, fields = pyogrio.raw.read(source, layer="trees")
_, _, some, _ = pyogrio.raw.read(source, layer="trees", bbox=tuple(map(float, sys.argv[2].split(","))))
print(json.dumps({"layers": names, "crs": info["crs"], "fields": list(info["fields"]), "count": len(shapes),
                  "in_box": len(some)}))
"""


@pytest.fixture(scope="module")
async def address(app, client, layers):
    """Serve the running application on a socket; the address of its landing page."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        serving = asyncio.create_task(server.serve([listener]))
        await eventually(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/citytown/mapping/ogc"
        server.should_exit = True
        await serving


async def test_owslib_reads_collections_and_features(address):
    def read():
        service = Features(address)
        return (
            service.conformance()["conformsTo"],
            service.api()["openapi"],
            service.feature_collections(),
            service.collection_queryables("trees")["properties"],
            service.collection_items("trees", limit=3, bbox=[-2.4, 51.3, -2.3, 51.4], filter="height > 2"),
            service.collection_item("trees", "T3"),
        )

    conformance, openapi, names, queryables, page, item = await asyncio.to_thread(read)
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in conformance
    assert openapi == "3.0.3"
    assert names == ["gb-wards", "grit-bins", "trees", "wards"]
    assert queryables["height"]["type"] == "number"
    assert [feature["id"] for feature in page["features"]] == ["T2", "T3", "T4"]
    assert item["properties"]["species"] == "Oak"


async def test_gdal_reads_layers_in_their_own_system(address):
    command = [sys.executable, "-c", _GDAL, address, "374000,164000,374450,165000"]
    run = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout)
    assert answer["layers"] == ["gb-wards", "grit-bins", "trees", "wards"]
    assert "27700" in answer["crs"]
    assert {"ref", "height", "felled", "planted", "seen", "species"} <= set(answer["fields"])
    assert answer["count"] == 25
    assert answer["in_box"] in (5, 6)  # GDAL leaves out the feature without a place, or not


async def test_requests_of_qgis_are_answered(ogc):
    """What src/providers/wfs/oapif of QGIS sends when a layer is added and moved on, in its order."""
    landing = await ogc("/")
    assert landing.headers["content-type"] == "application/json"
    api = await ogc(
        "/api", accept="application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0"
    )
    limit = next(
        each
        for each in api.json()["paths"]["/collections/trees/items"]["get"]["parameters"]
        if each.get("name") == "limit"
    )
    assert limit["schema"]["maximum"] == 10_000
    assert (
        "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2"
        in (await ogc.json("/conformance"))["conformsTo"]
    )
    collection = await ogc("/collections/trees", accept="application/json")
    assert collection.json()["storageCrs"] == BNG
    geojson = "application/geo+json, application/json"
    first = await ogc("/collections/trees/items", accept=geojson, limit=10)
    assert first.json()["numberReturned"] == 10
    moved = await ogc(
        "/collections/trees/items",
        accept=geojson,
        limit=1_000,
        crs=BNG,
        bbox="374000,164000,374450,165000",
        bbox_crs=BNG,
        filter='("height" > 1) AND ("species" = \'Oak\')',
        filter_lang="cql2-text",
    )
    assert moved.headers["content-crs"] == f"<{BNG}>"
    assert [feature["id"] for feature in moved.json()["features"]] == ["T1", "T3"]
    single = await ogc("/collections/trees/items/T1", accept=geojson, crs=CRS84)
    assert single.json()["id"] == "T1"
