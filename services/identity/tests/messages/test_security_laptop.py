"""A developer hears of logout at his own machine, from a laptop only; for all others nothing changes."""

import pytest

from chassis import ids
from identity.accounts.actions import sessions
from identity.clients import rules as registration
from identity.issuer.actions.signing_keys import Issuer
from identity.logout.actions import backchannel_logout
from identity.shared.outbound import Outbound, OutboundError
from identity.shared.rules import uris
from services.identity.tests.provider import person, register, sign_in
from services.identity.tests.servers import Names, Server, listening

SERVICES = "/citytown/identity/v1/services"
HERE = [
    "http://localhost:3000/logout",
    "http://127.0.0.1:3000/logout",
    "http://127.0.0.1/logout",
    "http://[::1]:3000/logout",
]
ELSEWHERE = [
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


def faults(mode, uri, *, laptop):
    asked = registration.Registration(
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
    return [fault.field for fault in registration.faults(asked, laptop=laptop)]


@pytest.mark.parametrize("uri", HERE)
def test_this_machine_is_called_from_a_laptop_in_the_sandbox_alone(uri):
    assert faults("sandbox", uri, laptop=True) == []
    assert faults("live", uri, laptop=True) == ["backchannel_logout_uri"]
    assert faults("sandbox", uri, laptop=False) == ["backchannel_logout_uri"]


@pytest.mark.parametrize("uri", ELSEWHERE)
def test_a_laptop_calls_nothing_else_over_http(uri):
    assert not uris.on_this_machine(uri)
    assert faults("sandbox", uri, laptop=True) == ["backchannel_logout_uri"]


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "169.254.169.254", "192.0.2.1", "8.8.8.8", "::ffff:10.0.0.1"]
)
async def test_a_name_of_this_machine_that_leads_elsewhere_is_not_followed(settings, address):
    lenient = settings.model_copy(update={"outbound_private": True})
    outbound = Outbound(lenient, Names(["127.0.0.1", address]))
    with pytest.raises(OutboundError, match="address"):
        await outbound.post("http://localhost:9219/logout", b"", most=100, here=True)


async def test_http_stays_closed_to_every_other_call(settings):
    outbound = Outbound(settings, Names(["127.0.0.1"]))
    with pytest.raises(OutboundError, match="https"):
        await outbound.post("http://localhost:9219/logout", b"", most=100)


def body(**other):
    named = {"name": f"Mine {ids.show(ids.new())}", "name_cy": "Fy ngwasanaeth", "mode": "sandbox"}
    return {**named, "redirect_uris": ["http://localhost:3000/cb"], **other}


@pytest.fixture
def sandbox(mint):
    return {"Authorization": f"Bearer {mint(scopes=['identity:clients'], mode='sandbox')}"}


async def test_a_developer_registers_it_on_day_one_and_changes_it(client, sandbox):
    made = await client.post(SERVICES, json=body(backchannel_logout_uri=HERE[0]), headers=sandbox)
    assert made.status_code == 201, made.text
    at, tagged = f"{SERVICES}/{made.json()['client_id']}", {**sandbox, "If-Match": '"1"'}
    assert (
        await client.patch(at, json={"backchannel_logout_uri": HERE[1]}, headers=tagged)
    ).status_code == 200


async def test_where_the_issuer_is_at_https_he_cannot(client, app, sandbox, monkeypatch, settings):
    outside = Issuer(settings.model_copy(update={"issuer": "https://id.example/identity/", "mail": "none"}))
    monkeypatch.setattr(app.state.issuer, "settings", outside.settings)
    answer = await client.post(SERVICES, json=body(backchannel_logout_uri=HERE[0]), headers=sandbox)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "body.backchannel_logout_uri")


async def test_his_keys_are_not_read_from_there(client, sandbox):
    answer = await client.post(SERVICES, json=body(jwks_uri="http://localhost:3000/keys"), headers=sandbox)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "body.jwks_uri")


async def ended(visitor, database, uri):
    """A session at a service that wants to hear of its end there; it has ended."""
    service = await register(database, backchannel_logout_uri=uri)
    account_id = await person(database)
    session_id = await sign_in(database, visitor, account_id)
    await service.tokens(visitor)
    async with database.writing() as session:
        await sessions.end(session, account_id, session_id, "signed-out")


async def test_the_logout_token_arrives_there(visitor, app, database, settings):
    async with listening(Server(), None) as server:
        await ended(visitor, database, f"http://127.0.0.1:{server.port}/logout")
        assert await backchannel_logout.once(database, app.state.issuer, Outbound(settings)) == 1
    assert server.asked[0].startswith(b"POST /logout HTTP/1.1")


async def test_from_an_issuer_at_https_it_never_goes_there(visitor, app, database, settings, monkeypatch):
    async with listening(Server(), None) as server:
        await ended(visitor, database, f"http://127.0.0.1:{server.port}/logout")
        outside = settings.model_copy(update={"issuer": "https://id.example/identity/"})
        monkeypatch.setattr(app.state.issuer, "settings", outside)
        await backchannel_logout.once(database, app.state.issuer, Outbound(outside))
    assert server.asked == []
