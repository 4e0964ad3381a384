"""Tokens, scopes and councils, as every service checks them."""

import base64
import hmac
import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import text

from chassis import tenancy
from chassis.testing import ISSUER, eventually

NOTES = "/citytown/notes/v1/notes"


def code(answer):
    return answer.status_code, answer.json().get("code")


@pytest.fixture
def reader(mint):
    return mint(scopes=["notes:read"])


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer {}"}, {"authorization": "bearer {}"}, {"X-Api-Key": "{}"}, {"key": "{}"}],
)
async def test_a_credential_may_stand_in_any_of_the_headers(client, reader, headers):
    answer = await client.get(NOTES, headers={name: value.format(reader) for name, value in headers.items()})
    assert answer.status_code == 200


async def test_a_credential_may_stand_in_the_query_of_os_clients(client, reader):
    assert (await client.get(NOTES, params={"key": reader})).status_code == 200


async def test_no_credential_is_401_and_says_where_to_put_one(client):
    answer = await client.get(NOTES)
    assert code(answer) == (401, "missing-credential")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "http://elsewhere/"},
        {"aud": "another"},
        {"typ": "JWT"},
        {"typ": "id_token"},
        {"exp": "soon"},
        {"councils": None, "councils_missing": True},
    ],
    ids=str,
)
async def test_a_token_that_is_not_ours_is_401(client, mint, issuer_key, wrong):
    typ = wrong.pop("typ", "at+jwt")
    if "councils_missing" in wrong:
        claims = {"iss": ISSUER, "aud": "townhall", "sub": "x", "exp": int(time.time()) + 60}
        token = jwt.encode({"alg": "ES256", "kid": "test", "typ": "at+jwt"}, claims, issuer_key)
    else:
        token = mint(scopes=["notes:read"], typ=typ, **wrong)
    assert code(await client.get(NOTES, headers={"X-Api-Key": token})) == (401, "invalid-credential")


@pytest.mark.parametrize("token", ["x", "a.b.c", "é" * 10, "x" * 5000, "..", "eyJhbGciOiJub25lIn0.e30."])
async def test_rubbish_for_a_token_is_401(client, token):
    answer = await client.get(NOTES, params={"key": token})
    assert code(answer) == (401, "invalid-credential")


async def test_a_token_signed_by_a_foreign_key_is_401(client, mint):
    foreign = ECKey.generate_key("P-256", {"kid": "test"})
    claims = {
        "iss": ISSUER,
        "aud": "townhall",
        "sub": "x",
        "client_id": "x",
        "jti": "1",
        "scope": "notes:read",
    }
    claims |= {"councils": ["*"], "mode": "live", "exp": int(time.time()) + 60}
    token = jwt.encode({"alg": "ES256", "kid": "test", "typ": "at+jwt"}, claims, foreign)
    assert code(await client.get(NOTES, headers={"key": token})) == (401, "invalid-credential")


async def test_a_token_signed_with_our_public_key_as_a_secret_is_401(client, issuer_key):
    claims = {
        "iss": ISSUER,
        "aud": "townhall",
        "sub": "x",
        "client_id": "x",
        "jti": "1",
        "scope": "notes:read",
    }
    claims |= {"councils": ["*"], "mode": "live", "exp": int(time.time()) + 60}
    parts = [{"alg": "HS256", "kid": "test", "typ": "at+jwt"}, claims]
    signed = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    secret = issuer_key.as_pem(private=False)
    mac = base64.urlsafe_b64encode(hmac.digest(secret, signed, "sha256")).rstrip(b"=")
    answer = await client.get(NOTES, headers={"key": (signed + b"." + mac).decode()})
    assert code(answer) == (401, "invalid-credential")


async def test_an_expired_token_is_401_also_when_it_was_good_before(client, mint, monkeypatch):
    token = mint(scopes=["notes:read"])
    assert (await client.get(NOTES, headers={"key": token})).status_code == 200
    later = time.time() + 700
    monkeypatch.setattr(time, "time", lambda: later)
    assert code(await client.get(NOTES, headers={"key": token})) == (401, "expired-credential")


async def test_a_missing_scope_is_403_and_named(client, mint):
    answer = await client.get(NOTES, headers={"key": mint(scopes=["notes:write"])})
    assert code(answer) == (403, "missing-scope")
    assert answer.json()["scope"] == "notes:read"


async def test_another_councils_token_is_403(client, mint):
    token = mint(scopes=["notes:read"], councils=["hillshire"])
    assert code(await client.get(NOTES, headers={"key": token})) == (403, "wrong-council")


async def test_a_token_for_every_council_reads_any(client, mint):
    token = mint(scopes=["notes:read"], councils=["*"])
    assert (await client.get("/hillshire/notes/v1/notes", headers={"key": token})).status_code == 200


async def test_an_unknown_council_is_404(client, mint):
    token = mint(scopes=["notes:read"], councils=["*"])
    assert code(await client.get("/atlantis/notes/v1/notes", headers={"key": token})) == (
        404,
        "unknown-council",
    )
    assert code(await client.get("/atlantis/notes/v1/fast")) == (404, "unknown-council")


async def test_a_suspended_council_is_403(client, mint):
    token = mint(scopes=["notes:read"], councils=["sleepton"])
    answer = await client.get("/sleepton/notes/v1/notes", headers={"key": token})
    assert code(answer) == (403, "council-suspended")


@pytest.mark.parametrize("revoked", ["jti", "client_id", "sub", "mandate"])
async def test_a_revoked_token_client_subject_or_mandate_is_refused_within_a_second(
    client, app, mint, revoked
):
    ids = {claim: f"{claim}-of-{revoked}" for claim in ("jti", "client_id", "sub", "mandate")}
    token = mint(scopes=["notes:read"], **ids)
    assert (await client.get(NOTES, headers={"key": token})).status_code == 200
    async with app.state.database.writing() as session:
        until = await session.scalar(text("SELECT now() + interval '1 hour'"))
        name = ids[revoked]
        await tenancy.revoke(session, "citytown", name, until)

    async def refused():
        return code(await client.get(NOTES, headers={"key": token})) == (401, "revoked-credential")

    await eventually(refused, within=1)


async def test_the_council_view_says_what_the_service_knows(client, mint):
    answer = await client.get("/citytown/notes/v1/council", headers={"key": mint(scopes=["notes:read"])})
    assert answer.json()["gss"] == "E06000022"


async def test_a_council_that_appears_is_served_within_a_second(client, app, mint):
    token = mint(scopes=["notes:read"], councils=["*"])
    async with app.state.database.writing() as session:
        await session.execute(
            text(
                "INSERT INTO council (slug, name, gss, region, version)"
                " VALUES ('newton', 'N', 'E1', 'local', 1)"
            )
        )

    async def served():
        return (await client.get("/newton/notes/v1/council", headers={"key": token})).status_code == 200

    await eventually(served, within=1)
