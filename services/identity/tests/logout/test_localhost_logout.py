"""Back-channel logout to http://localhost: for sandbox services, from an issuer on a laptop only."""

import pytest

from chassis import ids
from chassis.outbound import Outbound, OutboundError
from chassis.testing.servers import Names, Server, listening
from identity.accounts.actions import sessions
from identity.clients.rules import registration
from identity.issuer.actions.signing_keys import Issuer
from identity.shared.rules import uris
from services.identity.tests.provider import create_person, register, sign_in

SERVICES = "/citytown/identity/v1/services"
LOCALHOST_URIS = [
    "http://localhost:3000/logout",
    "http://127.0.0.1:3000/logout",
    "http://127.0.0.1/logout",
    "http://[::1]:3000/logout",
]
OTHER_URIS = [
    "http://service.example/logout",
    "http://10.0.0.1/logout",
    "http://169.254.169.254/latest",
    "http://127.0.0.2/logout",
    "http://127.1/logout",
    "http://0.0.0.0/logout",
    "http://2130706433/logout",
    "http://localhost.evil.example/logout",
    "http://evil.example@localhost/logout",
    "http://localhost@evil.example/logout",
    "http://localhost:3000/logout?x=1",
    "http://localhost:3000/a/../b",
    "http://localhost:80/logout",
    "http://localhost:0/logout",
    "HTTP://localhost/logout",
    "http://LOCALHOST/logout",
    "http://[::ffff:127.0.0.1]/logout",
    "http:localhost/logout",
    "ftp://localhost/logout",
]


def list_faulty_fields(mode, uri, *, laptop):
    request = registration.Registration(
        mode=mode,
        profile="standard",
        scopes=["openid"],
        redirect_uris=["https://bins.citytown.gov.uk/cb"],
        post_logout_redirect_uris=[],
        backchannel_logout_uri=uri,
        jwks_uri=None,
        identity_levels=[],
        claims=[],
    )
    return [fault.field for fault in registration.find_faults(request, is_local=laptop)]


@pytest.mark.parametrize("uri", LOCALHOST_URIS)
def test_localhost_may_be_registered_only_on_a_laptop_and_in_the_sandbox(uri):
    assert list_faulty_fields("sandbox", uri, laptop=True) == []
    assert list_faulty_fields("live", uri, laptop=True) == ["backchannel_logout_uri"]
    assert list_faulty_fields("sandbox", uri, laptop=False) == ["backchannel_logout_uri"]


@pytest.mark.parametrize("uri", OTHER_URIS)
def test_no_other_http_uri_may_be_registered_on_a_laptop(uri):
    assert not uris.is_local_http(uri)
    assert list_faulty_fields("sandbox", uri, laptop=True) == ["backchannel_logout_uri"]


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "169.254.169.254", "192.0.2.1", "8.8.8.8", "::ffff:10.0.0.1"]
)
async def test_localhost_is_not_called_when_it_resolves_to_another_address(settings, address):
    lenient = settings.model_copy(update={"outbound_private": True})
    outbound = Outbound(lenient, Names(["127.0.0.1", address]))
    with pytest.raises(OutboundError, match="address"):
        await outbound.post("http://localhost:9219/logout", b"", max_bytes=100, local_only=True)


async def test_other_outbound_calls_stay_https_only(settings):
    outbound = Outbound(settings, Names(["127.0.0.1"]))
    with pytest.raises(OutboundError, match="https"):
        await outbound.post("http://localhost:9219/logout", b"", max_bytes=100)


def service_body(**fields):
    required = {"name": f"Mine {ids.show(ids.new())}", "name_cy": "Fy ngwasanaeth", "mode": "sandbox"}
    return {**required, "redirect_uris": ["http://localhost:3000/cb"], **fields}


@pytest.fixture
def sandbox(mint):
    return {"Authorization": f"Bearer {mint(scopes=['identity:clients'], mode='sandbox')}"}


async def test_a_developer_registers_a_localhost_uri_and_changes_it(client, sandbox):
    created = await client.post(
        SERVICES, json=service_body(backchannel_logout_uri=LOCALHOST_URIS[0]), headers=sandbox
    )
    assert created.status_code == 201, created.text
    url, headers = f"{SERVICES}/{created.json()['client_id']}", {**sandbox, "If-Match": '"1"'}
    assert (
        await client.patch(url, json={"backchannel_logout_uri": LOCALHOST_URIS[1]}, headers=headers)
    ).status_code == 200


async def test_an_https_issuer_refuses_a_localhost_uri(client, app, sandbox, monkeypatch, settings):
    outside = Issuer(settings.model_copy(update={"issuer": "https://id.example/identity/", "mail": "none"}))
    monkeypatch.setattr(app.state.issuer, "settings", outside.settings)
    response = await client.post(
        SERVICES, json=service_body(backchannel_logout_uri=LOCALHOST_URIS[0]), headers=sandbox
    )
    assert (response.status_code, response.json()["errors"][0]["field"]) == (
        400,
        "body.backchannel_logout_uri",
    )


async def test_keys_are_not_read_from_localhost(client, sandbox):
    response = await client.post(
        SERVICES, json=service_body(jwks_uri="http://localhost:3000/keys"), headers=sandbox
    )
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "body.jwks_uri")


async def end_session(visitor, database, uri):
    """End a session at a service whose back-channel logout URI this is."""
    service = await register(database, backchannel_logout_uri=uri)
    account_id = await create_person(database)
    session_id = await sign_in(database, visitor, account_id)
    await service.tokens(visitor)
    async with database.writing() as session:
        await sessions.end(session, account_id, session_id, "signed-out")


async def test_the_logout_token_arrives_at_localhost(visitor, database, run_jobs):
    async with listening(Server(), None) as server:
        await end_session(visitor, database, f"http://127.0.0.1:{server.port}/logout")
        await run_jobs()
    assert server.requests[0].startswith(b"POST /logout HTTP/1.1")


async def test_an_https_issuer_sends_no_logout_token_to_localhost(visitor, database, settings, run_jobs):
    async with listening(Server(), None) as server:
        await end_session(visitor, database, f"http://127.0.0.1:{server.port}/logout")
        outside = settings.model_copy(update={"issuer": "https://id.example/identity/"})
        await run_jobs(settings=outside)
    assert server.requests == []
