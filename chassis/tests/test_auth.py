"""Tokens, scopes and councils, as every service checks them."""

import base64
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import text

from chassis import revocations
from chassis.outbound import Outbound, OutboundError
from chassis.settings import Settings
from chassis.testing import ISSUER, eventually
from chassis.testing.servers import Server, listening
from chassis.tokens import make_key_source

NOTES = "/citytown/notes/v1/notes"
BINS = "/citytown/notes/v1/bins"


def status_and_code(response):
    return response.status_code, response.json().get("code")


@pytest.fixture
def reader(mint):
    return mint(scopes=["notes:read"])


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer {}"}, {"authorization": "bearer {}"}, {"X-Api-Key": "{}"}, {"key": "{}"}],
)
async def test_a_credential_may_stand_in_any_of_the_headers(client, reader, headers):
    response = await client.get(
        NOTES, headers={name: value.format(reader) for name, value in headers.items()}
    )
    assert response.status_code == 200


async def test_a_credential_may_stand_in_the_query_of_os_clients(client, reader):
    assert (await client.get(NOTES, params={"key": reader})).status_code == 200


async def test_no_credential_is_401_and_says_where_to_put_one(client):
    response = await client.get(NOTES)
    assert status_and_code(response) == (401, "missing-credential")
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "changes",
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
async def test_a_token_of_another_issuer_audience_or_type_is_401(client, mint, issuer_key, changes):
    typ = changes.pop("typ", "at+jwt")
    if "councils_missing" in changes:
        claims = {"iss": ISSUER, "aud": "townhall", "sub": "x", "exp": int(time.time()) + 60}
        token = jwt.encode({"alg": "ES256", "kid": "test", "typ": "at+jwt"}, claims, issuer_key)
    else:
        token = mint(scopes=["notes:read"], typ=typ, **changes)
    assert status_and_code(await client.get(NOTES, headers={"X-Api-Key": token})) == (
        401,
        "invalid-credential",
    )


@pytest.mark.parametrize("token", ["x", "a.b.c", "é" * 10, "x" * 5000, "..", "eyJhbGciOiJub25lIn0.e30."])
async def test_a_malformed_token_is_401(client, token):
    response = await client.get(NOTES, params={"key": token})
    assert status_and_code(response) == (401, "invalid-credential")


async def test_a_token_signed_by_a_foreign_key_is_401(client, mint):
    foreign_key = ECKey.generate_key("P-256", {"kid": "test"})
    claims = {
        "iss": ISSUER,
        "aud": "townhall",
        "sub": "x",
        "client_id": "x",
        "jti": "1",
        "scope": "notes:read",
    }
    claims |= {"councils": ["*"], "mode": "live", "exp": int(time.time()) + 60}
    token = jwt.encode({"alg": "ES256", "kid": "test", "typ": "at+jwt"}, claims, foreign_key)
    assert status_and_code(await client.get(NOTES, headers={"key": token})) == (401, "invalid-credential")


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
    signing_input = b".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts
    )
    secret = issuer_key.as_pem(private=False)
    mac = base64.urlsafe_b64encode(hmac.digest(secret, signing_input, "sha256")).rstrip(b"=")
    response = await client.get(NOTES, headers={"key": (signing_input + b"." + mac).decode()})
    assert status_and_code(response) == (401, "invalid-credential")


async def test_an_expired_token_is_401_even_if_it_was_valid_before(client, mint, set_clock):
    token = mint(scopes=["notes:read"])
    assert (await client.get(NOTES, headers={"key": token})).status_code == 200
    set_clock(time.time() + 700)
    assert status_and_code(await client.get(NOTES, headers={"key": token})) == (401, "expired-credential")


async def test_a_missing_scope_is_403_and_named(client, mint):
    response = await client.get(NOTES, headers={"key": mint(scopes=["notes:write"])})
    assert status_and_code(response) == (403, "missing-scope")
    assert response.json()["scope"] == "notes:read"


async def test_another_councils_token_is_403(client, mint):
    token = mint(scopes=["notes:read"], councils=["hillshire"])
    assert status_and_code(await client.get(NOTES, headers={"key": token})) == (403, "wrong-council")


async def test_a_token_for_every_council_reads_any(client, mint):
    token = mint(scopes=["notes:read"], councils=["*"])
    assert (await client.get("/hillshire/notes/v1/notes", headers={"key": token})).status_code == 200


async def test_an_unknown_council_is_404(client, mint):
    token = mint(scopes=["notes:read"], councils=["*"])
    assert status_and_code(await client.get("/atlantis/notes/v1/notes", headers={"key": token})) == (
        404,
        "unknown-council",
    )
    assert status_and_code(await client.get("/atlantis/notes/v1/fast")) == (404, "unknown-council")


async def test_a_suspended_council_is_403(client, mint):
    token = mint(scopes=["notes:read"], councils=["sleepton"])
    response = await client.get("/sleepton/notes/v1/notes", headers={"key": token})
    assert status_and_code(response) == (403, "council-suspended")


@pytest.mark.parametrize("revoked", ["jti", "client_id", "sub", "mandate", "act"])
async def test_a_revoked_token_client_subject_actor_or_mandate_is_refused_within_a_second(
    client, app, mint, revoked
):
    ids = {claim: f"{claim}-of-{revoked}" for claim in ("jti", "client_id", "sub", "mandate")}
    acting = {"act": {"sub": f"act-of-{revoked}"}, "theme": "waste"}
    token = mint(scopes=["notes:own"], **ids, **acting)

    async def send():
        return await client.post(BINS, json={"text": "full"}, headers={"key": token})

    assert (await send()).status_code == 201
    async with app.state.database.writing() as session:
        until = await session.scalar(text("SELECT now() + interval '1 hour'"))
        name = f"act-of-{revoked}" if revoked == "act" else ids[revoked]
        await revocations.revoke(session, "citytown", name, until)

    async def is_refused():
        return status_and_code(await send()) == (401, "revoked-credential")

    await eventually(is_refused, within=1)


@pytest.fixture
def refuse(app, client):
    """Make ``await refuse(id, issued_before)``: refuse for an hour, and let the service know at once."""

    async def refuse(name, issued_before=None, council="citytown"):
        until = datetime.now(UTC) + timedelta(hours=1)
        async with app.state.database.writing() as session:
            await revocations.revoke(session, council, name, until, issued_before)
        await app.state.table_copies.refresh()

    return refuse


@pytest.mark.parametrize("claim", ["client_id", "sub", "mandate"])
async def test_tokens_issued_until_a_second_are_refused_and_later_ones_are_not(client, mint, refuse, claim):
    issued_before = datetime.now(UTC).replace(microsecond=400_000)
    second, name = int(issued_before.timestamp()), f"moved-{claim}"
    await refuse(name, issued_before)
    statuses = []
    for issued in (second - 300, second - 1, second, second + 1, second + 60):
        acting = {"act": {"sub": "ben"}, "mandate": "lasting", "theme": "waste", claim: name}
        token = mint(scopes=["notes:own"], iat=issued, **acting)
        statuses.append((await client.post(BINS, json={"text": "x"}, headers={"key": token})).status_code)
    # The token of the same second may have been the earlier one: it is refused.
    assert statuses == [401, 401, 401, 201, 201]


@pytest.mark.parametrize("order", list(permutations([None, 10, 20])) + list(permutations([5, 10, 20])))
async def test_a_later_refusal_widens_and_never_narrows_in_any_order(client, mint, refuse, order):
    now, name = int(time.time()), f"again-{'-'.join(map(str, order))}"
    for seconds in order:
        await refuse(name, None if seconds is None else datetime.fromtimestamp(now + seconds, UTC))
    statuses = []
    for issued in (now + 20, now + 21):
        token = mint(scopes=["notes:read"], sub=name, iat=issued)
        statuses.append((await client.get(NOTES, headers={"key": token})).status_code)
    assert statuses == [401, 401 if None in order else 200]


async def test_what_either_of_two_councils_refuses_is_refused(client, mint, refuse):
    now = int(time.time())
    for council, seconds in (("citytown", 10), ("hillshire", 20), ("region", 5)):
        await refuse("shared", datetime.fromtimestamp(now + seconds, UTC), council)
    token = mint(scopes=["notes:read"], client_id="shared", iat=now + 20)
    assert status_and_code(await client.get(NOTES, headers={"key": token})) == (401, "revoked-credential")


async def test_one_refusal_that_matches_the_token_is_enough(client, mint, refuse):
    now = int(time.time())
    await refuse("old-subject", datetime.fromtimestamp(now - 60, UTC))
    await refuse("ended-mandate")
    token = mint(scopes=["notes:read"], sub="old-subject", mandate="ended-mandate", iat=now)
    assert status_and_code(await client.get(NOTES, headers={"key": token})) == (401, "revoked-credential")


async def test_a_refusal_is_purged_when_the_credential_has_expired(app, session):
    past = datetime.now(UTC) - timedelta(seconds=1)
    await revocations.revoke(session, "citytown", "over", past, past)
    await revocations.purge(session, 100)
    assert await session.scalar(text("SELECT count(*) FROM revoked_token WHERE id = 'over'")) == 0


@pytest.mark.parametrize("issued", [None, "soon", []], ids=str)
async def test_a_token_without_a_time_of_issue_is_401(client, mint, issued):
    token = mint(scopes=["notes:read"], iat=issued)
    assert status_and_code(await client.get(NOTES, headers={"key": token})) == (401, "invalid-credential")


async def test_the_council_view_says_what_the_service_knows(client, mint):
    response = await client.get("/citytown/notes/v1/council", headers={"key": mint(scopes=["notes:read"])})
    assert response.json()["gss"] == "E06000022"


async def test_a_council_that_appears_is_served_within_a_second(client, app, mint):
    token = mint(scopes=["notes:read"], councils=["*"])
    async with app.state.database.writing() as session:
        await session.execute(
            text(
                "INSERT INTO council (slug, name, gss, region, version)"
                " VALUES ('newton', 'N', 'E1', 'local', 1)"
            )
        )

    async def is_served():
        return (await client.get("/newton/notes/v1/council", headers={"key": token})).status_code == 200

    assert await eventually(is_served, within=1)


async def test_the_issuers_keys_are_read_at_its_url_and_only_as_many_as_fit(issuer_key):
    outbound = Outbound(Settings(database_url="postgresql://none"))
    async with listening(Server(), None) as server:
        server.publish(issuer_key)
        read_keys = make_key_source(f"http://127.0.0.1:{server.port}/keys", outbound)
        assert [key["kid"] for key in (await read_keys())["keys"]] == ["test"]
        server.is_endless = True
        with pytest.raises(OutboundError, match="more than"):
            await read_keys()
