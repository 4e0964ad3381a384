"""OGC API Features, Part 4 (draft): features written by QGIS, OWSLib and others."""

import asyncio
import json
from dataclasses import dataclass

import httpx
import pytest
import uvicorn
from owslib.ogcapi.features import Features

from services.mapping.tests.layer_world import GRIT_BINS, bin_at, clear, publish

ITEMS = "/citytown/mapping/ogc/collections/grit-bins/items"
ONE = f"{ITEMS}/GB-1"
BNG = "http://www.opengis.net/def/crs/EPSG/0/27700"
LAT_LON = "http://www.opengis.net/def/crs/EPSG/0/4326"
GEOJSON, PATCH = "application/geo+json", "application/merge-patch+json"
WRITER = ("mapping:read", "mapping:write")


@pytest.fixture(autouse=True)
async def bins(database, client):
    await clear(database)
    layer = await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375_000, 164_000)])
    degrees = {**GRIT_BINS, "name": "gb-bins", "title": "National bins", "storage_srid": 84}
    await publish(database, "region", degrees, [])
    await client._transport.app.state.snapshots.refresh()
    return layer


@dataclass
class Editor:
    """A client with a key, as QGIS is."""

    client: httpx.AsyncClient
    token: str

    async def send(self, method, path, body=None, media_type=GEOJSON, **headers):
        content = None if body is None else json.dumps(body).encode()
        sent_headers = {"X-Api-Key": self.token, **({"Content-Type": media_type} if body is not None else {})}
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, path, content=content, headers={**sent_headers, **headers})

    async def get(self, fid, **query):
        response = await self.client.get(f"{ITEMS}/{fid}", params=query, headers={"X-Api-Key": self.token})
        assert response.status_code == 200, response.text
        return response


@pytest.fixture
def editor(client, mint):
    return Editor(client, mint(scopes=list(WRITER), mode="live"))


def feature(ref, coordinates=(-2.36, 51.38), **members):
    geometry = {"type": "Point", "coordinates": list(coordinates)}
    return {"type": "Feature", "geometry": geometry, "properties": {"ref": ref, "site": "New"}, **members}


async def test_create_post_op_and_response_rid(editor):
    created = await editor.send("POST", ITEMS, feature("GB-2", id="ignored"))
    assert created.status_code == 201, created.text
    assert created.headers["location"] == f"http://test.invalid{ITEMS}/GB-2"
    response = await editor.get("GB-2")  # its writer reads it at once
    assert response.json()["properties"] == {"ref": "GB-2", "site": "New"}
    assert response.headers["etag"] == created.headers["etag"]


async def test_replace_put_op_rid_and_rid_exception(editor):
    replaced = await editor.send("PUT", ONE, feature("GB-1", id="another"))
    assert replaced.status_code == 204
    after = await editor.get("GB-1")
    assert (after.json()["id"], after.json()["properties"]["site"]) == ("GB-1", "New")
    assert after.headers["etag"] == replaced.headers["etag"]
    assert (await editor.send("PUT", f"{ITEMS}/GB-9", feature("GB-9"))).status_code == 404
    absent = await editor.send("PUT", f"{ITEMS}/GB-9", feature("GB-9"), If_Match='"x"')
    assert absent.status_code == 412


async def test_update_patch_op_is_a_merge_patch(editor):
    before = (await editor.get("GB-1")).json()
    patch = {"properties": {"site": None}, "id": "GB-7"}
    assert (await editor.send("PATCH", ONE, patch, PATCH)).status_code == 204
    after = (await editor.get("GB-1")).json()
    assert after["properties"] == {"ref": "GB-1"}
    assert after["geometry"] == before["geometry"]
    assert (await editor.send("PATCH", ONE, {"geometry": None}, PATCH)).status_code == 204
    assert (await editor.get("GB-1")).json()["geometry"] is None


async def test_delete_delete_op(editor):
    assert (await editor.send("DELETE", ONE)).status_code == 204
    assert (await editor.send("GET", ONE)).status_code == 404
    assert (await editor.send("DELETE", ONE)).status_code == 404


async def test_etags_and_if_match_evaluation(editor):
    tag = (await editor.get("GB-1")).headers["etag"]
    first = await editor.send("PATCH", ONE, {"properties": {"site": "A"}}, PATCH, If_Match=tag)
    assert first.status_code == 204
    for method, body, media_type in (
        ("PUT", feature("GB-1"), GEOJSON),
        ("PATCH", {"properties": {"site": "B"}}, PATCH),
        ("DELETE", None, GEOJSON),
    ):
        assert (await editor.send(method, ONE, body, media_type, If_Match=tag)).status_code == 412, method
    star = await editor.send("PUT", ONE, feature("GB-1"), If_Match="*")
    assert star.status_code == 204


async def test_a_layer_that_needs_if_match_says_so(editor, database, client):
    locked = {**GRIT_BINS, "name": "locked", "locking": "required"}
    await publish(database, "citytown", locked, [bin_at(1, 375_000, 164_000)])
    await client._transport.app.state.snapshots.refresh()
    path = ONE.replace("grit-bins", "locked")
    refused = await editor.send("PATCH", path, {"properties": {"site": "A"}}, PATCH)
    assert (refused.status_code, refused.json()["code"]) == (428, "version-needed")
    assert (
        await editor.send("PATCH", path, {"properties": {"site": "A"}}, PATCH, If_Match="*")
    ).status_code == 204


@pytest.mark.parametrize(
    ("crs", "coordinates"),
    [
        (None, (-2.54407618349, 51.42754743020)),
        (LAT_LON, (51.42754743020, -2.54407618349)),
        (BNG, (362269.991, 169978.690)),
    ],
)
async def test_content_crs_header_and_default_crs(editor, crs, coordinates):
    headers = {"Content_Crs": f"<{crs}>"} if crs else {}
    assert (await editor.send("PUT", ONE, feature("GB-1", coordinates), **headers)).status_code == 204
    response = await editor.get("GB-1", crs=BNG)
    assert response.json()["geometry"]["coordinates"] == pytest.approx([362269.991, 169978.690], abs=0.01)


async def test_a_wrong_body_says_what_is_wrong(editor):
    wrong = await editor.send(
        "POST", ITEMS, feature("GB-2"), Content_Crs="<http://www.opengis.net/def/crs/0/none>"
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "header.Content-Crs")
    unknown = await editor.send(
        "POST", ITEMS, {**feature("GB-2"), "properties": {"ref": "GB-2", "colour": 1}}
    )
    assert unknown.json()["errors"][0]["field"] == "body.properties.colour"
    assert (await editor.send("POST", ITEMS, feature("GB-2"), "text/csv")).status_code == 415
    assert (
        await editor.send("POST", ITEMS, {"type": "FeatureCollection", "features": []})
    ).status_code == 400


async def test_options_op_lists_what_the_caller_may_do(editor, client, mint):
    items, item = await editor.send("OPTIONS", ITEMS), await editor.send("OPTIONS", ONE)
    assert items.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert item.headers["allow"] == "GET, HEAD, OPTIONS, PUT, PATCH, DELETE"
    for token in (
        None,
        mint(scopes=["mapping:read"], mode="live"),
        mint(scopes=list(WRITER), mode="sandbox"),
    ):
        headers = {"X-Api-Key": token} if token else {}
        response = await client.options(ITEMS, headers=headers)
        assert (response.status_code, response.headers["allow"]) == (200, "GET, HEAD, OPTIONS")
    national = await editor.send("OPTIONS", ITEMS.replace("grit-bins", "gb-bins"))
    assert "POST" not in national.headers["allow"]
    assert (await editor.send("POST", ITEMS.replace("grit-bins", "gb-bins"), feature("X"))).status_code == 403


async def test_the_documents_say_what_can_be_done(client):
    conformance = (await client.get("/citytown/mapping/ogc/conformance?f=json")).json()["conformsTo"]
    base = "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf"
    assert {f"{base}/create-replace-delete", f"{base}/update"} <= set(conformance)
    paths = (await client.get("/citytown/mapping/ogc/api?f=json")).json()["paths"]
    assert {"get", "post"} <= paths["/collections/grit-bins/items"].keys()
    assert {"put", "patch", "delete"} <= paths["/collections/grit-bins/items/{featureId}"].keys()
    assert "post" not in paths["/collections/gb-bins/items"]


async def test_qgis_edits_a_layer(editor):
    """The requests of QGIS: qgsoapif{createfeature,patchfeature,deletefeature}request.cpp."""
    assert "POST" in (await editor.send("OPTIONS", ITEMS)).headers["allow"]
    created = await editor.send(
        "POST",
        ITEMS,
        {
            "type": "Feature",
            "properties": {"ref": "GB-5", "site": None},
            "geometry": {"type": "Point", "coordinates": [375_200.0, 164_100.0]},
        },
        Content_Crs=f"<{BNG}>",
    )
    fid = created.headers["location"].rpartition("/items/")[2]
    assert (await editor.get(fid, crs=BNG)).json()["geometry"]["coordinates"] == [375_200.0, 164_100.0]
    path = f"{ITEMS}/{fid}"
    assert {"PUT", "PATCH", "DELETE"} <= set(
        (await editor.send("OPTIONS", path)).headers["allow"].split(", ")
    )
    assert (await editor.send("PATCH", path, {"properties": {"site": "Lane"}}, PATCH)).status_code == 204
    geometry = {"geometry": {"type": "Point", "coordinates": [375_201.0, 164_100.0]}}
    assert (await editor.send("PATCH", path, geometry, PATCH, Content_Crs=f"<{BNG}>")).status_code == 204
    assert (await editor.send("DELETE", path)).status_code == 204


async def test_strangers_change_nothing(editor, client, mint):
    body = json.dumps(feature("GB-2")).encode()
    for token, status in (
        (None, 401),
        (mint(scopes=["mapping:read"], mode="live"), 403),
        (mint(scopes=list(WRITER), mode="sandbox"), 403),
        (mint(scopes=list(WRITER), mode="live", councils=["hillshire"]), 403),
    ):
        headers = {"Content-Type": GEOJSON, **({"X-Api-Key": token} if token else {})}
        assert (await client.post(ITEMS, content=body, headers=headers)).status_code == status
    assert (await editor.send("GET", f"{ITEMS}/GB-2")).status_code == 404


async def test_who_may_not_see_a_layer_cannot_find_it_to_write(editor, database, client):
    secret = {**GRIT_BINS, "name": "refuges", "audience": "restricted"}
    await publish(database, "citytown", secret, [bin_at(1, 375_000, 164_000)])
    await client._transport.app.state.snapshots.refresh()
    path = ITEMS.replace("grit-bins", "refuges")
    for method, at in (("POST", path), ("PUT", f"{path}/GB-1"), ("OPTIONS", path)):
        body = None if method == "OPTIONS" else feature("GB-2")
        assert (await editor.send(method, at, body)).status_code == 404, method


async def test_owslib_creates_updates_and_deletes_unmodified(client, mint):
    app = client._transport.app
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    token = mint(scopes=list(WRITER), mode="live")

    def edit():
        maps = Features(f"http://127.0.0.1:{port}/citytown/mapping/ogc", headers={"X-Api-Key": token})
        assert maps.collection_item_create("grit-bins", feature("GB-8"))  # a text would go out as XML
        assert maps.collection_item("grit-bins", "GB-8")["properties"]["site"] == "New"
        moved = json.dumps(feature("GB-8", (-2.37, 51.39)))
        assert maps.collection_item_update("grit-bins", "GB-8", moved)
        place = maps.collection_item("grit-bins", "GB-8")["geometry"]["coordinates"]
        assert maps.collection_item_delete("grit-bins", "GB-8")
        return place

    try:
        assert await asyncio.to_thread(edit) == pytest.approx([-2.37, 51.39], abs=1e-6)
    finally:
        server.should_exit = True
        await serving
    assert (await client.get(f"{ITEMS}/GB-8")).status_code == 404
