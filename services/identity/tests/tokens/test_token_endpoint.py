import time
from contextlib import asynccontextmanager

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from chassis import ids
from identity.clients.store import clients as store
from identity.shared.oauth import token_requests
from identity.shared.rules import crypto
from identity.tokens.routes import token as token_routes

ISSUER = "http://test.invalid/identity/"
TOKEN_URL = ISSUER + "token"
GRANT = {"grant_type": "client_credentials"}
EC = ECKey.generate_key("P-256", {"kid": "ec"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
PUBLIC = {"keys": [key.as_dict(private=False) for key in (EC, RSA)]}


@pytest.fixture(scope="module")
async def citytown(client, mint):
    """(id, secret) of a client of citytown."""
    return await make_client(client, mint)


@pytest.fixture(scope="module")
async def signer(client, mint):
    """The id of a client of citytown that signs assertions."""
    return (await make_client(client, mint, jwks=PUBLIC))[0]


async def make_client(client, mint, council="citytown", **body):
    scopes = ["identity:clients", "address:read", "mapping:read"]
    headers = {"Authorization": f"Bearer {mint(scopes=scopes, councils=[council], mode='live')}"}
    body = {"name": ids.show(ids.new()), "scopes": ["address:read", "mapping:read"], **body}
    response = await client.post(f"/{council}/identity/v1/clients", json=body, headers=headers)
    assert response.status_code == 201, response.text
    return response.json()["client_id"], response.json()["client_secret"]


def asserted(client_id, key=EC, algorithm="ES256", header=None, **claims):
    now = int(time.time())
    claims = {"aud": TOKEN_URL, "exp": now + 60, "jti": ids.show(ids.new()), **claims}
    content = {"iss": client_id, "sub": client_id, **claims}
    assertion = jwt.encode(
        {"alg": algorithm, "kid": key.kid, **(header or {})}, content, key, algorithms=[algorithm]
    )
    return {**GRANT, "client_assertion_type": token_requests.ASSERTION_TYPE, "client_assertion": assertion}


async def ask(client, data=GRANT, **more):
    return await client.post("/identity/token", data=data, **more)


async def claims_of(client, response):
    assert response.status_code == 200, response.text
    published = (await client.get("/identity/.well-known/jwks.json")).json()
    decoded = jwt.decode(
        response.json()["access_token"], KeySet.import_key_set(published), algorithms=["ES256"]
    )
    return decoded.header, decoded.claims


def refused(response, error, status=400):
    assert (response.status_code, response.json()["error"]) == (status, error), response.text
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-type"] == "application/json"
    if status == 401:
        assert response.headers["www-authenticate"].startswith("Basic")
    return response.json()["error_description"]


async def test_a_client_gets_a_token_for_its_council(client, citytown):
    response = await ask(client, auth=citytown)
    header, claims = await claims_of(client, response)
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    assert claims["iss"] == ISSUER
    assert claims["aud"] == "townhall"
    assert claims["sub"] == claims["client_id"] == citytown[0]
    assert claims["scope"] == response.json()["scope"] == "address:read mapping:read"
    assert claims["councils"] == ["citytown"]
    assert claims["mode"] == "live"
    assert claims["exp"] - claims["iat"] == response.json()["expires_in"] == 600
    assert abs(claims["iat"] - time.time()) < 5
    assert response.json()["token_type"] == "Bearer"
    assert response.headers["cache-control"] == "no-store"


async def test_every_token_has_an_id_of_its_own(client, citytown):
    first, second = [(await claims_of(client, await ask(client, auth=citytown)))[1]["jti"] for _ in range(2)]
    assert first != second


async def test_the_secret_may_be_in_the_form(client, citytown):
    response = await ask(client, {**GRANT, "client_id": citytown[0], "client_secret": citytown[1]})
    assert response.status_code == 200


async def test_a_token_opens_what_its_scope_says(client, mint, operator):
    credentials = await make_client(client, mint, scopes=["identity:clients"])
    token = (await ask(client, auth=credentials)).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await client.get("/citytown/identity/v1/clients", headers=bearer)).status_code == 200
    refused_ = await client.get("/citytown/identity/v1/api-keys", headers=bearer)
    assert (refused_.status_code, refused_.json()["code"]) == (403, "missing-scope")
    crossing = await client.get("/hillshire/identity/v1/clients", headers=bearer)
    assert (crossing.status_code, crossing.json()["code"]) == (403, "wrong-council")


async def test_a_client_may_ask_for_less(client, citytown):
    response = await ask(client, {**GRANT, "scope": "address:read"}, auth=citytown)
    assert (await claims_of(client, response))[1]["scope"] == "address:read"


@pytest.mark.parametrize("scope", ["address:write", "address:read identity:operate", "nonsense"])
async def test_a_client_cannot_ask_for_more(client, citytown, scope):
    refused(await ask(client, {**GRANT, "scope": scope}, auth=citytown), "invalid_scope")


async def test_an_unknown_client_and_a_wrong_secret_read_alike(client, citytown):
    responses = [
        await ask(client, auth=(citytown[0], "wrong")),
        await ask(client, auth=(ids.show(ids.new()), "wrong")),
        await ask(client, auth=("nobody at all", "wrong")),
        await ask(client, auth=(citytown[0].upper(), citytown[1])),
        await ask(client, {**GRANT, "client_id": ids.show(ids.new()), "client_secret": "wrong"}),
    ]
    assert len({refused(response, "invalid_client", 401) for response in responses}) == 1
    assert len({str(sorted(response.headers.items())) for response in responses}) == 1


async def test_an_unknown_client_costs_what_a_wrong_secret_costs(client, app, citytown, monkeypatch):
    """The same look-up and the same comparisons, so the time tells nothing."""
    calls = []
    look_up, compare = store.get_record, crypto.matches_hash
    monkeypatch.setattr(
        store, "get_record", lambda *arguments: calls.append("look-up") or look_up(*arguments)
    )
    monkeypatch.setattr(
        crypto, "matches_hash", lambda *arguments: calls.append("compare") or compare(*arguments)
    )
    for client_id in (citytown[0], ids.show(ids.new()), "nobody at all"):
        app.state.provider.client_cache.clear()
        calls.clear()
        await ask(client, auth=(client_id, "wrong"))
        assert calls == ["look-up", "compare", "compare"], "with this secret and with the one before"


async def test_a_client_with_keys_has_no_secret(client, signer):
    for secret in ("", "None", "wrong"):
        refused(await ask(client, auth=(signer, secret)), "invalid_client", 401)


@pytest.mark.parametrize(("key", "algorithm"), [(EC, "ES256"), (RSA, "RS256"), (RSA, "PS256")])
@pytest.mark.parametrize("audience", [TOKEN_URL, ISSUER])
async def test_a_client_authenticates_by_a_signed_assertion(client, signer, key, algorithm, audience):
    response = await ask(client, asserted(signer, key, algorithm, aud=audience))
    assert (await claims_of(client, response))[1]["client_id"] == signer


async def test_an_assertion_is_good_once(client, signer):
    form = asserted(signer)
    assert (await ask(client, form)).status_code == 200
    assert "used before" in refused(await ask(client, form), "invalid_client", 401)


async def test_two_clients_may_use_the_same_jti(client, signer, mint):
    other_client = (await make_client(client, mint, jwks=PUBLIC))[0]
    for client_id in (signer, other_client):
        assert (await ask(client, asserted(client_id, jti="same"))).status_code == 200


async def test_an_assertion_of_another_client_is_refused(client, signer, citytown):
    form = {**asserted(signer), "client_id": citytown[0]}
    refused(await ask(client, form), "invalid_client", 401)


async def test_an_assertion_that_was_refused_is_not_used_up(client, signer):
    refused(await ask(client, asserted(signer, jti="kept", aud="http://other/")), "invalid_client", 401)
    assert (await ask(client, asserted(signer, jti="kept"))).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "http://other.invalid/token"},
        {"exp": 1},
        {"exp": 2**40},
        {"iss": ids.show(ids.new())},
        {"sub": ids.show(ids.new())},
        {"jti": ""},
        {"header": {"kid": "foreign"}},
        {"header": {"jku": "http://evil.invalid/"}},
        {"header": {"x5u": "http://evil.invalid/"}},
        {"header": {"jwk": EC.as_dict(private=False)}},
        {"header": {"typ": "at+jwt"}},
        {"key": ECKey.generate_key("P-256", {"kid": "ec"})},
    ],
)
async def test_an_assertion_that_does_not_hold_is_refused(client, signer, wrong):
    refused(await ask(client, asserted(signer, **wrong)), "invalid_client", 401)


async def test_an_assertion_for_an_unknown_client_reads_like_a_wrong_signature(client, signer):
    stranger = ECKey.generate_key("P-256", {"kid": "ec"})
    answers = [
        await ask(client, asserted(client_id, stranger)) for client_id in (signer, ids.show(ids.new()))
    ]
    assert len({refused(answer, "invalid_client", 401) for answer in answers}) == 1


async def test_an_access_token_is_no_assertion(client, signer):
    token = (await ask(client, asserted(signer))).json()["access_token"]
    form = {**GRANT, "client_assertion_type": token_requests.ASSERTION_TYPE, "client_assertion": token}
    refused(await ask(client, form), "invalid_client", 401)


async def test_other_grants_are_not_offered(client, citytown):
    refused(await ask(client, {"grant_type": "password"}, auth=citytown), "unsupported_grant_type")


async def test_a_token_is_asked_for_by_form(client, citytown):
    response = await client.post("/identity/token", json=GRANT, auth=citytown)
    refused(response, "invalid_request")


async def test_a_secret_in_the_url_is_refused(client, citytown):
    response = await ask(client, params={"client_secret": citytown[1]}, auth=citytown)
    refused(response, "invalid_request")


async def test_a_body_that_is_too_long_is_refused_in_the_protocols_shape(client, citytown):
    response = await ask(client, {**GRANT, "scope": "a" * 20_000}, auth=citytown)
    refused(response, "invalid_request", 413)


async def test_another_method_is_refused_in_the_protocols_shape(client):
    refused(await client.get("/identity/token"), "invalid_request", 405)


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"%00=%00", b"grant_type=client_credentials&client_id=%00&client_secret=%00"]
)
async def test_hostile_bytes_get_an_error_of_the_protocol(client, body):
    response = await client.post(
        "/identity/token", content=body, headers={"Content-Type": token_requests.FORM}
    )
    assert response.status_code in {400, 401}
    assert response.json()["error"] in {"invalid_request", "invalid_client"}


@asynccontextmanager
async def suspended(client, operator, slug):
    url = f"/identity/v1/councils/{slug}"

    async def set_status(status):
        tag = (await client.get(url, headers=operator)).headers["etag"]
        response = await client.patch(url, json={"status": status}, headers={**operator, "If-Match": tag})
        assert response.status_code == 200

    await set_status("suspended")
    yield
    await set_status("active")


async def test_a_suspended_councils_client_gets_no_token_until_the_council_is_reopened(
    client, operator, mint
):
    credentials = await make_client(client, mint, "hillshire")
    token = (await ask(client, auth=credentials)).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    async with suspended(client, operator, "hillshire"):
        assert "suspended" in refused(await ask(client, auth=credentials), "unauthorized_client")
        wrong = await ask(
            client, auth=(credentials[0], "wrong")
        )  # an unauthenticated client does not learn of it
        refused(wrong, "invalid_client", 401)
        response = await client.get("/hillshire/identity/v1/council", headers=bearer)
        assert (response.status_code, response.json()["code"]) == (403, "council-suspended")
    assert (await ask(client, auth=credentials)).status_code == 200


async def test_a_revoked_client_is_unknown_and_its_tokens_are_refused_at_once(client, mint, keeper):
    credentials = await make_client(client, mint, scopes=["identity:clients"])
    headers = {"Authorization": f"Bearer {(await ask(client, auth=credentials)).json()['access_token']}"}
    assert (await client.get("/citytown/identity/v1/clients", headers=headers)).status_code == 200
    await client.delete(f"/citytown/identity/v1/clients/{credentials[0]}", headers=keeper)
    refused(await ask(client, auth=credentials), "invalid_client", 401)
    response = await client.get("/citytown/identity/v1/clients", headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "revoked-credential")


async def test_a_server_error_has_the_protocols_shape(client, citytown, monkeypatch):
    def broken(*_):
        raise RuntimeError("planted")

    monkeypatch.setattr(token_routes.client_credentials, "issue_token", broken)
    response = await ask(client, auth=citytown)
    assert (response.status_code, response.json()["error"]) == (500, "server_error")
    assert "planted" not in response.text
