import asyncio
from contextlib import suppress

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import SecretStr
from sqlalchemy import text

from chassis import ids
from chassis.app import create_app
from chassis.testing import eventually, running
from identity.grants.actions import subjects
from identity.issuer.actions.signing_keys import Issuer
from identity.shared.oauth import assertions, scopes, token_requests
from identity.shared.rules import crypto

WELL_KNOWN = "/identity/.well-known"


@pytest.fixture
def issuer(app, client):
    """The running app's issuer, with a clock the test can set."""
    issuer = app.state.issuer
    usual = issuer.clock
    yield issuer
    issuer.clock = usual


@pytest.fixture
async def region_client(client, operator):
    """(id, secret) of a client of the region that may look up addresses."""
    body = {"name": ids.show(ids.new()), "scopes": ["address:read"]}
    created = (await client.post("/identity/v1/clients", json=body, headers=operator)).json()
    return created["client_id"], created["client_secret"]


async def token(client, credentials):
    response = await client.post(
        "/identity/token", data={"grant_type": "client_credentials"}, auth=credentials
    )
    return response.json()["access_token"]


async def jwks(client):
    return (await client.get(f"{WELL_KNOWN}/jwks.json")).json()


async def kids(client):
    return [key["kid"] for key in (await jwks(client))["keys"] if key["alg"] == "ES256"]


def signed_by(token, published):
    """The id of the published key that signed it."""
    for key in published["keys"]:
        with suppress(JoseError, ValueError):
            jwt.decode(token, KeySet.import_key_set({"keys": [key]}), algorithms=["ES256"])
            return key["kid"]
    return None


async def rotate(issuer, database):
    async with database.writing() as session:
        rotated = await issuer.rotate_keys(session)
    await asyncio.sleep(4 * issuer.settings.key_poll)  # who was just reading the keys has read them again
    return rotated


@pytest.mark.parametrize("name", ["openid-configuration", "oauth-authorization-server"])
async def test_discovery_lists_what_is_supported_and_no_more(client, name):
    metadata = (await client.get(f"{WELL_KNOWN}/{name}")).json()
    assert metadata["issuer"] == "http://test.invalid/identity/"
    assert metadata["token_endpoint"] == metadata["issuer"] + "token"
    assert metadata["jwks_uri"] == metadata["issuer"] + ".well-known/jwks.json"
    assert metadata["grant_types_supported"] == list(token_requests.GRANT_TYPES)
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["token_endpoint_auth_signing_alg_values_supported"] == list(assertions.ALGORITHMS)
    assert set(metadata["scopes_supported"]) == set(scopes.CATALOGUE) | subjects.IDENTITY_SCOPES
    assert "registration_endpoint" not in metadata


async def test_the_published_keys_are_public(client):
    for key in (await jwks(client))["keys"]:
        members = {"crv", "x", "y"} if key["kty"] == "EC" else {"n", "e"}
        assert set(key) == {"kid", "kty", "use", "alg"} | members


@pytest.mark.parametrize("name", ["jwks.json", "openid-configuration"])
async def test_unchanged_documents_are_not_sent_again(client, name):
    first = await client.get(f"{WELL_KNOWN}/{name}")
    assert "max-age" in first.headers["cache-control"]
    again = await client.get(f"{WELL_KNOWN}/{name}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get(f"{WELL_KNOWN}/{name}", headers={"If-None-Match": '"other"'})
    assert other.json() == first.json()


async def test_keys_rotate_with_overlap(client, issuer, database, region_client, settings):
    start = issuer.clock()
    before = await kids(client)
    assert await rotate(issuer, database)
    published = await kids(client)
    assert len(published) == len(before) + 1  # the next key is there ...
    old = await token(client, region_client)
    assert signed_by(old, await jwks(client)) == before[-1]  # ... and does not sign yet
    issuer.clock = lambda: start + settings.key_lead + 1
    new = await token(client, region_client)
    assert signed_by(new, await jwks(client)) == published[-1]
    assert signed_by(old, await jwks(client)) == before[-1]  # the old one can still be checked
    issuer.clock = lambda: start + settings.key_lead + 600 + crypto.GRACE_SECONDS + 1
    assert signed_by(old, await jwks(client)) is None
    assert signed_by(new, await jwks(client)) == published[-1]


async def test_a_second_rotation_waits_for_the_first(client, issuer, database, settings):
    start = issuer.clock() + 10_000
    issuer.clock = lambda: start
    assert await rotate(issuer, database)
    published = await kids(client)
    assert not await rotate(issuer, database)
    assert await kids(client) == published


async def test_a_retired_key_that_signed_an_api_key_stays_as_long_as_that_lives(
    client, issuer, database, keeper, settings
):
    start = issuer.clock() + 20_000
    issuer.clock = lambda: start
    body = {"name": "Long", "mode": "live", "scopes": ["address:read"]}
    api_key = (await client.post("/citytown/identity/v1/api-keys", json=body, headers=keeper)).json()
    signer = signed_by(api_key["key"], await jwks(client))
    await rotate(issuer, database)
    issuer.clock = lambda: start + 100_000
    assert signer in await kids(client)
    await rotate(issuer, database)  # forgets what is no longer needed
    assert signer in await kids(client)
    deleted = await client.delete(f"/citytown/identity/v1/api-keys/{api_key['id']}", headers=keeper)
    assert deleted.status_code == 204
    async with database.writing() as session:
        await issuer.ensure_keys(session)
    assert signer not in await kids(client)


async def test_the_private_half_of_a_key_long_retired_is_erased(client, issuer, database, keeper):
    start = issuer.clock() + 300_000
    issuer.clock = lambda: start
    body = {"name": "Keeps its key published", "mode": "live", "scopes": ["address:read"]}
    again = {**keeper, "Idempotency-Key": "long-after"}
    response = await client.post("/citytown/identity/v1/api-keys", json=body, headers=again)
    assert response.status_code == 201
    signer = issuer.select_key().kid
    await rotate(issuer, database)
    assert issuer.get_key(signer).private is not None
    issuer.clock = lambda: start + 100_000
    await rotate(issuer, database)
    assert signer in await kids(client)
    assert issuer.get_key(signer).private is None
    assert issuer.select_key().private is not None
    answer = await client.post("/citytown/identity/v1/api-keys", json=body, headers=again)
    assert (answer.status_code, answer.json()["code"]) == (409, "key-not-repeatable")


async def test_another_process_learns_of_a_new_key_without_a_restart(
    client, issuer, database, service, settings
):
    async with running(create_app(service, settings)) as other_app:
        kids_before = await kids(other_app)
        issuer.clock = lambda: max(key.signs_from for key in issuer.keys) + 1
        assert await rotate(issuer, database)

        async def learnt():
            return set(await kids(other_app)) - set(kids_before)  # an old one may go in the same moment

        assert await eventually(learnt, within=10)


async def test_processes_that_start_at_once_make_one_key(settings, database):
    async with database.writing() as session:
        await session.execute(text("DELETE FROM signing_key"))
    issuers = [Issuer(settings) for _ in range(4)]
    all_there = asyncio.Barrier(4)

    async def start(issuer):
        async with database.writing() as session:
            await all_there.wait()
            await issuer.ensure_keys(session)

    await asyncio.gather(*(start(issuer) for issuer in issuers))
    assert {issuer.select_key().kid for issuer in issuers} == {issuers[0].select_key().kid}
    assert [len(issuer.list_published_keys()) for issuer in issuers] == [len(crypto.ALGORITHMS)] * 4


async def test_with_another_master_key_the_service_does_not_start(service, settings, client):
    wrong = settings.model_copy(update={"master_key": SecretStr("x" * 42 + "A")})
    with pytest.raises(crypto.WrongMasterKeyError):
        async with running(create_app(service, wrong)):
            pass


@pytest.mark.parametrize(
    ("text", "reason"), [("", "IDENTITY_MASTER_KEY is not set"), ("c2hvcnQ", "must be 32")]
)
def test_a_missing_or_malformed_master_key_is_reported(settings, text, reason):
    without = settings.model_copy(update={"master_key": SecretStr(text)})
    with pytest.raises(ValueError, match=reason):
        Issuer(without)


def test_a_key_may_not_sign_before_everybody_knows_it(service, settings):
    with pytest.raises(ValueError, match="key_lead"):
        service.settings(**(settings.model_dump() | {"key_lead": 1, "jwks_max_age": 300}))
