"""Hot reads answer what their routes answer, to the same callers, and never an older version."""

import re
from dataclasses import replace

import pytest

from chassis.app import create_app
from chassis.testing import running
from mapping.app import service
from mapping.features.actions.ready_pages import ReadyPages
from services.mapping.tests.features.standard import BNG, MERCATOR
from services.mapping.tests.layer_world import GRIT_BINS, bin_at, publish

ITEMS, TILES = "/mapping/ogc/collections/{}/items", "/mapping/ogc/collections/{}/tiles/WebMercatorQuad/{}"
LOCATE = "/mapping/v1/locate"
BOX = "-2.37,51.3,-2.35,51.4"
# Path and query below the council, and what is sent as Accept: good ones, and what routes refuse.
REQUESTS = [
    *((ITEMS.format("trees"), query, "*/*") for query in (
        "", "limit=3", f"bbox={BOX}&limit=2", f"bbox={BOX}&crs={BNG}", f"crs={MERCATOR}", "species=Oak",
        "datetime=2026-04-01", "after=3&limit=3", "f=json", "f=html", "filter=height>10", "bbox=1,2,3",
        "limit=unlimited", "limit=0", "limit=1&limit=2", "nonsense=1", "owner=A. Person", "crs=nonsense",
        "f=xml", "key=nonsense", "limit=%00", "bbox=%FF",
    )),
    (ITEMS.format("trees"), "", "text/html"),
    (ITEMS.format("trees"), "", "image/png"),
    (ITEMS.format("refuges"), "", "*/*"),
    (ITEMS.format("nothing"), "", "*/*"),
    (ITEMS.format("gb-wards"), "", "*/*"),
    *((TILES.format("trees", place), query, "*/*") for place, query in (
        ("14/5463/8084", ""), ("14/5463/8084", "v=1"), ("0/0/0", ""), ("99/0/0", ""), ("14/1/x", ""),
        ("14/5463/8084", "x=1"), ("14/5463/8084", "f=png"), ("1/0/0", "v=nonsense"),
    )),
    (TILES.format("refuges", "0/0/0"), "", "*/*"),
    ("/mapping/ogc/tiles/WebMercatorQuad/0/0/0", "collections=trees,wards", "*/*"),
    ("/mapping/ogc/tiles/WebMercatorQuad/0/0/0", "collections=trees,refuges", "*/*"),
    *((LOCATE, query, "*/*") for query in (
        "point=-2.36,51.38", "point=374500,164500&within=300", "point=ST 745 645",
        "point=374500,164500&areas=wards", "",
        "point=nonsense", "point=0,0", "point=-2.36,51.38&crs=nonsense", "point=-2.36,51.38&within=9999",
        "point=-2.36,51.38&within=-1", "point=-2.36,51.38&within=nan", "point=1,2&point=-2.36,51.38",
        "point=-2.36,51.38&areas=nothing", "point=-2.36,51.38&kinds=nothing",
        "point=51.38,-2.36&crs=EPSG:4326",
        "point=-2.36,51.38&datetime=2026-01-01T00:00:00Z", "point=-2.36,51.38&datetime=nonsense",
        "point=374500,164500&kinds=refuges", "point=-2.36,51.38&open_cases=true", "point=" + "1" * 61,
    )),
]  # fmt: skip
CALLERS = {
    "stranger": None,
    "nonsense": "nonsense",
    "reader": {"scope": "mapping:read"},
    "staff": {"scope": "mapping:read mapping:staff"},
    "restricted": {"scope": "mapping:read mapping:restricted"},
    "other council": {"scope": "mapping:read mapping:restricted", "councils": ["hillshire"]},
    "delegate": {
        "scope": "mapping:read mapping:restricted", "act": {"sub": "ben"}, "mandate": "m", "theme": "waste",
    },
}  # fmt: skip
NONCE = re.compile(r"'nonce-([^']+)'")
CHANGING = ("timeStamp", "as_of", "instance", "id")


@pytest.fixture(scope="module")
async def plain(layers, settings):
    """The same service without hot reads."""
    async with running(create_app(replace(service, hot_reads=()), settings)) as client:
        yield client


def comparable(response):
    """What two answers to the same have in common: all but the moment, and a page's nonce."""
    headers = dict(response.headers)
    headers.pop("set-cookie", None)  # of a browser's first page
    if "json" not in headers.get("content-type", ""):
        nonce = NONCE.search(headers.pop("content-security-policy", ""))
        body = response.content.replace(nonce[1].encode(), b"") if nonce else response.content
    else:
        body = {name: value for name, value in response.json().items() if name not in CHANGING}
    return response.status_code, headers, body


@pytest.mark.parametrize("name", sorted(CALLERS))
async def test_hot_reads_answer_as_their_routes_do(client, plain, mint, subtests, name):
    claims = CALLERS[name]
    headers = {} if claims is None else {"X-Api-Key": claims if isinstance(claims, str) else mint(**claims)}
    statuses = set()
    for council in ("citytown", "hillshire", "nowhere!"):
        for path, query, accept in REQUESTS if council == "citytown" else REQUESTS[::9]:
            url = f"/{council}{path}?{query}"
            with subtests.test(url):
                accepting = {**headers, "Accept": accept}
                expected = await plain.get(url, headers=accepting)
                for _ in range(2):  # the second is from memory
                    assert comparable(await client.get(url, headers=accepting)) == comparable(expected)
                statuses.add(expected.status_code)
    assert len(statuses) > 1


async def test_a_page_from_memory_has_its_own_moment_and_is_not_sent_twice(client, layers, set_clock):
    path = f"/citytown{ITEMS.format('trees')}?limit=2"
    first = await client.get(path)
    set_clock("2031-05-06T07:08:09Z")
    second = await client.get(path)
    assert second.json()["timeStamp"] == "2031-05-06T07:08:09Z" != first.json()["timeStamp"]
    assert second.headers["etag"] == first.headers["etag"]
    third = await client.get(path, headers={"If-None-Match": second.headers["etag"]})
    assert (third.status_code, third.content) == (304, b"")
    assert third.headers["etag"] == second.headers["etag"]
    assert (await client.get(path, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_a_page_from_memory_is_never_of_an_older_version(client, layers, database):
    path = f"/citytown{ITEMS.format('grit-bins')}"
    before = [(await client.get(path)).json()["numberMatched"] for _ in range(2)]
    more = [bin_at(number, 375_000 + number, 165_000) for number in range(1, 8)]
    await publish(database, "citytown", GRIT_BINS, more)
    await client._transport.app.state.snapshots.refresh()
    assert before == [before[0], before[0]] != [7, 7]
    assert (await client.get(path)).json()["numberMatched"] == 7


async def test_pages_in_memory_are_bounded_and_hold_no_credential(client, layers, mint, monkeypatch):
    pages = ReadyPages(100_000)
    monkeypatch.setattr(client._transport.app.state, "ready_pages", pages)
    key = mint(scope="mapping:read mapping:staff")
    path = f"/citytown{ITEMS.format('trees')}"
    assert (await client.get(f"{path}?key={key}")).status_code == 200
    assert len(pages) == 0
    for number in range(400):
        assert (await client.get(f"{path}?after={number}")).status_code == 200
        assert pages.bytes <= 100_000
    assert 10 < len(pages) < 400
