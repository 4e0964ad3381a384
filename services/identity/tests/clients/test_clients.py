import asyncio

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import text

from chassis import ids
from chassis.testing import published

URL = "/citytown/identity/v1/clients"
REGION = "/identity/v1/clients"
PUBLIC = {"keys": [ECKey.generate_key("P-256", {"kid": "a"}).as_dict(private=False)]}


def body(**overrides):
    return {"name": ids.show(ids.new()), "scopes": ["address:read"], **overrides}


async def make(client, headers, url=URL, **overrides):
    response = await client.post(url, json=body(**overrides), headers=headers)
    assert response.status_code == 201, response.text
    return response.json()


async def listed(client, headers, url=URL):
    return (await client.get(url, params={"limit": 100}, headers=headers)).json()["items"]


async def token(client, credentials):
    response = await client.post(
        "/identity/token",
        data={"grant_type": "client_credentials"},
        auth=(credentials["client_id"], credentials["client_secret"]),
    )
    return response.json().get("access_token")


async def test_a_client_is_created_with_a_secret_shown_once(client, keeper):
    created = await make(client, keeper)
    assert created["authentication"] == "client_secret"
    assert created["councils"] == ["citytown"]
    assert created["client_secret"].startswith("ths_")
    response = await client.get(URL, params={"limit": 100}, headers=keeper)
    [listed_client] = [item for item in response.json()["items"] if item["client_id"] == created["client_id"]]
    assert "client_secret" not in listed_client
    assert created["client_secret"] not in response.text
    assert await token(client, created)


async def test_a_client_with_keys_of_its_own_has_no_secret(client, keeper):
    created = await make(client, keeper, jwks=PUBLIC)
    assert created["authentication"] == "private_key_jwt"
    assert created["client_secret"] is None
    assert {key["kid"] for key in created["jwks"]["keys"]} == {"a"}


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [{"kty": "oct", "k": "c2VjcmV0", "kid": "x"}],
        [ECKey.generate_key("P-256", {"kid": "x"}).as_dict(private=True)],
        [*PUBLIC["keys"], *PUBLIC["keys"]],
        PUBLIC["keys"] * 6,
        ["text"],
    ],
)
async def test_keys_that_cannot_be_used_are_refused(client, keeper, keys):
    response = await client.post(URL, json=body(jwks={"keys": keys}), headers=keeper)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")
    assert response.json()["errors"][0]["field"].startswith("body.jwks")


async def test_a_private_key_that_was_sent_is_not_sent_back(client, keeper):
    key = ECKey.generate_key("P-256", {"kid": "x"}).as_dict(private=True)
    response = await client.post(URL, json=body(jwks={"keys": [key]}), headers=keeper)
    assert "private" in response.text
    assert key["d"] not in response.text


async def test_a_name_in_use_is_a_conflict(client, keeper):
    created = await make(client, keeper)
    response = await client.post(URL, json=body(name=created["name"]), headers=keeper)
    assert (response.status_code, response.json()["code"]) == (409, "name-in-use")


async def test_a_repeated_request_gets_the_same_secret(client, keeper):
    options = {"json": body(), "headers": {**keeper, "Idempotency-Key": "again"}}
    first, second = [await client.post(URL, **options) for _ in range(2)]
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert await token(client, second.json())


async def test_a_repeated_request_for_a_client_with_keys_is_answered_alike(client, keeper):
    options = {"json": body(jwks=PUBLIC), "headers": {**keeper, "Idempotency-Key": "with-keys"}}
    first, second = [await client.post(URL, **options) for _ in range(2)]
    assert first.json() == second.json()


async def test_nobody_grants_a_scope_they_do_not_hold(client, keeper):
    response = await client.post(URL, json=body(scopes=["payments:read"]), headers=keeper)
    assert (response.status_code, response.json()["code"]) == (403, "scope-not-held")


@pytest.mark.parametrize("scope", ["identity:operate", "identity:gateway"])
async def test_a_councils_client_never_holds_a_scope_of_the_region(client, operator, scope):
    response = await client.post(URL, json=body(scopes=[scope]), headers=operator)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "region_scope")


async def test_revoking_a_client_refuses_its_tokens_by_event(client, keeper, database):
    created = await make(client, keeper)
    for _ in range(2):
        assert (await client.delete(f"{URL}/{created['client_id']}", headers=keeper)).status_code == 204
    assert await token(client, created) is None
    [event] = [event for event in await published(database) if event.subject == created["client_id"]]
    assert (event.type, event.data["id"]) == ("identity.token.revoked.v1", created["client_id"])
    assert created["client_id"] not in {item["client_id"] for item in await listed(client, keeper)}


async def test_a_client_that_never_existed_is_not_found(client, keeper):
    response = await client.delete(f"{URL}/{ids.show(ids.new())}", headers=keeper)
    assert (response.status_code, response.json()["code"]) == (404, "not-found")


async def test_another_councils_client_is_not_found(client, keeper, mint):
    created = await make(client, keeper)
    theirs = {"Authorization": f"Bearer {mint(scopes=['identity:clients'], councils=['hillshire'])}"}
    response = await client.delete(f"/hillshire/identity/v1/clients/{created['client_id']}", headers=theirs)
    assert response.status_code == 404
    assert await token(client, created)


async def test_a_client_of_the_region_acts_for_every_council(client, operator):
    created = await make(client, operator, REGION, scopes=["identity:keys"])
    assert created["councils"] == ["*"]
    bearer = {"Authorization": f"Bearer {await token(client, created)}"}
    for council in ("citytown", "hillshire"):
        assert (await client.get(f"/{council}/identity/v1/api-keys", headers=bearer)).status_code == 200
    assert created["client_id"] in {item["client_id"] for item in await listed(client, operator, REGION)}


async def test_a_client_of_the_region_is_revoked_everywhere(client, operator, database):
    created = await make(client, operator, REGION)
    assert (await client.delete(f"{REGION}/{created['client_id']}", headers=operator)).status_code == 204
    assert await token(client, created) is None
    [event] = [event for event in await published(database) if event.subject == created["client_id"]]
    assert event.council == "region"


async def test_the_regions_clients_and_a_councils_are_apart(client, operator, keeper):
    ours, theirs = await make(client, keeper), await make(client, operator, REGION)
    assert theirs["client_id"] not in {item["client_id"] for item in await listed(client, keeper)}
    assert ours["client_id"] not in {item["client_id"] for item in await listed(client, operator, REGION)}
    assert (await client.delete(f"{REGION}/{ours['client_id']}", headers=operator)).status_code == 404


async def test_the_regions_clients_are_the_operators(client, keeper, mint):
    one_council = {"Authorization": f"Bearer {mint(scopes=['identity:operate'], councils=['citytown'])}"}
    for headers, code in ((keeper, "missing-scope"), (one_council, "wrong-council")):
        for response in (
            await client.post(REGION, json=body(), headers=headers),
            await client.get(REGION, headers=headers),
            await client.delete(f"{REGION}/{ids.show(ids.new())}", headers=headers),
        ):
            assert (response.status_code, response.json()["code"]) == (403, code)


async def test_region_is_not_a_council(client, operator):
    assert (await client.get("/region/identity/v1/clients", headers=operator)).status_code == 404


async def test_the_last_operator_cannot_be_revoked_even_by_two_at_once(client, operator, database):
    operators = [await make(client, operator, REGION, scopes=["identity:operate"]) for _ in range(2)]
    async with database.writing() as session:
        ids_of_pair = [ids.read(created["client_id"]) for created in operators]
        others = text("UPDATE client SET revoked_at = now() WHERE council = 'region' AND NOT id = ANY(:kept)")
        await session.execute(others, {"kept": ids_of_pair})
    responses = await asyncio.gather(
        *(client.delete(f"{REGION}/{created['client_id']}", headers=operator) for created in operators)
    )
    assert sorted(response.status_code for response in responses) == [204, 409]
    refused = next(response for response in responses if response.status_code == 409)
    assert refused.json()["code"] == "last-operator"
    [last] = [item for item in await listed(client, operator, REGION) if "identity:operate" in item["scopes"]]
    assert (await client.delete(f"{REGION}/{last['client_id']}", headers=operator)).status_code == 409
    await make(client, operator, REGION, scopes=["identity:operate"])
    assert (await client.delete(f"{REGION}/{last['client_id']}", headers=operator)).status_code == 204
