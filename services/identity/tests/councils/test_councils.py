import asyncio
import base64
import json

import pytest

from chassis.testing import published

URL = "/identity/v1/councils"


def body(slug="newtown", gss="E06000101", **overrides):
    return {"slug": slug, "name": "Newtown Council", "gss": gss, **overrides}


async def make(client, operator, slug, gss):
    response = await client.post(URL, json=body(slug, gss), headers=operator)
    assert response.status_code == 201, response.text
    return response.json()


async def change(client, operator, slug, tag='"1"', **changes):
    return await client.patch(f"{URL}/{slug}", json=changes, headers={**operator, "If-Match": tag})


async def test_a_new_council_is_served_at_once_and_announced(client, operator, database):
    response = await client.post(URL, json=body(), headers=operator)
    assert response.status_code == 201
    assert response.headers["location"] == f"{URL}/newtown"
    council = response.json()
    assert (council["slug"], council["status"], council["version"]) == ("newtown", "active", 1)
    assert (await client.get("/newtown/identity/v1/api-keys", headers=operator)).status_code == 200
    [event] = [event for event in await published(database) if event.council == "newtown"]
    assert (event.type, event.subject, event.sequence) == ("identity.council.created.v1", "newtown", 1)
    assert event.data == {name: council[name] for name in ("slug", "name", "gss", "region", "status")}


async def test_a_slug_and_a_code_belong_to_one_council(client, operator):
    conflict = await client.post(URL, json=body("citytown", "E06000102"), headers=operator)
    assert (conflict.status_code, conflict.json()["code"]) == (409, "slug-taken")
    conflict = await client.post(URL, json=body("othertown", "E06000022"), headers=operator)
    assert (conflict.status_code, conflict.json()["code"]) == (409, "gss-taken")
    assert "citytown" in conflict.json()["detail"]


async def test_of_many_requests_to_create_a_council_at_once_one_succeeds(client, operator):
    requests = [client.post(URL, json=body("racetown", "E06000103"), headers=operator) for _ in range(4)]
    statuses = sorted(response.status_code for response in await asyncio.gather(*requests))
    assert statuses == [201, 409, 409, 409]


@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "identity"}, {"slug": "developers"}, {"slug": "health"}, {"slug": "metrics"},
        {"slug": "region"}, {"slug": "dead"}, {"slug": "City"}, {"slug": "a"}, {"slug": "-town"},
        {"slug": "town-"}, {"slug": "a--b"}, {"slug": "a.b"}, {"slug": "a" * 41}, {"slug": "*"},
        {"name": ""}, {"name": "x" * 201}, {"gss": "E0600002"}, {"gss": "X06000022"}, {"gss": 7},
        {"status": "suspended"},
    ],
)  # fmt: skip
async def test_a_council_that_cannot_be_is_refused_with_the_field(client, operator, wrong):
    response = await client.post(URL, json={**body("goodtown", "E06000104"), **wrong}, headers=operator)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")
    assert response.json()["errors"][0]["field"] == f"body.{next(iter(wrong))}"


async def test_councils_are_listed_in_pages(client, operator):
    first = (await client.get(URL, params={"limit": 2}, headers=operator)).json()
    second = (await client.get(URL, params={"limit": 2, "after": first["next"]}, headers=operator)).json()
    slugs = [item["slug"] for item in first["items"] + second["items"]]
    assert slugs == sorted(slugs)
    assert len(set(slugs)) == len(slugs) >= 3


@pytest.mark.parametrize("key", [["a\x00"], ["\ud800"], ["a", "b"], [1], {}, ["Town"]])
async def test_a_cursor_of_another_list_is_refused(client, operator, key):
    after = base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")
    response = await client.get(URL, params={"after": after}, headers=operator)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "query.after")


async def test_a_council_is_read_with_its_version(client, operator):
    response = await client.get(f"{URL}/citytown", headers=operator)
    assert response.json()["gss"] == "E06000022"
    assert response.headers["etag"] == f'"{response.json()["version"]}"'
    assert (await client.get(f"{URL}/nowhere", headers=operator)).status_code == 404


async def test_a_renamed_council_keeps_its_slug_and_is_announced(client, operator, database):
    await make(client, operator, "oldname", "E06000105")
    response = await change(client, operator, "oldname", name="New Name")
    assert (response.json()["name"], response.json()["slug"], response.headers["etag"]) == (
        "New Name",
        "oldname",
        '"2"',
    )
    event = [event for event in await published(database) if event.council == "oldname"][-1]
    assert (event.type, event.sequence) == ("identity.council.changed.v1", 2)
    assert event.data["name"] == "New Name"


async def test_a_change_needs_the_version_that_was_read(client, operator):
    await make(client, operator, "versioned", "E06000106")
    without = await client.patch(f"{URL}/versioned", json={"name": "X"}, headers=operator)
    assert (without.status_code, without.json()["code"]) == (428, "version-needed")
    assert (await change(client, operator, "versioned", name="First")).status_code == 200
    for stale in ('"1"', '"99"', "nonsense", 'W/"2"', '"0"'):
        response = await change(client, operator, "versioned", stale, name="Second")
        assert (response.status_code, response.json()["code"]) == (412, "version-changed")
    assert (await client.get(f"{URL}/versioned", headers=operator)).json()["name"] == "First"
    for current in ('"1", "2"', "*"):
        assert (await change(client, operator, "versioned", current, name="Second")).status_code == 200
    absent = await change(client, operator, "absent", "*", name="Second")
    assert absent.status_code == 404


async def test_of_two_changes_of_one_version_one_is_refused(client, operator):
    await make(client, operator, "raced", "E06000198")
    names = [f"Raced {number}" for number in range(4)]
    responses = await asyncio.gather(*(change(client, operator, "raced", '"1"', name=name) for name in names))
    assert sorted(response.status_code for response in responses) == [200, 412, 412, 412]


async def test_a_suspended_council_is_closed_at_once_and_opened_again(client, operator):
    await make(client, operator, "closing", "E06000107")
    assert (await change(client, operator, "closing", status="suspended")).status_code == 200
    response = await client.get("/closing/identity/v1/api-keys", headers=operator)
    assert (response.status_code, response.json()["code"]) == (403, "council-suspended")
    assert (await change(client, operator, "closing", '"2"', status="active")).status_code == 200
    assert (await client.get("/closing/identity/v1/api-keys", headers=operator)).status_code == 200


@pytest.mark.parametrize(
    "changes", [{}, {"slug": "other"}, {"gss": "E06000999"}, {"status": "gone"}, {"name": ""}]
)
async def test_members_that_cannot_change_are_refused(client, operator, changes):
    response = await client.patch(f"{URL}/citytown", json=changes, headers={**operator, "If-Match": '"1"'})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")


async def test_a_council_that_does_not_exist_cannot_change(client, operator):
    assert (await change(client, operator, "nowhere", name="X")).status_code == 404


async def test_only_the_operator_of_the_region_handles_councils(client, keeper, mint):
    one_council = {"Authorization": f"Bearer {mint(scopes=['identity:operate'], councils=['citytown'])}"}
    for headers, code in ((keeper, "missing-scope"), (one_council, "wrong-council")):
        for response in (
            await client.post(URL, json=body("goodtown", "E06000108"), headers=headers),
            await client.get(URL, headers=headers),
            await client.get(f"{URL}/citytown", headers=headers),
            await change(client, headers, "citytown", name="X"),
        ):
            assert (response.status_code, response.json()["code"]) == (403, code)


async def test_a_repeated_creation_is_answered_alike(client, operator):
    options = {"json": body("twice", "E06000109"), "headers": {**operator, "Idempotency-Key": "twice"}}
    first, second = [await client.post(URL, **options) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


async def test_the_snapshot_has_councils_and_revoked_credentials(client, operator, keeper):
    api_key = (
        await client.post(
            "/citytown/identity/v1/api-keys",
            json={"name": "Gone", "mode": "live", "scopes": ["address:read"]},
            headers=keeper,
        )
    ).json()
    before = await client.get("/identity/v1/gateway", headers=operator)
    assert api_key["id"] not in {item["id"] for item in before.json()["revoked"]}
    assert {"slug": "sleepton", "status": "suspended", "region": "local"} in before.json()["councils"]
    await client.delete(f"/citytown/identity/v1/api-keys/{api_key['id']}", headers=keeper)
    after = await client.get(
        "/identity/v1/gateway", headers={**operator, "If-None-Match": before.headers["etag"]}
    )
    assert after.status_code == 200
    refused = {
        "id": api_key["id"],
        "claim": "jti",
        "expires_at": api_key["expires_at"],
        "issued_before": None,
    }
    assert refused in after.json()["revoked"]


async def test_the_snapshot_is_sent_only_when_it_has_changed(client, operator):
    tag = (await client.get("/identity/v1/gateway", headers=operator)).headers["etag"]
    again = await client.get("/identity/v1/gateway", headers={**operator, "If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_snapshot_is_for_the_gateway_alone(client, keeper, mint):
    one_council = {"Authorization": f"Bearer {mint(scopes=['identity:gateway'], councils=['citytown'])}"}
    for headers in (keeper, one_council):
        assert (await client.get("/identity/v1/gateway", headers=headers)).status_code == 403
