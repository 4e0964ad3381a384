"""postcodes.io as its clients know it, on real postcodes of the region and on a council's own.

``gb_extract.csv`` is part of the file in ``dev/data``, whose ``SOURCES.md`` says where it is from. The
gazetteer of the samples has two postcodes more, which it alone knows: BA2 9ZZ and FK7 8HH.
"""

import json
import re
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest

from address.postcodes.actions import postcode_load
from address.postcodes.rules.fields import CODES, FIELDS

EXTRACT = Path(__file__).with_name("gb_extract.csv")
BASE = "/citytown/address/postcodes-io"
HOSTILE = [
    "NaN", "inf", "-Infinity", "1e999", "9" * 400, "1_0", "٣", "0x10", "", " ", "\x00", "\U0001f600",
    "1; DROP TABLE postcode", "' OR 1=1 --", "[1]", "null", "1e400", "--1",
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
async def region(settings, gazetteer):
    assert await postcode_load.load(settings, [str(EXTRACT)]) == postcode_load.DONE


@pytest.fixture
def get(client):
    """``await get("/ping", q="BA1")`` -> the answer."""
    return lambda path, **query: client.get(BASE + quote(path), params=query)


@pytest.fixture
def fetch(get):
    """``await fetch("/ping")`` -> the result of an answer that is 200."""

    async def result(path, **query):
        response = await get(path, **query)
        assert response.status_code == response.json()["status"] == 200, response.text
        return response.json()["result"]

    return result


@pytest.fixture
def refusal(get):
    """``await refusal("/postcodes")`` -> status and error of an answer that is none."""

    async def get_error(path, **query):
        response = await get(path, **query)
        body = response.json()
        assert body.keys() == {"status", "error"}
        assert body["status"] == response.status_code
        return response.status_code, body["error"]

    return get_error


@pytest.fixture
def bulk(client):
    """``await bulk({"postcodes": [...]}, filter=...)`` -> the answer."""
    return lambda body, **query: client.post(f"{BASE}/postcodes", json=body, params=query)


def names(results):
    return [result["postcode"] for result in results]


async def test_a_postcode_has_every_field_in_the_contracts_order(fetch):
    result = await fetch("/postcodes/BA1 1LJ")
    assert tuple(result) == FIELDS
    assert tuple(result["codes"]) == CODES
    assert result | {"codes": {}} == dict.fromkeys(FIELDS) | {
        "postcode": "BA1 1LJ",
        "eastings": 375179,
        "northings": 164698,
        "country": "England",
        "longitude": result["longitude"],
        "latitude": result["latitude"],
        "region": "South West",
        "incode": "1LJ",
        "outcode": "BA1",
        "admin_district": "Bath and North East Somerset",
        "codes": {},
    }
    assert {name: code for name, code in result["codes"].items() if code} == {"admin_district": "E06000022"}


async def test_degrees_are_those_postcodes_io_documents(fetch):
    result = await fetch("/postcodes/SW1A2AA")
    assert (result["eastings"], result["northings"]) == (530047, 179951)
    assert (result["longitude"], result["latitude"]) == (-0.12767, 51.503541)


async def test_a_distance_is_the_one_postcodes_io_documents(fetch):
    results = await fetch("/postcodes", lon="-0.127149", lat="51.50702")
    assert names(results)[0] == "SW1A 2DD"
    assert results[0]["distance"] == pytest.approx(1.7, abs=0.2)  # theirs was placed without OSTN15
    assert list(results[0])[-1] == "distance"


@pytest.mark.parametrize("typed", ["BA1 1LJ", "ba11lj", "bA1  1Lj", " BA11LJ ", "BA1\t1LJ"])
async def test_spaces_and_case_do_not_matter(fetch, typed):
    assert (await fetch(f"/postcodes/{typed}"))["postcode"] == "BA1 1LJ"
    assert await fetch(f"/postcodes/{typed}/validate") is True


@pytest.mark.parametrize(
    ("postcode", "country", "region", "district"),
    [
        ("BA11 1AA", "England", "South West", "Somerset"),
        ("FK8 1AA", "Scotland", None, "Stirling"),
        ("CF10 1AA", "Wales", None, "Cardiff"),
        ("LS11 0ES", "England", "Yorkshire and The Humber", "Leeds"),
        ("SE1 0AA", "England", "London", "Southwark"),
    ],
)
async def test_areas_are_named_by_the_districts_code(fetch, postcode, country, region, district):
    result = await fetch(f"/postcodes/{postcode}")
    assert (result["country"], result["region"], result["admin_district"]) == (country, region, district)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("BA1 9QQ", "Postcode not found"),
        ("BA1", "Invalid postcode"),
        ("NPT 0AE", "Invalid postcode"),
        ("\U0001f600", "Invalid postcode"),
        ("ßA1 1LJ", "Invalid postcode"),
        ("\x00", "Invalid postcode"),
        ("A" * 10_000, "Invalid postcode"),
        ("'; DROP TABLE postcode; --", "Invalid postcode"),
    ],
)
async def test_a_postcode_there_is_not_is_a_404_that_says_why(refusal, fetch, typed, error):
    assert await refusal(f"/postcodes/{typed}") == (404, error)
    assert await fetch(f"/postcodes/{typed}/validate") is False
    assert await refusal(f"/postcodes/{typed}/nearest") == (404, "Postcode not found")


@pytest.mark.parametrize(
    ("typed", "first", "count"),
    [
        ("BA1", "BA1 1AA", 10),
        ("ba1 1l", "BA1 1LA", 10),
        ("BA11", "BA11 1AA", 10),
        ("BA1 1LJ", "BA1 1LJ", 1),
        ("ba11lj", "BA1 1LJ", 1),
        ("B", "BA1 1AA", 10),
        ("SW1", "SW1A 2AA", 10),
        ("FK81", "FK8 1AA", 10),
        ("BA2", "BA2 9ZZ", 1),
    ],
)
async def test_a_query_finds_what_begins_so(fetch, typed, first, count):
    results = await fetch("/postcodes", q=typed)
    assert (names(results)[0], len(results)) == (first, count)
    assert names(results) == sorted(names(results))
    assert await fetch("/postcodes", query=typed) == results
    assert await fetch(f"/postcodes/{typed}/autocomplete") == names(results)


async def test_an_outcode_means_itself_before_longer_ones(fetch):
    results = await fetch("/postcodes", q="BA1", limit=100)
    assert {result["outcode"] for result in results} == {"BA1"}
    spaced = await fetch("/postcodes/BA1 0/autocomplete")
    assert spaced == [f"BA10 0A{letter}" for letter in "ABDEFGHJLN"]


@pytest.mark.parametrize("typed", ["ZZ", "BA1 9QQ", "\U0001f600", "1", "BA1 1LJ X", "%", "_", "é", "a" * 99])
async def test_what_no_postcode_begins_with_finds_nothing(fetch, typed):
    assert await fetch("/postcodes", q=typed) is None
    assert await fetch(f"/postcodes/{typed}/autocomplete") is None


async def test_a_query_without_a_question_is_refused(refusal):
    refused = (400, "No postcode query submitted. Remember to include query parameter")
    for query in ({}, {"q": ""}, {"q": "  "}, {"lon": "1"}, {"lat": "51"}):
        assert await refusal("/postcodes", **query) == refused
    assert (await refusal("/postcodes", q="B\x00A"))[0] == 400
    assert (await refusal("/postcodes", q="B" * 50_000))[0] == 400
    assert (await refusal("/postcodes/BA1\x07/autocomplete"))[0] == 400


async def test_limits_hold(fetch, refusal):
    assert len(await fetch("/postcodes", q="BA1", limit=100)) == 100
    assert len(await fetch("/postcodes", q="BA1", limit=100_000)) == 100
    assert len(await fetch("/postcodes/BA1/autocomplete", limit=3)) == 3
    point = {"lon": -2.3586, "lat": 51.3812}
    assert len(await fetch("/postcodes", **point, radius=2000)) == 10
    assert len(await fetch("/postcodes", **point, radius=2000, limit=100)) == 100
    assert await fetch("/postcodes", **point, radius=99_999, limit=100) == await fetch(
        "/postcodes", **point, radius=2000, limit=100
    )


@pytest.mark.parametrize("value", [text for text in HOSTILE if text])
async def test_hostile_numbers_are_refused_by_name(refusal, value):
    point = {"lon": "-2.36", "lat": "51.38"}
    assert await refusal("/postcodes", q="BA1", limit=value) == (400, "Invalid result limit submitted")
    for path in ("/postcodes", "/outcodes"):
        limit = await refusal(path, **point, limit=value)
        assert limit == (400, "Invalid result limit submitted")
        assert await refusal(path, **point, radius=value) == (400, "Invalid lookup radius submitted")
        assert await refusal(path, **point | {"lat": value}) == (400, "Invalid longitude/latitude submitted")
        assert await refusal(path, **point | {"lon": value}) == (400, "Invalid longitude/latitude submitted")
    assert await refusal(f"/postcodes/lon/{value}/lat/51") == (400, "Invalid longitude/latitude submitted")


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "true"])
async def test_a_limit_is_a_whole_number_from_one(refusal, value):
    assert await refusal("/postcodes", q="BA1", limit=value) == (400, "Invalid result limit submitted")


@pytest.mark.parametrize(("lon", "lat"), [("181", "51"), ("-2", "91"), ("-181", "0"), ("0", "-90.1")])
async def test_what_is_no_place_on_earth_is_refused(refusal, lon, lat):
    assert (await refusal("/postcodes", lon=lon, lat=lat))[0] == 400


@pytest.mark.parametrize(("lon", "lat"), [("100", "0"), ("2.35", "48.85"), ("-8.9", "50.0"), ("-180", "90")])
async def test_where_there_are_no_postcodes_the_result_is_null(fetch, lon, lat):
    assert await fetch("/postcodes", lon=lon, lat=lat) is None
    assert await fetch("/outcodes", lon=lon, lat=lat) is None


async def test_the_nearest_are_in_order_and_within_the_radius(fetch):
    results = await fetch("/postcodes/BA1 1LJ/nearest", radius=60, limit=100)
    distances = [result["distance"] for result in results]
    assert results[0]["postcode"] == "BA1 1LJ"
    assert distances[0] == 0
    assert distances == sorted(distances)
    assert 30 < distances[-1] <= 60
    further = await fetch("/postcodes/BA1 1LJ/nearest", radius=100, limit=100)
    assert names(further)[: len(results)] == names(results)
    assert len(further) > len(results)


async def test_a_point_may_be_asked_in_three_ways(fetch):
    first = await fetch("/postcodes", lon=-2.3586, lat=51.3812)
    assert first
    assert await fetch("/postcodes", longitude=-2.3586, latitude=51.3812) == first
    assert await fetch("/postcodes/lon/-2.3586/lat/51.3812") == first


async def test_a_wide_search_looks_far_for_ten(fetch, refusal):
    point = {"lon": -4.95, "lat": 58.1}
    assert await fetch("/postcodes", **point, radius=2000) is None
    results = await fetch("/postcodes", **point, widesearch="true", limit=100)
    assert len(results) == 10
    assert 2000 < results[-1]["distance"] <= 20_000
    assert await fetch("/postcodes", **point, wideSearch="true") == results
    assert await fetch("/postcodes", **point, widesearch="false") is None
    assert (await refusal("/postcodes", **point, widesearch="perhaps"))[0] == 400
    assert len(await fetch("/postcodes/IV27 4AA/nearest", widesearch="1")) == 10


async def test_a_gazetteers_own_postcode_is_answered_beside_the_regions(fetch, client):
    result = await fetch("/postcodes/BA29ZZ")
    assert (result["eastings"], result["northings"]) == (370000, 160000)
    assert result["codes"]["admin_district"] == "E06000022"
    near = await fetch("/postcodes", lon=result["longitude"], lat=result["latitude"])
    assert names(near) == ["BA2 9ZZ"]
    assert (await fetch("/outcodes/BA2"))["eastings"] == 370000
    elsewhere = await client.get("/hillshire/address/postcodes-io/postcodes/BA29ZZ")
    assert elsewhere.status_code == 404, "another council's gazetteer"


async def test_the_regions_point_is_taken_where_both_have_one(fetch):
    result = await fetch("/postcodes/BA1 5AA")
    assert (result["eastings"], result["northings"]) == (375100, 164800)
    assert names(await fetch("/postcodes", q="BA1 5AA")) == ["BA1 5AA"]


async def test_an_outcode_is_the_middle_of_its_postcodes(fetch, refusal):
    outcode = await fetch("/outcodes/sw1a")
    assert list(outcode) == [
        "outcode", "longitude", "latitude", "northings", "eastings", "admin_district", "parish",
        "admin_county", "admin_ward", "country", "parliamentary_constituency",
    ]  # fmt: skip
    assert (outcode["admin_district"], outcode["country"], outcode["parish"]) == (
        ["Westminster"],
        ["England"],
        [],
    )
    inside = await fetch("/postcodes", q="SW1A", limit=100)
    assert outcode["eastings"] == pytest.approx(
        sum(postcode["eastings"] for postcode in inside) / len(inside), abs=1
    )
    assert outcode["latitude"] == pytest.approx(
        sum(postcode["latitude"] for postcode in inside) / len(inside), abs=1e-4
    )
    for unknown in ("ZZ9", "BA1 1LJ", "\U0001f600", "X" * 10_000):
        assert await refusal(f"/outcodes/{unknown}") == (404, "Outcode not found")
        assert await refusal(f"/outcodes/{unknown}/nearest") == (404, "Outcode not found")


async def test_the_nearest_outcodes_are_in_order(fetch, refusal):
    outcodes = await fetch("/outcodes/BA1/nearest", radius=25_000)
    assert [outcode["outcode"] for outcode in outcodes][:2] == ["BA1", "BA2"]
    assert outcodes[0]["distance"] == 0
    distances = [outcode["distance"] for outcode in outcodes]
    assert distances == sorted(distances)
    assert distances[-1] <= 25_000
    assert [row["outcode"] for row in await fetch("/outcodes/BA1/nearest")] == ["BA1"]
    assert len(await fetch("/outcodes/BA1/nearest", radius=25_000, limit=1)) == 1
    near = await fetch("/outcodes", lon=outcodes[0]["longitude"], lat=outcodes[0]["latitude"], radius=25_000)
    assert near == outcodes
    assert await refusal("/outcodes") == (400, "Invalid longitude/latitude submitted")


async def test_random_postcodes_differ_and_keep_to_their_outcode(fetch, get):
    some = {(await fetch("/random/postcodes"))["postcode"] for _ in range(30)}
    assert len(some) > 10
    assert {(await fetch("/random/postcodes", outcode="se1"))["outcode"] for _ in range(10)} == {"SE1"}
    assert (await fetch("/random/postcodes", outcode="BA2"))["postcode"] == "BA2 9ZZ"
    for unknown in ("ZZ9", "nonsense", "\x00", "9" * 10_000):
        assert await fetch("/random/postcodes", outcode=unknown) is None
    response = await get("/random/postcodes")
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers


async def test_every_postcode_may_be_the_random_one(database):
    from address.postcodes.store import postcodes  # noqa: PLC0415 - only here is the chance ours to choose

    outcodes = await database.fast.fetch("SELECT * FROM outcode ORDER BY outcode")
    total = sum(outcode["postcodes"] for outcode in outcodes)
    everyone = await database.fast.fetch("SELECT postcode FROM postcode ORDER BY postcode")
    drawn = [
        (await postcodes.get_random(database.fast, "citytown", (n + 0.5) / total, None))["postcode"]
        for n in range(0, total, 7)
    ]
    assert drawn == [row["postcode"] for row in everyone][::7]


async def test_bulk_answers_each_item_in_order_as_it_was_asked(bulk):
    queries = ["ba11lj", "nonsense", "BA1 9QQ", "BA1 1LJ", "", "BA2 9ZZ", "\U0001f600"]
    response = await bulk({"postcodes": queries})
    items = response.json()["result"]
    assert [item["query"] for item in items] == queries
    postcodes = [item["result"] and item["result"]["postcode"] for item in items]
    assert postcodes == ["BA1 1LJ", None, None, "BA1 1LJ", None, "BA2 9ZZ", None]
    assert tuple(items[0]["result"]) == FIELDS


async def test_a_filter_leaves_the_fields_it_names(bulk):
    response = await bulk({"postcodes": ["BA1 1LJ", "X"]}, filter="latitude, POSTCODE,codes,nothing")
    first, second = response.json()["result"]
    assert list(first["result"]) == ["latitude", "postcode", "codes"]
    assert second["result"] is None
    points = {"geolocations": [{"longitude": -2.3586, "latitude": 51.3812}]}
    response = await bulk(points, filter="distance,postcode")
    assert all(list(result) == ["distance", "postcode"] for result in response.json()["result"][0]["result"])
    assert (await bulk({"postcodes": ["BA1 1LJ"]}, filter="x" * 5000)).status_code == 400


async def test_bulk_points_are_asked_each_with_its_own_or_the_common_limits(bulk):
    point = {"longitude": -2.3586, "latitude": 51.3812}
    points = [
        point | {"radius": 500, "limit": 2},
        point | {"LIMIT": 1, "note": "mine"},
        {"longitude": "100", "latitude": "0"},
        point,
        {"longitude": -4.9, "latitude": 58.2, "widesearch": True},
    ]
    response = await bulk({"geolocations": points}, limit="3")
    items = response.json()["result"]
    assert [item["result"] and len(item["result"]) for item in items] == [2, 1, None, 3, 3]
    assert items[0]["query"] == {"limit": 2, **point, "radius": 500}
    assert items[1]["query"] == {"limit": "3", **point, "LIMIT": 1}
    assert items[3]["result"][0]["distance"] <= items[3]["result"][1]["distance"]


ARRAY = "Invalid data submitted. You need to provide a JSON array"
POINT = "Invalid longitude/latitude submitted: geolocations[1]"
OTHER = {"longitude": 0, "latitude": 51}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"postcodes": "BA1 1LJ"}, ARRAY),
        ({"postcodes": {"0": "BA1 1LJ"}}, ARRAY),
        ({"postcodes": 1}, ARRAY),
        ({"geolocations": True}, ARRAY),
        ({"postcodes": ["BA1 1LJ", 5]}, "Invalid data submitted. postcodes[1] must be a string"),
        ({"postcodes": [None]}, "Invalid data submitted. postcodes[0] must be a string"),
        ({"postcodes": ["A" * 101]}, "Invalid data submitted. postcodes[0] is too long for a postcode"),
        ({"postcodes": ["BA1 1LJ"] * 101},
         "Too many postcodes submitted. Up to 100 postcodes can be bulk requested at a time"),
        ({"geolocations": [OTHER] * 101},
         "Too many locations submitted. Up to 100 locations can be bulk requested at a time"),
        ({"geolocations": [OTHER, 7]},
         "Invalid data submitted. geolocations[1] must be an object with longitude and latitude"),
        ({"geolocations": [OTHER, {}]}, POINT),
        ({"geolocations": [OTHER, {"longitude": 0}]}, POINT),
        ({"geolocations": [OTHER, OTHER | {"latitude": [51]}]}, POINT),
        ({"geolocations": [OTHER, OTHER | {"latitude": True}]}, POINT),
        ({"geolocations": [OTHER, OTHER | {"latitude": 1e300}]}, POINT),
        ({"geolocations": [OTHER, OTHER | {"latitude": 10**60}]}, POINT),
        ({"geolocations": [OTHER | {"limit": {}}]}, "Invalid result limit submitted: geolocations[0]"),
        ({"geolocations": [OTHER | {"limit": 10**400}]}, "Invalid result limit submitted: geolocations[0]"),
        ({"geolocations": [OTHER | {"radius": "far"}]}, "Invalid lookup radius submitted: geolocations[0]"),
    ],
)  # fmt: skip
async def test_a_wrong_bulk_request_is_told_which_item_is_wrong(bulk, body, error):
    response = await bulk(body)
    assert (response.status_code, response.json()) == (400, {"status": 400, "error": error})


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"[" * 100_000, b'{"geolocations":[{"longitude":NaN,"latitude":1}]}',
     b'{"postcodes":[' + b"9" * 5000 + b"]}", b"\x00", b"null", b"[]", b"{}", b'"BA1 1LJ"'],
)  # fmt: skip
async def test_a_body_that_is_no_question_is_refused(client, content):
    response = await client.post(f"{BASE}/postcodes", content=content)
    assert response.status_code == response.json()["status"] == 400
    assert response.json()["error"].startswith("Invalid JSON ")


async def test_a_body_beyond_all_bounds_is_refused_in_the_same_shape(client):
    response = await client.post(f"{BASE}/postcodes", content=b" " * 1_100_000)
    assert (response.status_code, response.json()["status"]) == (413, 413)


async def test_jsonp_calls_the_function_that_is_named(get):
    response = await get("/postcodes/BA1 1LJ", callback="my.callback_1")
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["x-content-type-options"] == "nosniff"
    called = re.fullmatch(
        r"/\*\*/ typeof my\.callback_1 === 'function' && my\.callback_1\((.*)\);", response.text
    )
    assert json.loads(called[1]) == (await get("/postcodes/BA1 1LJ")).json()
    missing = await get("/postcodes/BA1 9QQ", callback="f")
    assert missing.status_code == 200
    assert '{"status":404,"error":"Postcode not found"}' in missing.text


@pytest.mark.parametrize(
    "callback", ["alert(1)", "a;b", "<script>", "a b", "1a", "a..b", "a.", "é", "a\n", "x" * 65, "a[0]"]
)
async def test_what_is_no_name_of_a_function_is_never_called(get, callback):
    for path in ("/ping", "/postcodes/NOPE"):
        response = await get(path, callback=callback)
        assert response.headers["content-type"] == "application/json"
        assert response.status_code in {400, 404}
        assert callback not in response.text


async def test_nobody_needs_a_key_but_the_council_must_be_there(get, client):
    assert (await get("/ping")).json() == {"status": 200, "result": "pong"}
    response = await client.get("/atlantis/address/postcodes-io/ping")
    assert (response.status_code, response.json()["status"]) == (404, 404)


@pytest.mark.parametrize("path", ["/", "/nothing", "/postcodes/a/b/c", "/terminated_postcodes/AB1 0AA", ""])
async def test_a_path_there_is_not_has_the_contracts_error(refusal, path):
    assert await refusal(path) == (404, "Resource not found")


async def test_a_method_there_is_not_has_the_contracts_shape(client):
    response = await client.delete(f"{BASE}/postcodes/BA11LJ")
    assert (response.status_code, response.json()["status"]) == (405, 405)
    assert "GET" in response.headers["allow"]


async def test_an_answer_may_be_kept_and_is_not_sent_twice(get, client):
    first = await get("/postcodes/BA1 1LJ")
    assert first.headers["cache-control"] == "public, max-age=300"
    tag = first.headers["etag"]
    again = await client.get(f"{BASE}/postcodes/BA1 1LJ", headers={"If-None-Match": f'"x", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    changed = await client.get(f"{BASE}/postcodes/BA1 1AA", headers={"If-None-Match": tag})
    assert changed.status_code == 200


async def test_a_page_of_another_site_may_ask(get, client):
    assert (await get("/postcodes/BA1 1LJ")).headers["access-control-allow-origin"] == "*"
    assert (await get("/postcodes/NOPE")).headers["access-control-allow-origin"] == "*"
    before = await client.options(f"{BASE}/postcodes")
    assert before.status_code == 204
    assert "POST" in before.headers["access-control-allow-methods"]
    head = await client.head(f"{BASE}/postcodes/BA1 1LJ")
    assert head.status_code == 200
    assert head.headers["etag"] == (await get("/postcodes/BA1 1LJ")).headers["etag"]


async def test_a_hundred_cost_as_many_statements_as_one(bulk, monkeypatch):
    statements = []
    fetch = asyncpg.Pool.fetch

    async def counted(pool, statement, *parameters):
        statements.append(statement)
        return await fetch(pool, statement, *parameters)

    monkeypatch.setattr(asyncpg.Pool, "fetch", counted)
    letters = "ABDEFGHJLN"
    postcodes = {"postcodes": [f"BA1 1{letter}{two}" for letter in letters for two in letters]}
    points = {"geolocations": [{"longitude": -2.36 + n / 1000, "latitude": 51.38} for n in range(100)]}
    for body in (postcodes, points):
        statements.clear()
        results = (await bulk(body)).json()["result"]
        assert (len(results), len(statements)) == (100, 1)
        assert sum(bool(result["result"]) for result in results) > 4
