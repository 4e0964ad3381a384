import asyncio

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from chassis import ids
from chassis.testing import published

URL = "/citytown/identity/v1/api-keys"
BODY = {"name": "Website", "mode": "live", "scopes": ["address:read"]}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


async def make(client, headers, body=BODY, **more):
    response = await client.post(URL, json=body, headers={**headers, **more})
    assert response.status_code == 201, response.text
    return response.json()


async def listed(client, headers):
    items, after = [], None
    while True:
        params = {"limit": 100, **({"after": after} if after else {})}
        page = (await client.get(URL, params=params, headers=headers)).json()
        items += page["items"]
        after = page["next"]
        if after is None:
            return items


async def test_an_api_key_is_a_long_lived_token_of_this_issuer(client, keeper):
    api_key = await make(client, keeper)
    keys = (await client.get("/identity/.well-known/jwks.json")).json()
    decoded = jwt.decode(api_key["key"], KeySet.import_key_set(keys), algorithms=["ES256"])
    assert decoded.header["typ"] == "key+jwt"
    assert decoded.claims["jti"] == decoded.claims["client_id"] == api_key["id"]
    assert decoded.claims["councils"] == ["citytown"]
    assert decoded.claims["scope"] == "address:read"
    assert decoded.claims["mode"] == api_key["mode"] == "live"
    assert decoded.claims["exp"] - decoded.claims["iat"] == 365 * 86_400
    assert set(api_key) == {"id", "key", "name", "mode", "scopes", "created_at", "expires_at"}


@pytest.mark.parametrize("place", ["Authorization", "X-Api-Key", "key", "?key="])
async def test_an_api_key_opens_its_council_in_every_place_it_may_stand(client, keeper, place):
    api_key = await make(client, keeper, {**BODY, "scopes": ["identity:keys"]})
    headers = (
        {"Authorization": f"Bearer {api_key['key']}"} if place == "Authorization" else {place: api_key["key"]}
    )
    params = {"key": api_key["key"]} if place == "?key=" else {}
    response = await client.get(URL, headers={} if params else headers, params=params)
    assert response.status_code == 200


async def test_an_api_key_does_not_open_another_council(client, keeper):
    api_key = await make(client, keeper, {**BODY, "scopes": ["identity:keys"]})
    response = await client.get("/hillshire/identity/v1/api-keys", headers=bearer(api_key["key"]))
    assert (response.status_code, response.json()["code"]) == (403, "wrong-council")


async def test_the_list_shows_the_key_made_and_never_the_key_itself(client, keeper):
    api_key = await make(client, keeper)
    response = await client.get(URL, params={"limit": 100}, headers=keeper)
    listed_key = next(item for item in await listed(client, keeper) if item["id"] == api_key["id"])
    assert listed_key == {name: value for name, value in api_key.items() if name != "key"}
    assert api_key["key"] not in response.text
    assert api_key["key"].rpartition(".")[2] not in response.text


async def test_lists_have_pages(client, keeper):
    ids_of_keys = {(await make(client, keeper))["id"] for _ in range(3)}
    first = await client.get(URL, params={"limit": 2}, headers=keeper)
    assert len(first.json()["items"]) == 2
    assert 'rel="next"' in first.headers["link"]
    assert ids_of_keys <= {item["id"] for item in await listed(client, keeper)}


@pytest.mark.parametrize("after", ["nonsense", "WyJ4Il0", "WzFd", "W10", "WyIwMSIsIjAyIl0"])
async def test_a_cursor_of_another_list_is_refused(client, keeper, after):
    response = await client.get(URL, params={"after": after}, headers=keeper)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "query.after")


async def test_a_revoked_key_is_refused_at_once_and_everywhere_by_event(client, keeper, database):
    api_key = await make(client, keeper, {**BODY, "scopes": ["identity:keys"]})
    assert (await client.delete(f"{URL}/{api_key['id']}", headers=keeper)).status_code == 204
    response = await client.get(URL, headers=bearer(api_key["key"]))
    assert (response.status_code, response.json()["code"]) == (401, "revoked-credential")
    assert api_key["id"] not in {item["id"] for item in await listed(client, keeper)}
    [event] = [event for event in await published(database) if event.subject == api_key["id"]]
    assert (event.type, event.council) == ("identity.token.revoked.v1", "citytown")
    assert event.data == {"id": api_key["id"], "expires_at": api_key["expires_at"], "issued_before": None}


async def test_repeating_a_revocation_is_no_error_and_no_second_event(client, keeper, database):
    api_key = await make(client, keeper)
    statuses = [(await client.delete(f"{URL}/{api_key['id']}", headers=keeper)).status_code for _ in range(2)]
    assert statuses == [204, 204]
    assert len([event for event in await published(database) if event.subject == api_key["id"]]) == 1


async def test_a_key_that_never_existed_is_not_found(client, keeper):
    response = await client.delete(f"{URL}/{ids.show(ids.new())}", headers=keeper)
    assert (response.status_code, response.json()["code"]) == (404, "not-found")
    assert (await client.delete(f"{URL}/nonsense", headers=keeper)).status_code == 400


async def test_another_council_cannot_revoke_it(client, keeper, mint):
    api_key = await make(client, keeper)
    theirs = bearer(mint(scopes=["identity:keys"], councils=["hillshire"], mode="live"))
    assert (await client.delete(f"{URL}/{api_key['id']}", headers=theirs)).status_code == 403
    at_home = await client.delete(f"/hillshire/identity/v1/api-keys/{api_key['id']}", headers=theirs)
    assert at_home.status_code == 404
    assert api_key["id"] in {item["id"] for item in await listed(client, keeper)}


async def test_nobody_grants_a_scope_they_do_not_hold(client, keeper):
    response = await client.post(
        URL, json={**BODY, "scopes": ["address:read", "address:write"]}, headers=keeper
    )
    assert (response.status_code, response.json()["code"]) == (403, "scope-not-held")
    assert response.json()["scopes"] == ["address:write"]


async def test_an_unknown_scope_is_named(client, operator):
    response = await client.post(URL, json={**BODY, "scopes": ["address:fly"]}, headers=operator)
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["field"] == "body.scopes"
    assert "address:fly" in error["message"]


@pytest.mark.parametrize("scope", ["identity:operate", "identity:gateway"])
async def test_a_councils_key_never_carries_a_scope_of_the_region(client, operator, scope):
    response = await client.post(URL, json={**BODY, "scopes": [scope]}, headers=operator)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "region_scope")


async def test_a_sandbox_credential_makes_no_live_key(client, mint):
    sandbox = bearer(mint(scopes=["identity:keys", "address:read"], mode="sandbox"))
    response = await client.post(URL, json=BODY, headers=sandbox)
    assert (response.status_code, response.json()["code"]) == (403, "mode-not-held")
    assert (await make(client, sandbox, {**BODY, "mode": "sandbox"}))["mode"] == "sandbox"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"name": "x" * 201}, {"name": "a\x00b"}, {"mode": "test"}, {"scopes": []},
        {"scopes": ["address:read"] * 51}, {"scopes": "address:read"}, {"scopes": [7]},
        {"expires_at": "never"},
    ],
)  # fmt: skip
async def test_a_body_that_cannot_be_used_is_refused_with_the_field(client, keeper, wrong):
    response = await client.post(URL, json={**BODY, **wrong}, headers=keeper)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")
    assert response.json()["errors"][0]["field"].startswith(f"body.{next(iter(wrong))}")


async def test_without_the_scope_nothing_is_made(client, mint):
    response = await client.post(URL, json=BODY, headers=bearer(mint(scopes=["address:read"], mode="live")))
    assert (response.status_code, response.json()["code"]) == (403, "missing-scope")
    assert (await client.post(URL, json=BODY)).status_code == 401


async def test_a_repeated_request_gets_the_very_same_key(client, keeper):
    first = await make(client, keeper, **{"Idempotency-Key": "again"})
    assert await make(client, keeper, **{"Idempotency-Key": "again"}) == first
    different = await client.post(
        URL, json={**BODY, "name": "Other"}, headers={**keeper, "Idempotency-Key": "again"}
    )
    assert (different.status_code, different.json()["code"]) == (422, "idempotency-key-reused")


async def test_two_identical_requests_at_once_make_one_key(client, keeper):
    before = len(await listed(client, keeper))
    racing = (make(client, keeper, **{"Idempotency-Key": "race"}) for _ in range(4))
    answers = await asyncio.gather(*racing)
    assert len({answer["key"] for answer in answers}) == 1
    assert len(await listed(client, keeper)) == before + 1


async def test_a_repeated_request_gets_the_same_key_after_a_rotation(app, client, keeper, database):
    issuer, usual = app.state.issuer, app.state.issuer.clock
    first = await make(client, keeper, **{"Idempotency-Key": "rotated"})
    async with database.writing() as session:
        await issuer.rotate_keys(session)
    issuer.clock = lambda: usual() + 3_600
    try:
        assert await make(client, keeper, **{"Idempotency-Key": "rotated"}) == first
    finally:
        issuer.clock = usual
