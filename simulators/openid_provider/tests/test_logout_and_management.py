"""What the simulator keeps, how people are signed out of it, and how a town makes itself known to it."""

import asyncio
import json
import re
import sys
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from dev import outside, plan, ports
from dev.plan import Town
from dev.ports import Ports
from simulators.openid_provider import persistence
from simulators.openid_provider.clients import Client
from simulators.openid_provider.sign_in import led_back
from simulators.openid_provider.simulator import Simulator
from simulators.openid_provider.staff import CITYTOWN
from tests.browser.harness import serving

BACK = "https://council.example/callback"
BYE = "https://council.example/bye"
SIGNED_OUT = "http://schemas.openid.net/event/backchannel-logout"


async def called(heard):
    """A client's back-channel: answers 500 the first time, then 200."""

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            for phase in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{phase}.complete"})
            return
        heard.append((await receive())["body"].decode())
        status = 500 if len(heard) == 1 else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


@pytest.fixture
async def staff_session():
    """A simulator, its browser, the id_token of somebody signed in, and what the client was told."""
    heard = []
    async with serving(await called(heard)) as url:
        simulator = Simulator("http://simulator.test")
        simulator.register(
            Client(
                "directory", "staff", (BACK,), tenant=CITYTOWN, secret="hush",
                post_logout_redirect_uris=(BYE,), backchannel_logout_uri=f"{url}/out",
            )
        )  # fmt: skip
        simulator.auto = "priya"
        provider, transport = simulator.directory(CITYTOWN), httpx.ASGITransport(simulator.app)
        async with httpx.AsyncClient(transport=transport, base_url=simulator.url) as browser:
            asked = {
                "response_type": "code", "client_id": "staff", "redirect_uri": BACK, "scope": "openid",
                "state": "s", "nonce": "n", "code_challenge_method": "S256",
                "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",  # RFC 7636, appendix B
            }  # fmt: skip
            way = await browser.get(provider.authorize, params=asked)
            form = {
                "grant_type": "authorization_code", "redirect_uri": BACK, "client_id": "staff",
                "code": parse_qs(urlsplit(way.headers["location"]).query)["code"][0],
                "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "client_secret": "hush",
            }  # fmt: skip
            tokens = (await browser.post(provider.token, data=form)).json()
            yield simulator, browser, tokens["id_token"], heard


def logout_token(simulator, body):
    keys = KeySet.import_key_set({"keys": simulator.keys["directory"].published()})
    return jwt.decode(parse_qs(body)["logout_token"][0], keys, algorithms=["RS256"]).claims


async def test_a_client_brings_somebody_to_sign_out_and_is_told_itself(staff_session):
    simulator, browser, id_token, heard = staff_session
    out = {"id_token_hint": id_token, "post_logout_redirect_uri": BYE, "state": "s"}
    answer = await browser.get(simulator.directory(CITYTOWN).logout, params=out)
    assert (answer.status_code, answer.headers["location"]) == (302, f"{BYE}?state=s")
    assert len(heard) == 2, "the first answer was 500, so it was told again"
    claims = logout_token(simulator, heard[-1])
    assert claims["events"] == {SIGNED_OUT: {}}
    assert claims["aud"] == "staff"
    assert claims["exp"] - claims["iat"] == 120
    assert {"jti", "sub", "iss"} <= claims.keys()


@pytest.mark.parametrize("change", [{"post_logout_redirect_uri": f"{BYE}/"}, {"id_token_hint": "x.y.z"}])
async def test_nobody_is_led_on_from_logout_to_where_no_client_registered(staff_session, change):
    simulator, browser, id_token, heard = staff_session
    out = {"id_token_hint": id_token, "post_logout_redirect_uri": BYE, **change}
    answer = await browser.get(simulator.directory(CITYTOWN).logout, params=out)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert heard == []


async def test_who_signs_out_elsewhere_is_signed_out_at_every_client(staff_session):
    simulator, _, _, heard = staff_session
    await simulator.log_out("alex")
    assert heard == []
    await simulator.log_out("priya")
    assert "sub" in logout_token(simulator, heard[-1])


async def test_clients_and_movers_outlive_a_restart(tmp_path):
    file, first = tmp_path / "upstream.json", Simulator()
    persistence.load(first, file)
    transport = httpx.ASGITransport(first.app)
    async with httpx.AsyncClient(transport=transport, base_url=first.url) as http:
        client = {"kind": "onelogin", "client_id": "city", "redirect_uris": [BACK], "jwks_uri": "http://x/y"}
        assert (await http.put("/simulator/clients", json=client)).status_code == 201
        assert (await http.put("/simulator/clients", json={**client, "age": 7})).status_code == 400
        assert (await http.put("/simulator/clients", json=[])).status_code == 400
        moved = await http.post(f"/simulator/staff/{CITYTOWN}/priya", json={"groups": [], "active": False})
        assert moved.is_success
        foreign = {"Sec-Fetch-Site": "cross-site"}
        path = f"/simulator/staff/{CITYTOWN}/alex"
        assert (await http.post(path, data={}, headers=foreign)).status_code == 403
    again = Simulator()
    persistence.load(again, file)
    assert again.clients == {"city": Client("onelogin", "city", (BACK,), jwks_uri="http://x/y")}
    staff = again.tenants[CITYTOWN].staff
    assert (staff["priya"].groups, staff["priya"].active, staff["alex"].active) == (set(), False, True)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_town_says_of_its_upstreams_what_the_simulator_needs(tmp_path):
    town = Town(tmp_path, Ports(8000))
    one_login, directory = outside.registrations(town, "citytown")
    assert one_login["issuer"] == "http://localhost:8008/"
    assert directory["issuer"] == f"http://localhost:8008/{CITYTOWN}/v2.0"
    assert directory["client_secret"] == outside.registrations(town, "citytown")[1]["client_secret"]
    made = {
        "redirect_uri": "http://127.0.0.1:8000/identity/upstream/citytown/a/callback",
        "jwks_uri": "http://a/k",
        "backchannel_logout_uri": "http://a/out",
    }
    client = outside.client_of(one_login, made)
    assert set(client.redirect_uris) == {
        made["redirect_uri"],
        made["redirect_uri"].replace("127.0.0.1", "localhost"),
    }
    assert client.jwks_uri == "http://a/k"
    assert outside.client_of(directory, made).tenant == CITYTOWN
    told = {outside.client_of(one, made).backchannel_logout_uri for one in (one_login, directory)}
    assert told == {"http://a/out"}


async def test_somebody_signs_out_at_the_simulators_own_page(staff_session):
    simulator, browser, _, heard = staff_session
    answer = await browser.post("/simulator/log-out/priya")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert logout_token(simulator, heard[-1])["aud"] == "staff"
    assert not simulator.sessions
    foreign = await browser.post("/simulator/log-out/priya", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403


def test_every_group_of_a_directory_has_a_role():
    for tenant in Simulator().tenants.values():
        assert set(tenant.groups.values()) == set(outside.ROLES)
        assert outside.TENANTS[tenant.council] == tenant.tid


def test_an_answer_joins_what_the_redirect_uri_has_already():
    assert led_back("https://a.example/b?c=d", {"code": "e f"}) == "https://a.example/b?c=d&code=e+f"


async def test_it_runs_as_a_process_of_its_own(tmp_path):
    port = ports.free_port()
    argv = [
        sys.executable,
        "-m",
        "simulators.openid_provider",
        "--port",
        str(port),
        "--keep",
        str(tmp_path / "kept.json"),
    ]
    process = await asyncio.create_subprocess_exec(*argv)
    try:
        ready, end = plan.answers(port, "/simulator/style.css"), time.monotonic() + 20
        while not await ready():
            assert time.monotonic() < end
            await asyncio.sleep(0.1)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            metadata = (await http.get("/.well-known/openid-configuration")).json()
            assert metadata["issuer"] == f"http://localhost:{port}/"
            home = await http.get("/")
            assert re.search("Simulation", home.text)
            assert "crest" not in json.dumps(home.text)
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/scim", "http://169.254.169.254/", "http://a.example/", ""]
)
async def test_a_key_is_pushed_to_this_machine_alone(url):
    simulator = Simulator()
    transport = httpx.ASGITransport(simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url=simulator.url) as http:
        answer = await http.post(f"/simulator/push/{CITYTOWN}", data={"url": url, "key": "k"})
    assert (answer.status_code, "on this machine only" in answer.text) == (400, True)


async def test_a_push_that_nobody_answers_says_so():
    simulator = Simulator()
    transport = httpx.ASGITransport(simulator.app)
    url = f"http://127.0.0.1:{ports.free_port()}/scim"
    async with httpx.AsyncClient(transport=transport, base_url=simulator.url) as http:
        answer = await http.post(f"/simulator/push/{CITYTOWN}", data={"url": url, "key": "k"})
    assert (answer.status_code, "cannot be reached" in answer.text) == (400, True)
