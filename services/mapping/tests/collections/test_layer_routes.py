"""Layers by the API: created, changed, published, compared, restored, retired."""

import json

import pytest
from sqlalchemy import text

from services.mapping.tests import layer_world
from services.mapping.tests.collections.conftest import PUBLIC
from services.mapping.tests.layer_world import bin_at, publish

NAMES = ("name", "title", "type", "audience", "required", "values")


def body_of(values, **changes):
    properties = [dict(zip(NAMES, each, strict=True)) for each in values["properties"]]
    return {
        **values,
        "properties": [{**each, "values": list(each["values"])} for each in properties],
        **changes,
    }


NEW = body_of(layer_world.GRIT_BINS)


@pytest.fixture(autouse=True)
async def no_layers(database):
    await layer_world.clear(database)


@pytest.fixture
async def bins(database):
    """A layer of three bins, of which a second load moved one, took one and added one."""
    await publish(
        database, "citytown", layer_world.GRIT_BINS, [bin_at(n, 375_000 + n, 164_000) for n in (1, 2, 3)]
    )
    return await publish(
        database, "citytown", layer_world.GRIT_BINS, [bin_at(2, 375_500, 164_000), bin_at(4, 1, 2)]
    )


async def audit_of(database):
    async with database.reading("citytown") as session:
        rows = await session.all(text("SELECT act, actor, aggregate FROM audit ORDER BY id"))
    return [tuple(row) for row in rows]


async def events_of(database):
    async with database.reading("*") as session:
        rows = await session.all(text("SELECT envelope FROM outbox ORDER BY id"))
    return [json.loads(row.envelope) for row in rows]


async def test_a_layer_is_created_changed_published_and_retired(desk, client, database):
    created = await desk.send("POST", "", NEW, **{"Idempotency-Key": "once"})
    again = await desk.send("POST", "", NEW, **{"Idempotency-Key": "once"})
    assert (created.status_code, created.headers["etag"]) == (201, '"0"')
    assert again.json() == created.json()
    assert created.json()["status"] == "draft"
    assert created.json()["storage_crs"].endswith("27700")

    patch = {"title": "Grit and salt", "vintage": "2026"}
    assert (await desk.send("PATCH", "/grit-bins", patch)).status_code == 428
    changed = await desk.send("PATCH", "/grit-bins", patch, '"0"')
    assert (changed.json()["title"], changed.json()["version"]) == ("Grit and salt", 1)
    assert changed.json()["keeper"] == NEW["keeper"]
    assert (await desk.send("PATCH", "/grit-bins", patch, '"0"')).status_code == 412

    snapshots = client._transport.app.state.snapshots
    published = await desk.send("POST", "/grit-bins/publish", {"reason": "checked"}, '"1"')
    assert published.json()["status"] == "published"
    assert snapshots.layer("citytown", "grit-bins").title == "Grit and salt"  # its writer reads it
    twice = await desk.send("POST", "/grit-bins/publish", {"reason": "again"}, '"2"')
    assert (twice.status_code, twice.json()["code"]) == (409, "layer-published")
    retired = await desk.send("POST", "/grit-bins/retire", {"reason": "merged"}, '"2"')
    assert retired.json()["status"] == "retired"
    assert snapshots.layer("citytown", "grit-bins") is None

    assert [event["data"]["cause"] for event in await events_of(database)] == ["publish"]
    acts = [
        act for act, actor, kind in await audit_of(database) if (actor, kind) == ("ann", "mapping.collection")
    ]
    assert acts[-4:] == ["layer-created", "layer-changed", "layer-published", "layer-retired"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "Grit Bins"}, "body.name"),
        ({"name": "x"}, "body.name"),
        ({"kind": "things"}, "body.kind"),
        ({"geometry_type": "Circle"}, "body.geometry_type"),
        ({"storage_srid": 4326}, "body.storage_srid"),
        ({"licence_url": "javascript:alert(1)"}, "body.licence_url"),
        ({"key_property": "number"}, "body"),
        ({"properties": NEW["properties"] * 2}, "body"),
        ({"properties": [{"name": "a b", "title": "A"}]}, "body.properties.0.name"),
        ({"properties": [{"name": "ref", "title": "R", "type": "uuid"}]}, "body.properties.0.type"),
        ({"surprise": 1}, "body.surprise"),
    ],
)
async def test_a_wrong_layer_is_refused_by_the_field(desk, changes, field):
    response = await desk.send("POST", "", {**NEW, **changes})
    assert response.status_code == 400
    assert field in [error["field"] for error in response.json()["errors"]]


async def test_two_layers_of_a_council_never_have_one_name(desk, bins):
    assert (await desk.send("POST", "", NEW)).json()["code"] == "layer-name-taken"
    assert (await desk.send("POST", "", {**NEW, "name": "salt"})).status_code == 201
    renamed = await desk.send("PATCH", "/salt", {"name": "grit-bins"}, '"0"')
    assert (renamed.status_code, renamed.json()["code"]) == (409, "layer-name-taken")


async def test_versions_are_listed_compared_and_restored(desk, bins, database):
    versions = (await desk.get("/grit-bins/versions")).json()["items"]
    counts = [
        [each[name] for name in ("version", "added", "changed", "moved", "deleted")] for each in versions
    ]
    assert counts == [[2, 1, 1, 1, 0], [1, 3, 0, 0, 0]]
    page = (await desk.get("/grit-bins/versions", limit=1)).json()
    assert (await desk.get("/grit-bins/versions", limit=1, after=page["next"])).json()["items"] == versions[
        1:
    ]
    assert (await desk.get("/grit-bins/versions/1")).json() == versions[1]
    differences = (await desk.get("/grit-bins/differences", since=1)).json()["items"]
    assert [(each["id"], each["change"]) for each in differences] == [("GB-2", "moved"), ("GB-4", "added")]
    whole = (await desk.get("/grit-bins/differences", since=0, until=1)).json()["items"]
    assert {each["change"] for each in whole} == {"added"}
    assert len(whole) == 3

    body = {"version": 1, "reason": "the wrong file"}
    assert (await desk.send("POST", "/grit-bins/restore", {**body, "version": 9}, '"2"')).status_code == 404
    restored = await desk.send("POST", "/grit-bins/restore", body, '"2"')
    assert (restored.json()["version"], restored.json()["feature_count"]) == (3, 3)
    assert (await desk.get("/grit-bins/differences", since=1)).json()["items"] == []
    last = (await events_of(database))[-1]
    assert (last["type"], last["data"]["cause"]) == ("mapping.collection.published.v1", "restore")
    assert [last["data"][name] for name in ("added", "moved", "deleted")] == [0, 1, 1]


async def test_who_may_not_see_a_layer_or_property_learns_nothing_of_it(desk, open_desk, bins):
    public = open_desk(*PUBLIC)
    assert [each["name"] for each in (await public.get("/grit-bins")).json()["properties"]] == ["ref", "site"]
    patch = {"title": "Bins", "properties": (await public.get("/grit-bins")).json()["properties"]}
    assert (await public.send("PATCH", "/grit-bins", patch, '"2"')).status_code == 200
    names = [each["name"] for each in (await desk.get("/grit-bins")).json()["properties"]]
    assert names == ["ref", "site", "key_code"]  # not overwritten by who could not see it

    too_high = await public.send("PATCH", "/grit-bins", {"audience": "staff"}, '"3"')
    assert (too_high.status_code, too_high.json()["errors"][0]["code"]) == (400, "audience_too_high")
    assert (await desk.send("PATCH", "/grit-bins", {"audience": "restricted"}, '"3"')).status_code == 200
    for path in (
        "/grit-bins",
        "/grit-bins/versions",
        "/grit-bins/features/GB-1",
        "/grit-bins/differences?since=1",
    ):
        assert (await public.send("GET", path)).status_code == 404, path
    assert (await public.get("")).json()["items"] == []
    assert [each["name"] for each in (await desk.get("")).json()["items"]] == ["grit-bins"]


async def test_layers_are_listed_page_by_page_past_those_that_are_hidden(desk, open_desk):
    for index in range(7):
        audience = "public" if index % 3 == 0 else "staff"
        body = {**NEW, "name": f"layer-{index}", "audience": audience}
        assert (await desk.send("POST", "", body)).status_code == 201
    public = open_desk(*PUBLIC)
    names, after = [], {}
    while True:
        page = (await public.get("", limit=1, **after)).json()
        names += [each["name"] for each in page["items"]]
        if not page["next"]:
            break
        after = {"after": page["next"]}
    assert names == ["layer-0", "layer-3", "layer-6"]


@pytest.mark.parametrize(
    ("scopes", "claims", "status", "code"),
    [
        (("mapping:read",), {}, 403, "missing-scope"),
        (("mapping:read", "mapping:write"), {}, 403, "missing-scope"),
        (PUBLIC, {"mode": "sandbox"}, 403, "sandbox-credential"),
        (PUBLIC, {"council": "hillshire"}, 403, "wrong-council"),
    ],
)
async def test_others_change_nothing(open_desk, bins, scopes, claims, status, code):
    other = open_desk(*scopes, **claims)
    other.base = "/citytown/mapping/v1/layers"
    for method, path, body in (
        ("POST", "", {**NEW, "name": "salt"}),
        ("PATCH", "/grit-bins", {"title": "X"}),
        ("POST", "/grit-bins/retire", {"reason": "x"}),
        ("POST", "/grit-bins/restore", {"version": 1, "reason": "x"}),
    ):
        response = await other.send(method, path, body, '"2"')
        assert (response.status_code, response.json()["code"]) == (status, code)
