"""Logout: started by a client, or at the simulator; clients get logout tokens."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from simulators.openid_provider.clients import Client
from simulators.openid_provider.simulator import Simulator
from simulators.openid_provider.staff import CITYTOWN
from simulators.openid_provider.tests.relying_party import REDIRECT_URI, VERIFIER, request_parameters
from tests.browser.harness import serving

LOGGED_OUT_URI = "https://council.example/signed-out"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


def backchannel(received):
    """A client's back-channel logout endpoint: it answers 500 the first time, then 200."""

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            for phase in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{phase}.complete"})
            return
        received.append((await receive())["body"].decode())
        status = 500 if len(received) == 1 else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


@pytest.fixture
async def staff_session():
    """A simulator, its browser, the id_token of Priya's sign-in, and what the client's endpoint receives."""
    received = []
    async with serving(backchannel(received)) as url:
        simulator = Simulator("http://simulator.test")
        simulator.register(
            Client(
                "directory", "staff", (REDIRECT_URI,), tenant=CITYTOWN, secret="hush",
                post_logout_redirect_uris=(LOGGED_OUT_URI,), backchannel_logout_uri=f"{url}/out",
            )
        )  # fmt: skip
        simulator.auto = "priya"
        provider, transport = simulator.directory(CITYTOWN), httpx.ASGITransport(simulator.app)
        async with httpx.AsyncClient(transport=transport, base_url=simulator.url) as browser:
            parameters = request_parameters(client_id="staff", scope="openid", vtr=None)
            redirect = await browser.get(provider.authorize, params=parameters)
            form = {
                "grant_type": "authorization_code", "redirect_uri": REDIRECT_URI, "client_id": "staff",
                "code": parse_qs(urlsplit(redirect.headers["location"]).query)["code"][0],
                "code_verifier": VERIFIER, "client_secret": "hush",
            }  # fmt: skip
            tokens = (await browser.post(provider.token, data=form)).json()
            yield simulator, browser, tokens["id_token"], received


def logout_token(simulator, body):
    keys = KeySet.import_key_set({"keys": simulator.keys["directory"].published()})
    return jwt.decode(parse_qs(body)["logout_token"][0], keys, algorithms=["RS256"]).claims


async def test_a_client_starts_a_logout_and_gets_a_logout_token(staff_session):
    simulator, browser, id_token, received = staff_session
    parameters = {"id_token_hint": id_token, "post_logout_redirect_uri": LOGGED_OUT_URI, "state": "s"}
    response = await browser.get(simulator.directory(CITYTOWN).logout, params=parameters)
    assert (response.status_code, response.headers["location"]) == (302, f"{LOGGED_OUT_URI}?state=s")
    assert len(received) == 2, "the first answer was 500, so the token was sent again"
    claims = logout_token(simulator, received[-1])
    assert claims["events"] == {EVENT: {}}
    assert claims["aud"] == "staff"
    assert claims["exp"] - claims["iat"] == 120
    assert {"jti", "sub", "iss"} <= claims.keys()


@pytest.mark.parametrize(
    "change", [{"post_logout_redirect_uri": f"{LOGGED_OUT_URI}/"}, {"id_token_hint": "x.y.z"}]
)
async def test_a_logout_redirects_only_to_a_registered_uri(staff_session, change):
    simulator, browser, id_token, received = staff_session
    parameters = {"id_token_hint": id_token, "post_logout_redirect_uri": LOGGED_OUT_URI, **change}
    response = await browser.get(simulator.directory(CITYTOWN).logout, params=parameters)
    assert response.status_code == 400
    assert "location" not in response.headers
    assert received == []


async def test_a_logout_at_the_provider_reaches_the_clients_of_that_person(staff_session):
    simulator, _, _, received = staff_session
    await simulator.log_out("alex")
    assert received == []
    await simulator.log_out("priya")
    assert "sub" in logout_token(simulator, received[-1])


async def test_a_person_is_logged_out_on_the_simulators_own_page(staff_session):
    simulator, browser, _, received = staff_session
    response = await browser.post("/simulator/log-out/priya")
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert logout_token(simulator, received[-1])["aud"] == "staff"
    assert not simulator.sessions
    foreign = await browser.post("/simulator/log-out/priya", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
