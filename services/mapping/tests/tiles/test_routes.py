"""OGC API Tiles over HTTP: the tests that its checklist names, what is kept, and who sees what."""

import asyncio
import gzip
from datetime import UTC, datetime

import mapbox_vector_tile
import pytest
import shapely

from mapping.collections.rules.states import NewFeature
from mapping.snapshots.actions import registry
from mapping.tiles.actions import tiles
from mapping.tiles.rules.matrix import find_tile
from services.mapping.tests.layer_world import EDIT, GRIT_BINS, WARDS, bin_at, clear, publish, square

OGC = "/citytown/mapping/ogc"
TILE = find_tile(-2.36, 51.38, 12)
PLACE = f"{TILE.zoom}/{TILE.row}/{TILE.column}"
WARD_TILES = f"{OGC}/collections/wards/tiles/WebMercatorQuad"
MVT = "application/vnd.mapbox-vector-tile"
CONFORMANCE = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"


@pytest.fixture(autouse=True)
async def layers(database, client, app):
    await clear(database)
    await publish(database, "citytown", WARDS, [square("E1", 374000, 164000), square("E2", 375000, 164000)])
    await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375100, 165000)])
    await app.state.snapshots.refresh()


async def get(client, path, status=200, **headers):
    answer = await client.get(path, headers=headers)
    assert answer.status_code == status, answer.text
    return answer


def decode(answer):
    return mapbox_vector_tile.decode(answer.content)


async def test_tc_success_and_mvt_content(client):
    answer = await get(client, f"{WARD_TILES}/{PLACE}")
    assert answer.headers["content-type"] == MVT
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=300, stale-while-revalidate=86400"
    layer = decode(answer)["wards"]
    assert (layer["extent"], layer["version"]) == (4096, 2)
    assert [feature["properties"] for feature in layer["features"]] == [
        {"id": "E1", "code": "E1", "name": "Ward E1"},
        {"id": "E2", "code": "E2", "name": "Ward E2"},
    ]
    assert all(feature["id"] > 0 for feature in layer["features"])


async def test_tc_error_and_an_empty_tile(client):
    await get(client, f"{WARD_TILES}/12/4096/0", 404)
    await get(client, f"{WARD_TILES}/23/0/0", 404)
    await get(client, f"{OGC}/collections/wards/tiles/WorldCRS84Quad/0/0/0", 404)
    await get(client, f"{OGC}/collections/none/tiles/WebMercatorQuad/0/0/0", 404)
    empty = await get(client, f"{WARD_TILES}/12/0/0", 204)
    assert (empty.headers["oatiles-hint"], empty.content) == ("empty", b"")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"{WARD_TILES}/x/0/0", "path.tileMatrix"),
        (f"{WARD_TILES}/1/-1/0", "path.tileRow"),
        (f"{WARD_TILES}/1/0/{10**30}", "path.tileCol"),
        (f"{WARD_TILES}/{PLACE}?v=x", "query.v"),
        (f"{WARD_TILES}/{PLACE}?volume=1", "query.volume"),
        (f"{OGC}/tiles/WebMercatorQuad/{PLACE}?collections=wards,none", "query.collections"),
        (f"{OGC}/tiles?f=xml", "query.f"),
    ],
)
async def test_what_is_malformed_or_unknown_is_named(client, path, field):
    answer = await get(client, path, 400)
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_copy_is_current_until_a_feature_changes(client, database, app):
    first = await get(client, f"{WARD_TILES}/{PLACE}")
    tag = first.headers["etag"]
    assert tag == f'"1-{TILE.zoom}-{TILE.row}-{TILE.column}"'
    same = await get(client, f"{WARD_TILES}/{PLACE}", 304, **{"If-None-Match": tag})
    assert same.headers["etag"] == tag
    await publish(database, "citytown", WARDS, [square("E3", 374000, 165000)], EDIT)
    await app.state.snapshots.refresh()
    changed = await get(client, f"{WARD_TILES}/{PLACE}", **{"If-None-Match": tag})
    assert [feature["properties"]["id"] for feature in decode(changed)["wards"]["features"]] == [
        "E1",
        "E2",
        "E3",
    ]


async def test_a_tile_of_a_named_version_may_be_kept_for_a_year(client):
    tilejson = (await get(client, f"{WARD_TILES}/tilejson.json")).json()
    (template,) = tilejson["tiles"]
    assert template == f"http://test.invalid{WARD_TILES}/{{z}}/{{y}}/{{x}}?v=1"
    path = template.format(z=TILE.zoom, y=TILE.row, x=TILE.column)
    assert (await get(client, path)).headers["cache-control"] == "public, max-age=31536000, immutable"
    other = await get(client, path.replace("v=1", "v=7"))
    assert "immutable" not in other.headers["cache-control"]


@pytest.mark.parametrize(
    "path", [f"{WARD_TILES}/{PLACE}", f"{WARD_TILES}/tilejson.json", f"{OGC}/tiles", f"{OGC}/styles/default"]
)
async def test_head_is_answered_wherever_get_is(client, path):
    whole, head = await get(client, path), await client.head(path)
    assert head.status_code == 200
    assert head.headers["etag"] == whole.headers["etag"]


async def test_who_takes_no_gzip_gets_none(client):
    packed = await get(client, f"{WARD_TILES}/{PLACE}")
    plain = await get(client, f"{WARD_TILES}/{PLACE}", **{"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content
    assert plain.headers["etag"] != packed.headers["etag"]
    assert "Accept-Encoding" in plain.headers["vary"]


async def test_a_tile_of_several_collections_has_a_layer_of_each(client):
    path = f"{OGC}/tiles/WebMercatorQuad/{PLACE}"
    joined, single = await get(client, path), await get(client, f"{path}?collections=grit-bins")
    assert (sorted(decode(joined)), sorted(decode(single))) == (["grit-bins", "wards"], ["grit-bins"])
    await get(client, path, 304, **{"If-None-Match": joined.headers["etag"]})
    assert single.headers["etag"] != joined.headers["etag"]
    await get(client, f"{OGC}/tiles/WebMercatorQuad/12/0/0", 204)


async def test_a_joined_tile_reads_only_layers_that_reach_it(client, database, app, monkeypatch):
    names, get_snapshot = [], registry.Snapshots.get

    async def note(snapshots, layer):
        names.append(layer.name)
        return await get_snapshot(snapshots, layer)

    monkeypatch.setattr(registry.Snapshots, "get", note)
    east = find_tile(-2.25, 51.38, 12)
    path = f"{OGC}/tiles/WebMercatorQuad/{east.zoom}/{east.row}/{east.column}"
    before = await get(client, path, 204)
    assert names == []
    await publish(database, "citytown", GRIT_BINS, [bin_at(2, 382_700, 164_700)], EDIT)
    await app.state.snapshots.refresh()
    after = await get(client, path, **{"If-None-Match": before.headers["etag"]})
    assert (sorted(decode(after)), set(names)) == (["grit-bins"], {"grit-bins"})


async def test_layers_and_properties_of_staff_are_theirs(client, database, app, mint):
    await publish(
        database, "citytown", {**WARDS, "name": "raids", "audience": "staff"}, [square("R1", 374000, 164000)]
    )
    await app.state.snapshots.refresh()
    path, bins = (
        f"{OGC}/collections/raids/tiles/WebMercatorQuad/{PLACE}",
        f"{OGC}/collections/grit-bins/tiles",
    )
    stranger = {"Authorization": f"Bearer {mint(scopes=['mapping:read'])}"}
    staff = {"Authorization": f"Bearer {mint(scopes=['mapping:staff'])}"}
    await get(client, path, 404)
    await get(client, path, 404, **stranger)
    await get(client, f"{OGC}/tiles/WebMercatorQuad/{PLACE}?collections=raids", 400)
    answer = await get(client, path, **staff)
    assert answer.headers["cache-control"].startswith("private")
    assert "Authorization" in answer.headers["vary"]
    open_, closed = [
        await get(client, f"{bins}/WebMercatorQuad/{PLACE}", **headers) for headers in ({}, staff)
    ]
    assert "key_code" not in decode(open_)["grit-bins"]["features"][0]["properties"]
    assert decode(closed)["grit-bins"]["features"][0]["properties"]["key_code"] == "4711"
    assert open_.headers["etag"] != closed.headers["etag"]
    assert "raids" not in (await get(client, f"{OGC}/styles/default")).text
    await get(
        client, path, 403, Authorization=f"Bearer {mint(scopes=['mapping:staff'], councils=['hillshire'])}"
    )


async def test_tilesets_list_tileset_links(client):
    for path in (f"{OGC}/tiles", f"{OGC}/collections/wards/tiles"):
        (tileset,) = (await get(client, path)).json()["tilesets"]
        assert (tileset["dataType"], tileset["crs"]) == (
            "vector",
            "http://www.opengis.net/def/crs/EPSG/0/3857",
        )
        links = {link["rel"]: link["href"] for link in tileset["links"]}
        scheme = links["http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"]
        assert (await get(client, scheme)).json()["uri"] == tileset["tileMatrixSetURI"]
        described = (await get(client, links["self"])).json()
        (template,) = [link for link in described["links"] if link["rel"] == "item"]
        assert (template["templated"], template["type"]) == (True, MVT)
        places = {"tileMatrix": TILE.zoom, "tileRow": TILE.row, "tileCol": TILE.column}
        await get(client, template["href"].format(**places))


async def test_tileset_description(client):
    described = (await get(client, WARD_TILES)).json()
    (layer,) = described["layers"]
    assert (layer["id"], layer["geometryDimension"], layer["dataType"]) == ("wards", 2, "vector")
    assert layer["propertiesSchema"]["properties"]["code"] == {"title": "GSS code", "type": "string"}
    box = described["boundingBox"]
    assert -2.4 < box["lowerLeft"][0] < box["upperRight"][0] < -2.3
    assert described["attribution"] == WARDS["attribution"]
    dataset = (await get(client, f"{OGC}/tiles/WebMercatorQuad")).json()
    assert sorted(each["id"] for each in dataset["layers"]) == ["grit-bins", "wards"]


async def test_the_tile_matrix_set_is_ogcs(client):
    (item,) = (await get(client, f"{OGC}/tileMatrixSets")).json()["tileMatrixSets"]
    matrices = (await get(client, item["links"][0]["href"])).json()["tileMatrices"]
    assert len(matrices) == 23
    assert matrices[0]["scaleDenominator"] == pytest.approx(559082264.028717, abs=1e-4)
    assert matrices[0]["cellSize"] == pytest.approx(156543.03392804097)
    assert (matrices[9]["matrixWidth"], matrices[9]["scaleDenominator"]) == (
        512,
        pytest.approx(559082264.028717 / 512),
    )
    assert matrices[0]["pointOfOrigin"] == [-20037508.3427892, 20037508.3427892]
    await get(client, f"{OGC}/tileMatrixSets/Other", 404)


async def test_tilejson_says_what_map_libraries_need(client):
    document = (await get(client, f"{WARD_TILES}/tilejson.json")).json()
    assert document["tilejson"] == "3.0.0"
    assert document["vector_layers"] == [
        {
            "id": "wards",
            "description": WARDS["description"],
            "fields": {"id": "String", "code": "String", "name": "String"},
            "minzoom": 0,
            "maxzoom": 16,
        }
    ]
    west, south, east, north = document["bounds"]
    assert west < document["center"][0] < east
    assert south < document["center"][1] < north
    document = (
        await get(client, f"{OGC}/tiles/WebMercatorQuad/tilejson.json?collections=wards,grit-bins")
    ).json()
    assert document["tiles"][0].endswith("/{z}/{y}/{x}?collections=wards,grit-bins")


async def test_the_style_draws_each_layer_with_nothing_of_a_third_party(client):
    style = (await get(client, f"{OGC}/styles/default")).json()
    assert style["version"] == 8
    assert not style.keys() & {"glyphs", "sprite"}
    drawn = {(layer.get("source"), layer["type"]) for layer in style["layers"]}
    assert drawn >= {("wards", "fill"), ("wards", "line"), ("wards", "symbol"), ("grit-bins", "circle")}
    for name, source in style["sources"].items():
        assert source["promoteId"] == "id"
        assert (await get(client, source["url"])).json()["vector_layers"][0]["id"] == name


async def test_addresses_are_those_from_outside(client):
    headers = {"X-Forwarded-Proto": "https", "Host": "maps.example"}
    answer = await get(client, f"{OGC}/tiles", **headers)
    assert answer.json()["links"][0]["href"] == f"https://maps.example{OGC}/tiles"


async def test_a_cold_tile_is_made_once_for_all_who_wait(client, app, monkeypatch):
    calls = []
    write = tiles._write
    monkeypatch.setattr(tiles, "_write", lambda *arguments: calls.append(1) or write(*arguments))
    answers = await asyncio.gather(*(get(client, f"{WARD_TILES}/13/0/0", 204) for _ in range(8)))
    assert (len(answers), len(calls)) == (8, 1)
    await get(client, f"{WARD_TILES}/13/0/0", 204)
    assert len(calls) == 1


async def test_a_feature_is_shown_while_it_holds(client, database, app, set_clock):
    ended = datetime(2030, 1, 1, tzinfo=UTC)
    shape = shapely.box(374000, 166000, 374500, 166500)
    feature = NewFeature("E9", shape, {"code": "E9", "name": "Old"}, valid_to=ended)
    await publish(database, "citytown", WARDS, [feature], EDIT)
    await app.state.snapshots.refresh()
    set_clock("2029-12-31T23:59:00Z")
    before = await get(client, f"{WARD_TILES}/{PLACE}?v=2")
    assert "immutable" not in before.headers["cache-control"]
    set_clock("2030-01-01T00:00:00Z")
    after = await get(client, f"{WARD_TILES}/{PLACE}", **{"If-None-Match": before.headers["etag"]})
    names = [
        [each["properties"]["id"] for each in decode(answer)["wards"]["features"]]
        for answer in (before, after)
    ]
    assert names == [["E1", "E2", "E9"], ["E1", "E2"]]


async def test_a_layer_too_large_for_memory_is_read_by_box(client, app, monkeypatch):
    monkeypatch.setattr(registry, "MAX_FEATURES", 1)
    app.state.snapshots.cache.drop((layer := app.state.snapshots.layer("citytown", "wards")).id)
    small = await get(client, f"{WARD_TILES}/{PLACE}")
    assert [each["properties"]["id"] for each in decode(small)["wards"]["features"]] == ["E1", "E2"]
    assert layer.feature_count == 2
    monkeypatch.setattr(tiles, "MAX_IN_TILE", 1)
    full = await get(client, f"{WARD_TILES}/11/{TILE.row // 2}/{TILE.column // 2}", 404)
    assert full.json()["code"] == "too-many-features"


def test_gzip_is_the_same_whenever_it_is_made():
    assert gzip.decompress(tiles._compress(b"abc")) == b"abc"
    assert tiles._compress(b"abc")[4:8] == b"\0\0\0\0"
