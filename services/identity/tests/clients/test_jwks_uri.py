"""Keys that a service publishes at a URL: read when needed, not more often, kept while it is away."""

import asyncio
import datetime
from contextlib import contextmanager
from dataclasses import replace

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import text

from chassis import ids
from chassis.outbound import Outbound
from chassis.testing import ISSUER, eventually
from chassis.testing.servers import Names, trusting
from identity.clients.actions import client_keys
from identity.shared.rules import key_sets
from services.identity.tests.provider import Service

_AGE = text("UPDATE jwks_reading SET tried_at = tried_at - interval '1 hour' WHERE client = :client")
_LEFT = text("SELECT * FROM job WHERE kind = 'identity.refresh_keys'")
FLOOR = 1.0  # seconds
CALLBACK = "https://bins.citytown.gov.uk/signed-in"
URL = "/citytown/identity/v1/services"


@pytest.fixture(scope="module")
def settings(settings, authority):
    return trusting(settings, authority, jwks_floor=FLOOR)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "JSON"),
        (b"[" * 60_000, "JSON|JWK Set"),
        (b"[]", "JWK Set"),
        (b'{"keys": {}}', "JWK Set"),
        (b'{"keys": []}', "1 to 5"),
        (b'{"keys": [1, null, {"kty": "oct"}]}', "1 to 5"),
        (b'{"keys": [{"kty": "EC", "d": "secret"}]}', "private"),
    ],
)
def test_anything_but_a_set_of_public_keys_is_refused(body, why):
    with pytest.raises(ValueError, match=why):
        key_sets.parse_key_set(body)


def key(kid):
    return ECKey.generate_key("P-256", {"kid": kid})


def test_keys_for_other_uses_are_passed_over():
    good, encryption_key = (
        key("a").as_dict(private=False),
        RSAKey.generate_key(2048, {"kid": "e", "use": "enc"}),
    )
    body = str({"keys": [encryption_key.as_dict(private=False), {"kty": "OKP", "kid": "o"}, good]}).replace(
        "'", '"'
    )
    assert [parsed["kid"] for parsed in key_sets.parse_key_set(body.encode())] == ["a"]


@pytest.fixture
def headers(mint):
    return {"Authorization": f"Bearer {mint(scopes=['identity:clients'], mode='live')}"}


@contextmanager
def keys_read_by(app, refresher):
    """Have the application read clients' keys by another refresher."""
    provider = app.state.provider
    app.state.provider = replace(provider, refresher=refresher)
    yield refresher
    app.state.provider = provider


@pytest.fixture
def looked_up(app, client, settings):
    """The application finds every name at home."""
    with keys_read_by(
        app, client_keys.KeyRefresher(settings, Outbound(settings, Names(["127.0.0.1"])))
    ) as refresher:
        yield refresher


async def register(client, headers, server):
    body = {
        "name": f"Keys {ids.show(ids.new())}",
        "name_cy": "Allweddi",
        "mode": "live",
        "redirect_uris": [CALLBACK],
        "jwks_uri": server.url,
    }
    return await client.post(URL, json=body, headers=headers)


async def token(client, service, signing):
    now = int(datetime.datetime.now(datetime.UTC).timestamp())
    client_id = service["client_id"]
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": f"{ISSUER}token",
        "jti": ids.show(ids.new()),
        "exp": now + 60,
    }
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode({"alg": "ES256", "kid": signing.kid}, claims, signing),
    }
    return (await client.post("/identity/token", data=form)).status_code


async def test_a_services_keys_are_read_when_it_is_registered(client, headers, looked_up, server):
    first = key("one")
    server.publish(first)
    service = (await register(client, headers, server)).json()
    assert (service["authentication"], service["client_secret"]) == ("private_key_jwt", None)
    assert service["jwks_read_at"] is not None
    assert await token(client, service, first) == 200


async def test_a_url_without_keys_is_an_error_of_that_member(client, headers, looked_up, server):
    server.status = 404
    response = await register(client, headers, server)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "body.jwks_uri")
    assert "404" in response.json()["detail"]


async def test_a_url_inside_is_not_called_for_a_council(client, headers, app, server, settings):
    strict = settings.model_copy(update={"outbound_private": False})
    refresher = client_keys.KeyRefresher(strict, Outbound(strict, Names(["10.0.0.1"])))
    with keys_read_by(app, refresher):
        response = await register(client, headers, server)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "body.jwks_uri")
    assert server.requests == []


async def test_a_new_key_is_accepted_at_its_first_use_and_a_withdrawn_one_refused(
    client, headers, looked_up, server
):
    first, two = key("one"), key("two")
    server.publish(first)
    service = (await register(client, headers, server)).json()
    server.publish(two)
    assert await token(client, service, two) == 401, "within the floor since it was registered"
    await asyncio.sleep(FLOOR + 0.1)
    answers = await asyncio.gather(*(token(client, service, two) for _ in range(5)))
    assert answers == [200] * 5
    assert len(server.requests) == 2, "read once for all five"
    assert await token(client, service, first) == 401
    response = await client.get(f"{URL}/{service['client_id']}/history", headers=headers)
    last = response.json()["items"][-1]
    assert (last["act"], last["actor"], last["changes"]) == (
        "keys-read",
        "jwks_uri",
        {"jwks": [["one"], ["two"]]},
    )


async def test_a_request_signed_with_a_new_key_is_accepted_at_the_next_attempt(
    client, headers, looked_up, server
):
    first, second = key("one"), key("two")
    server.publish(first)
    registered = (await register(client, headers, server)).json()
    service = Service(registered["client_id"], None, "citytown")
    request = {"redirect_uri": CALLBACK}

    async def refused(signing):
        inside = service.object(signing, header={"typ": "oauth-authz-req+jwt"}, **request)
        response = await client.get("/identity/authorize", params=service.request(request=inside, **request))
        return "invalid_request_object" in response.headers.get("location", "")

    assert not await refused(first)
    server.publish(second)
    await asyncio.sleep(FLOOR + 0.1)

    # The first try is refused unless the keys were read in the meantime for another reason; it has them read.
    async def is_accepted():
        return not await refused(second)

    await eventually(is_accepted)
    assert await refused(first)


async def test_strangers_cannot_cause_repeated_calls_to_a_server(client, headers, looked_up, server):
    server.publish(key("one"))
    service = (await register(client, headers, server)).json()
    await asyncio.sleep(FLOOR + 0.1)
    for n in range(6):
        assert await token(client, service, key(f"forged-{n}")) == 401
    assert len(server.requests) == 2


async def test_the_stored_keys_are_used_while_the_server_is_away(client, headers, looked_up, server):
    first = key("one")
    server.publish(first)
    service = (await register(client, headers, server)).json()
    for status, body in ((500, b""), (200, b"not JSON"), (200, b'{"keys": []}')):
        server.status, server.body = status, body
        await asyncio.sleep(FLOOR + 0.1)
        assert await token(client, service, key("forged")) == 401
        assert await token(client, service, first) == 200


@pytest.fixture
def age_keys(database):
    """``await age_keys(service)`` lets the service's keys be as old as when they are fetched again."""

    async def age(service):
        async with database.writing("*") as session:
            changed = await session.execute(_AGE, {"client": ids.read(service["client_id"])})
        assert changed == 1

    return age


@pytest.fixture
def run_refreshes(run_jobs, looked_up, monkeypatch):
    """``await run_refreshes()`` does what the worker does of keys within half a minute."""
    monkeypatch.setattr(client_keys, "Outbound", lambda _: looked_up.outbound)
    return lambda: run_jobs(after=datetime.timedelta(seconds=30))


async def test_old_keys_are_fetched_again_without_a_request(client, headers, server, run_refreshes, age_keys):
    first, two = key("one"), key("two")
    server.publish(first)
    service = (await register(client, headers, server)).json()
    server.publish(two)
    await run_refreshes()
    assert await token(client, service, first) == 200, "not old yet"
    await age_keys(service)
    await run_refreshes()

    async def withdrawn():
        return await token(client, service, first) == 401

    await eventually(withdrawn)
    assert await token(client, service, two) == 200


async def test_a_client_whose_server_is_away_waits_its_own_time(
    client, headers, server, run_refreshes, age_keys, database
):
    server.publish(key("one"))
    service = (await register(client, headers, server)).json()
    server.status = 500
    for _ in range(2):
        await age_keys(service)
        await run_refreshes()
        tries = len(server.requests)
        await run_refreshes()
        assert len(server.requests) == tries, "not again at the next look"
    assert tries == 3
    async with database.writing("*") as session:
        assert await session.all(_LEFT) == [], "no dead job: the client is tried for ever"


async def test_keys_are_fetched_by_another_worker_when_the_first_ends_in_the_middle(
    client, headers, server, run_refreshes, age_keys, looked_up, monkeypatch
):
    first, two = key("one"), key("two")
    server.publish(first)
    service = (await register(client, headers, server)).json()
    await age_keys(service)
    start_event, end_event = asyncio.Event(), asyncio.Event()

    async def hang(*_, **__):
        start_event.set()
        await end_event.wait()
        return b""

    with monkeypatch.context() as patch:
        patch.setattr(looked_up.outbound, "get", hang)
        worker = asyncio.create_task(run_refreshes())
        await start_event.wait()
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    server.publish(two)

    async def is_fetched():
        await run_refreshes()
        return len(server.requests) == 2

    await eventually(is_fetched)
    end_event.set()
