"""Features by the API: added, replaced, patched, retired, undone; each a version with its event."""

import asyncio
import json
from urllib.parse import quote

import pytest
from sqlalchemy import text

from services.mapping.tests import layer_world
from services.mapping.tests.collections.conftest import EVERYTHING, PUBLIC
from services.mapping.tests.layer_world import bin_at, publish

FEATURES = "/grit-bins/features"
ONE = f"{FEATURES}/GB-1"
BNG = "http://www.opengis.net/def/crs/EPSG/0/27700"
NEW = {"geometry": {"type": "Point", "coordinates": [375_100, 164_000]}, "crs": BNG, "reason": "a new bin"}


@pytest.fixture(autouse=True)
async def layer(database):
    await layer_world.clear(database)
    return await publish(database, "citytown", layer_world.GRIT_BINS, [bin_at(1, 375_000, 164_000)])


@pytest.fixture
async def public(open_desk):
    return open_desk(*PUBLIC)


async def events_of(database):
    async with database.reading("*") as session:
        rows = await session.all(text("SELECT envelope FROM outbox ORDER BY id"))
    events = [json.loads(row.envelope) for row in rows]
    return [(event["type"].split(".", 1)[1], event["sequence"], event["data"]["feature"]) for event in events
            if "feature" in event["type"]]  # fmt: skip


def place_of(response):
    return response.json()["geometry"]["coordinates"]


async def test_a_feature_is_added_replaced_patched_and_retired(desk, client, database):
    body = {**NEW, "properties": {"ref": "GB-2", "site": "By the church"}}
    created = await desk.send("POST", FEATURES, body)
    assert created.status_code == 201
    assert created.headers["location"] == "/citytown/mapping/v1/layers/grit-bins/features/GB-2"
    assert place_of(created) == pytest.approx([-2.3591, 51.3745], abs=1e-3)
    assert created.json()["version"] == 2

    path, tag = f"{FEATURES}/GB-2", created.headers["etag"]
    whole = {**NEW, "properties": {"ref": "GB-2"}, "reason": "the site was wrong"}
    replaced = await desk.send("PUT", path, whole, tag)
    assert replaced.json()["properties"] == {"ref": "GB-2"}
    patch = {"properties": {"site": "By the school"}, "reason": "found it"}
    patched = await desk.send("PATCH", path, patch, replaced.headers["etag"])
    assert patched.json()["properties"] == {"ref": "GB-2", "site": "By the school"}
    assert place_of(patched) == place_of(replaced)
    moved = {"geometry": {"type": "Point", "coordinates": [-2.36, 51.38]}, "reason": "moved by a digger"}
    after = await desk.send("PATCH", path, moved, patched.headers["etag"])
    assert place_of(after) == pytest.approx([-2.36, 51.38], abs=1e-6)

    snapshots = client._transport.app.state.snapshots
    snapshot = await snapshots.get(snapshots.layer("citytown", "grit-bins"))
    assert "GB-2" in snapshot.by_fid  # its writer reads it in its next request
    retired = await desk.send("DELETE", f"{path}?reason=scrapped", etag=after.headers["etag"])
    assert retired.status_code == 204
    snapshot = await snapshots.get(snapshots.layer("citytown", "grit-bins"))
    assert "GB-2" not in snapshot.by_fid
    assert (await desk.send("GET", path)).status_code == 404

    kinds = ["created", "changed", "changed", "changed", "deleted"]
    assert await events_of(database) == [
        (f"feature.{kind}.v1", version, "GB-2") for version, kind in enumerate(kinds, 2)
    ]
    versions = (await desk.get("/grit-bins/versions")).json()["items"]
    assert [(each["cause"], each["actor"], each["moved"]) for each in versions[:2]] == [
        ("edit", "ann", 0),
        ("edit", "ann", 1),
    ]
    history = (await desk.get(f"{path}/history")).json()["items"]
    assert [each["change"] for each in history] == ["retired", "moved", "changed", "changed", "created"]
    assert [each["reason"] for each in history[:2]] == ["scrapped", "moved by a digger"]


async def test_every_change_needs_the_tag_of_what_was_seen(desk):
    stale = await desk.tag(ONE)
    body = {"properties": {"site": "Elsewhere"}, "reason": "x"}
    for method, path, content in (
        ("PUT", ONE, {**NEW, "properties": {"ref": "GB-1"}}),
        ("PATCH", ONE, body),
        ("DELETE", f"{ONE}?reason=x", None),
        ("POST", f"{ONE}/undo", {"reason": "x"}),
        ("POST", f"{ONE}/restore", {"version": 1, "reason": "x"}),
    ):
        assert (await desk.send(method, path, content)).status_code == 428, method
    assert (await desk.send("PATCH", ONE, body, stale)).status_code == 200
    for method, path, content in (
        ("PUT", ONE, {**NEW, "properties": {"ref": "GB-1"}}),
        ("PATCH", ONE, body),
        ("DELETE", f"{ONE}?reason=x", None),
        ("POST", f"{ONE}/undo", {"reason": "x"}),
    ):
        assert (await desk.send(method, path, content, stale)).status_code == 412, method
    assert (await desk.send("PATCH", ONE, body, "*")).status_code == 200


async def test_of_two_changes_of_one_state_one_is_refused(desk):
    tag = await desk.tag(ONE)
    bodies = [{"properties": {"site": f"Site {n}"}, "reason": "at once"} for n in range(4)]
    responses = await asyncio.gather(*(desk.send("PATCH", ONE, body, tag) for body in bodies))
    assert sorted(response.status_code for response in responses) == [200, 412, 412, 412]


async def test_a_change_that_changes_nothing_is_no_version(desk, database):
    body = {"properties": {"site": "Site 1"}, "reason": "again"}
    response = await desk.send("PATCH", ONE, body, await desk.tag(ONE))
    assert (response.status_code, response.json()["version"]) == (200, 1)
    assert await events_of(database) == []


async def test_a_property_of_a_higher_audience_is_neither_shown_nor_overwritten(desk, public):
    before = await public.get(ONE)
    assert before.json()["properties"] == {"ref": "GB-1", "site": "Site 1"}
    body = {**NEW, "properties": {"ref": "GB-1", "site": "New site"}}
    assert (await public.send("PUT", ONE, body, before.headers["etag"])).status_code == 200
    assert (await desk.get(ONE)).json()["properties"]["key_code"] == "4711"
    patch = {"properties": {"key_code": "0000"}, "reason": "guess"}
    refused = await public.send("PATCH", ONE, patch, "*")
    assert [each["code"] for each in refused.json()["errors"]] == ["unknown_property"]
    history = (await public.get(f"{ONE}/history")).json()["items"]
    assert all("key_code" not in each["properties"] for each in history)
    changed = await desk.send("PATCH", ONE, {"properties": {"key_code": "1234"}, "reason": "new lock"}, "*")
    undone = await public.send(
        "POST", f"{ONE}/restore", {"version": 1, "reason": "as it was"}, changed.headers["etag"]
    )
    assert undone.json()["properties"] == {"ref": "GB-1", "site": "Site 1"}
    assert (await desk.get(ONE)).json()["properties"]["key_code"] == "1234"  # not theirs to bring back


async def test_a_change_is_undone_and_undone_again(desk):
    tag = await desk.tag(ONE)
    changed = await desk.send("PATCH", ONE, {"properties": {"site": "B"}, "reason": "wrong"}, tag)
    undone = await desk.send("POST", f"{ONE}/undo", {"reason": "was right"}, changed.headers["etag"])
    assert undone.json()["properties"]["site"] == "Site 1"
    assert undone.headers["etag"] == tag
    again = await desk.send("POST", f"{ONE}/undo", {"reason": "no"}, tag)
    assert again.json()["properties"]["site"] == "B"
    assert (await desk.send("DELETE", f"{ONE}?reason=stolen", etag="*")).status_code == 204
    history = (await desk.get(f"{ONE}/history")).json()["items"]
    assert history[0]["etag"].startswith('"gone-')
    back = await desk.send("POST", f"{ONE}/undo", {"reason": "found"}, history[0]["etag"])
    assert back.json()["properties"]["site"] == "B"
    assert back.json()["number"] == changed.json()["number"]  # the same for ever


async def test_undoing_a_creation_retires_the_feature(desk):
    created = await desk.send("POST", FEATURES, {**NEW, "properties": {"ref": "GB-9"}})
    undone = await desk.send("POST", f"{FEATURES}/GB-9/undo", {"reason": "twice"}, created.headers["etag"])
    assert (undone.status_code, undone.json()) == (200, None)
    assert (await desk.send("GET", f"{FEATURES}/GB-9")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"properties": {}}, "body.properties.ref", "missing"),
        ({"properties": {"ref": "GB-2", "colour": "red"}}, "body.properties.colour", "unknown_property"),
        ({"properties": {"ref": "2" * 201}}, "body.properties.ref", "bad_id"),
        ({"id": "GB-3", "properties": {"ref": "GB-2"}}, "body.properties.ref", "not_the_id"),
        ({"crs": "EPSG:27700"}, "body.crs", "unknown_crs"),
        ({"crs": None}, "body.geometry", "not_a_geometry"),
        ({"geometry": {"type": "Point", "coordinates": [9e5, 1]}}, "body.geometry", "outside_great_britain"),
        (
            {"geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}},
            "body.geometry",
            "wrong_geometry_type",
        ),
        ({"reason": " "}, "body.reason", "string_too_short"),
        ({"valid_from": "2026-01-01"}, "body.valid_from", "timezone_aware"),
    ],
)
async def test_a_feature_that_does_not_fit_its_layer_is_refused_by_the_field(desk, changes, field, code):
    response = await desk.send("POST", FEATURES, {**NEW, "properties": {"ref": "GB-2"}, **changes})
    assert response.status_code == 400, response.text
    assert (field, code) in [(error["field"], error["code"]) for error in response.json()["errors"]]


async def test_a_reference_with_slashes_has_an_address(desk):
    created = await desk.send("POST", FEATURES, {**NEW, "properties": {"ref": "24/00123/TPO"}})
    assert created.status_code == 201, created.text
    assert created.json()["id"] == "24~00123~TPO"
    assert created.json()["properties"]["ref"] == "24/00123/TPO"
    path = f"{FEATURES}/24~00123~TPO"
    assert created.headers["location"].endswith(path)
    moved = {"properties": {"ref": "24/00123/TPO", "site": "By the gate"}, "reason": "it was moved"}
    changed = await desk.send("PATCH", path, moved, created.headers["etag"])
    assert changed.status_code == 200, changed.text
    again = await desk.send("POST", FEATURES, {**NEW, "properties": {"ref": "24~00123~TPO"}})
    assert again.status_code == 409


async def test_an_id_is_for_ever_and_of_one_feature(desk):
    conflict = await desk.send("POST", FEATURES, {**NEW, "properties": {"ref": "GB-1"}})
    assert (conflict.status_code, conflict.json()["code"]) == (409, "feature-exists")
    renamed = await desk.send("PATCH", ONE, {"properties": {"ref": "GB-7"}, "reason": "x"}, "*")
    assert [error["code"] for error in renamed.json()["errors"]] == ["id_changed"]


async def test_the_same_request_with_its_key_adds_one_feature(desk):
    body = {**NEW, "properties": {"ref": "GB-2"}}
    first = await desk.send("POST", FEATURES, body, **{"Idempotency-Key": "k"})
    again = await desk.send("POST", FEATURES, body, **{"Idempotency-Key": "k"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["etag"] == first.headers["etag"]


async def test_a_retired_layer_is_not_edited_and_a_draft_stays_one(desk, client):
    await desk.send("POST", "/grit-bins/retire", {"reason": "x"}, await desk.tag("/grit-bins"))
    refused = await desk.send("PATCH", ONE, {"properties": {"site": "B"}, "reason": "x"}, "*")
    assert (refused.status_code, refused.json()["code"]) == (409, "layer-retired")
    layer = {"name": "salt", "title": "Salt", "kind": "assets", "geometry_type": "Point"}
    assert (await desk.send("POST", "", layer)).status_code == 201
    added = await desk.send("POST", "/salt/features", {**NEW, "id": "a b%ç"})
    assert added.status_code == 201
    assert (await desk.get(f"/salt/features/{quote('a b%ç')}")).json()["id"] == "a b%ç"
    assert (await desk.get("/salt")).json()["status"] == "draft"
    assert client._transport.app.state.snapshots.layer("citytown", "salt") is None


@pytest.mark.parametrize(
    ("scopes", "claims", "code"),
    [
        (("mapping:read",), {}, "missing-scope"),
        (PUBLIC, {"mode": "sandbox"}, "sandbox-credential"),
        (EVERYTHING, {"council": "hillshire"}, "wrong-council"),
    ],
)
async def test_others_change_no_feature(open_desk, database, scopes, claims, code):
    other = open_desk(*scopes, **claims)
    other.base = "/citytown/mapping/v1/layers"
    for method, path, body in (
        ("POST", FEATURES, {**NEW, "properties": {"ref": "GB-2"}}),
        ("PATCH", ONE, {"properties": {"site": "B"}, "reason": "x"}),
        ("DELETE", f"{ONE}?reason=x", None),
        ("POST", f"{ONE}/undo", {"reason": "x"}),
    ):
        response = await other.send(method, path, body, "*")
        assert (response.status_code, response.json()["code"]) == (403, code), method
    assert await events_of(database) == []


async def test_the_feature_of_another_councils_layer_is_not_there(open_desk, desk):
    hillshire = open_desk(*EVERYTHING, council="hillshire")
    assert (await hillshire.send("GET", ONE)).status_code == 404
    assert (
        await hillshire.send("PATCH", ONE, {"properties": {"site": "B"}, "reason": "x"}, "*")
    ).status_code == 404


async def test_the_audit_says_who_changed_what_and_keeps_the_reason_apart(desk, database):
    await desk.send("PATCH", ONE, {"properties": {"site": "B"}, "reason": "a call from a resident"}, "*")
    async with database.reading("citytown") as session:
        row = await session.first(
            text("""SELECT a.act, a.actor, a.changes, p.changes AS personal FROM audit a
                JOIN audit_personal p USING (council, id) WHERE aggregate = 'mapping.feature'
                ORDER BY id DESC LIMIT 1""")
        )
    assert (row.act, row.actor, row.personal) == (
        "feature-changed",
        "ann",
        {"reason": [None, "a call from a resident"]},
    )
    assert row.changes["properties"][1]["site"] == "B"
    assert "geometry" not in row.changes
