"""Who sees what, when it holds, and what PostgreSQL answers in the place of memory."""

import json

import httpx
import pyproj
import pytest

from mapping.features.actions.ready_pages import ReadyPages
from mapping.snapshots.actions import registry
from services.mapping.tests.features.standard import (
    BASE,
    BNG,
    CRS84,
    MERCATOR,
    WGS84,
    Ogc,
    check_problem,
    find_link,
)
from services.mapping.tests.layer_world import GRIT_BINS, bin_at, publish

STAFF = "mapping:read mapping:staff"
FILTERS = (
    "height > 10",
    "NOT height > 10",
    "height BETWEEN 3 AND 7.5",
    "felled",
    "felled = false AND species = 'Oak'",
    "species LIKE 'A%'",
    "CASEI(species) = CASEI('OAK')",
    "CASEI(species) LIKE CASEI('o%')",
    "species IN ('Ash', 'Elm')",
    "species >= 'B'",
    "species IS NULL",
    "planted < DATE('1960-01-01')",
    "seen = TIMESTAMP('2026-04-03T10:00:00+01:00')",
    "T_AFTER(seen, DATE('2026-04-20'))",
    "T_DURING(seen, INTERVAL('2026-04-02T00:00:00Z','..'))",
    "T_INTERSECTS(INTERVAL(planted, seen), DATE('1955-03-01'))",
    "T_EQUALS(planted, DATE('1955-03-01'))",
    "S_INTERSECTS(geometry, BBOX(-2.4,51.3,-2.36,51.4))",
    "NOT S_INTERSECTS(geometry, BBOX(-2.4,51.3,-2.36,51.4)) AND height < 20",
    "S_DISJOINT(geometry, BBOX(-2.4,51.3,-2.36,51.4))",
    "S_WITHIN(geometry, POLYGON((-2.37 51.3,-2.34 51.3,-2.34 51.4,-2.37 51.4,-2.37 51.3))) OR felled",
    "S_INTERSECTS(geometry, POINT(120 20))",
    "geometry IS NULL",
    "TRUE",
    "FALSE",
    "species = 'x'' OR 1=1 --'",
)


def as_reader(client, mint, scope):
    return Ogc(client, headers={"Authorization": f"Bearer {mint(scope=scope)}"})


async def list_names(ogc):
    return [each["id"] for each in (await ogc.json("/collections"))["collections"]]


async def test_restricted_layer_is_not_there_for_strangers(ogc, client, mint):
    assert await list_names(ogc) == ["gb-wards", "grit-bins", "trees", "wards"]
    assert await list_names(as_reader(client, mint, STAFF)) == ["gb-wards", "grit-bins", "trees", "wards"]
    reader = as_reader(client, mint, "mapping:read mapping:restricted")
    assert await list_names(reader) == ["gb-wards", "grit-bins", "refuges", "trees", "wards"]
    assert (await reader.items("refuges"))["numberReturned"] == 1
    for path in ("", "/items", "/items/GB-9", "/queryables", "/schema"):
        stranger, nothing = await ogc(f"/collections/refuges{path}"), await ogc(f"/collections/nothing{path}")
        assert stranger.status_code == nothing.status_code == 404
        assert stranger.json()["detail"] == nothing.json()["detail"]
    assert "refuges" not in (await ogc("/api")).text


async def test_property_for_staff_is_shown_and_searched_by_staff_alone(ogc, client, mint):
    staff = as_reader(client, mint, STAFF)
    for path in ("/collections/trees/items/T3", "/collections/trees/schema", "/api"):
        assert "owner" not in (await ogc(path)).text
        assert "owner" in (await staff(path)).text
    assert len((await staff.items("trees", owner="A. Person"))["features"]) == 24
    check_problem(await ogc("/collections/trees/items", owner="A. Person"), 400, "owner")
    check_problem(await ogc("/collections/trees/items", filter="owner = 'A. Person'"), 400, "filter")
    answer = await staff("/collections/trees/items")
    assert answer.headers["cache-control"].startswith("private")
    assert "Authorization" in answer.headers["vary"]


async def test_wrong_credential_is_refused(client, layers):
    response = await Ogc(client, headers={"Authorization": "Bearer nonsense"})("/collections")
    check_problem(response, 401)


async def test_council_has_national_layers_and_no_other_councils(ogc, client):
    other = Ogc(client, base=BASE.replace("citytown", "hillshire"))
    assert await list_names(other) == ["gb-wards"]
    assert (await other.items("gb-wards"))["features"][0]["id"] == "W1"
    check_problem(await other("/collections/trees"), 404)
    check_problem(await Ogc(client, base="/nowhere/mapping/ogc")("/collections"), 404)


async def test_boundaries_have_generations(ogc):
    async def find(**query):
        return [feature["id"] for feature in (await ogc.items("wards", **query))["features"]]

    assert await find() == ["E05000000", "E05000001", "E05000002"]
    assert await find(datetime="2013-05-01") == ["E05000000"]
    assert await find(datetime="2013-05-01T23:59:59Z") == ["E05000000"]
    assert await find(datetime="2013-05-02T00:00:00Z") == ["E05000001", "E05000002"]
    assert await find(datetime="2010-01-01/2014-01-01") == ["E05000000", "E05000001", "E05000002"]
    assert await find(datetime="../2000-05-03") == []


async def test_other_systems_have_their_own_order_of_coordinates(ogc):
    first = {
        crs: (await ogc.items("trees", limit=1, crs=crs))["features"][0]["geometry"]["coordinates"]
        for crs in (CRS84, WGS84, BNG, MERCATOR)
    }
    assert first[BNG] == [374_000.0, 164_500.0]
    assert first[WGS84] == first[CRS84][::-1]
    to_mercator = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True)
    assert first[MERCATOR] == pytest.approx(to_mercator.transform(*first[CRS84]), abs=0.1)


async def test_crs_that_does_not_cover_a_layer_is_refused(ogc, database, client, layers):
    answer = await ogc.items("gb-wards", crs=BNG)
    assert answer["features"][0]["geometry"]["coordinates"][0][0][0] > 300_000


async def test_page_of_people_leads_on(ogc, client):
    page = await ogc("/collections/trees/items", accept="text/html", limit=2, filter="height > 3")
    assert "20 in all" in page.text or "21 in all" in page.text
    assert "after=" in page.text
    for suffix in ("", "/"):
        for path in ("", "/api", "/conformance", "/collections/trees", "/collections/trees/schema"):
            page = await ogc(path + suffix, accept="text/html")
            assert page.status_code == 200
            assert '<main class="govuk-main-wrapper"' in page.text


async def test_parameter_given_twice_is_refused(client, layers):
    check_problem(await client.get(f"{BASE}/collections/trees/items?limit=1&limit=2"), 400, "limit")


async def test_filter_that_kills_parsers_leaves_the_service_alive(ogc):
    for text in ("(" * 2_000, "NOT " * 2_000, "height = (" * 20):
        check_problem(await ogc("/collections/trees/items", filter=text), 400, "filter")
    assert (await ogc("/collections")).status_code == 200


async def test_key_does_not_go_into_links(client, layers, mint):
    key = mint(scope=STAFF)
    page = (await client.get(f"{BASE}/collections/trees/items?limit=1&key={key}")).json()
    assert "A. Person" in json.dumps(page)
    assert key not in json.dumps(page["links"])
    assert find_link(page, "next")


def read_answer(response: httpx.Response):
    page = response.json()
    features = sorted(page["features"], key=lambda feature: feature["id"])
    return page["numberReturned"], features, [link["rel"] for link in page["links"]]


SEARCHES = (
    {},
    {"limit": "3"},
    {"limit": "3", "crs": BNG},
    {"limit": "3", "crs": MERCATOR},
    {"bbox": "-2.37,51.3,-2.35,51.4"},
    {"bbox": "177,65,-177,70"},
    {"bbox": "374000,164000,374500,165000", "bbox-crs": BNG, "limit": "2"},
    {"datetime": "2026-04-01"},
    {"species": "Oak"},
    *({"filter": text} for text in FILTERS),
    {"filter": "height > 3", "bbox": "-2.37,51.3,-2.35,51.4", "limit": "4"},
)


async def test_postgresql_finds_what_memory_finds(ogc, client, monkeypatch, subtests):
    path = f"{BASE}/collections/trees/items"
    in_memory = [await client.get(path, params=search) for search in SEARCHES]
    snapshots = client._transport.app.state.snapshots
    monkeypatch.setattr(registry, "MAX_FEATURES", 0)
    snapshots.cache.drop(snapshots.layer("citytown", "trees").id)
    client._transport.app.state.ready_pages = ReadyPages(1_000_000)  # of what memory has just answered
    for search, remembered in zip(SEARCHES, in_memory, strict=True):
        with subtests.test(str(search)):
            assert remembered.status_code == 200
            from_database = await client.get(path, params=search)
            assert from_database.status_code == 200, from_database.text
            assert read_answer(from_database) == read_answer(remembered)
            matched = from_database.json().get("numberMatched")
            assert matched in (None, remembered.json()["numberMatched"])
    single = await client.get(f"{path}/T3")
    assert single.json()["properties"]["height"] == 3.5
    check_problem(await client.get(f"{path}/T999"), 404)
    assert await ogc.all_ids("trees") == [f"T{number}" for number in range(25)]


async def test_change_is_shown_and_its_tag_with_it(ogc, database, client):
    before = await ogc("/collections/grit-bins/items")
    await publish(database, "citytown", GRIT_BINS, [bin_at(1, 375_000, 165_000), bin_at(2, 375_100, 165_000)])
    await client._transport.app.state.snapshots.refresh()
    after = await ogc("/collections/grit-bins/items")
    assert [page.json()["numberMatched"] for page in (before, after)] == [1, 2]
    assert before.headers["etag"] != after.headers["etag"]


async def test_tiles_stand_beside_features(ogc):
    for path in ("", "/collections/trees"):
        href = find_link(await ogc.json(path), "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector")
        assert (await ogc.client.get(href)).status_code == 200
    assert "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt" in (await ogc("/conformance")).text
    paths = (await ogc.json("/api"))["paths"]
    operation = paths["/collections/trees/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}"]["get"]
    assert operation["operationId"].endswith("collection.vector.getTile")
