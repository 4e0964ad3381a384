"""What the simulator keeps over a restart, its own process, and the push by SCIM."""

import asyncio
import json
import re
import sys
import time

import httpx
import pytest

from dev import ports
from dev.readiness import http_ready
from simulators.openid_provider import persistence
from simulators.openid_provider.clients import Client
from simulators.openid_provider.parameters import add_parameters
from simulators.openid_provider.simulator import Simulator
from simulators.openid_provider.staff import CITYTOWN
from simulators.openid_provider.tests.relying_party import REDIRECT_URI


async def test_clients_movers_and_leavers_outlive_a_restart(tmp_path):
    file, first = tmp_path / "upstream.json", Simulator()
    persistence.load(first, file)
    transport = httpx.ASGITransport(first.app)
    async with httpx.AsyncClient(transport=transport, base_url=first.url) as http:
        client = {
            "kind": "onelogin", "client_id": "city", "redirect_uris": [REDIRECT_URI], "jwks_uri": "http://x/y"
        }  # fmt: skip
        assert (await http.put("/simulator/clients", json=client)).status_code == 201
        assert (await http.put("/simulator/clients", json={**client, "age": 7})).status_code == 400
        assert (await http.put("/simulator/clients", json=[])).status_code == 400
        leaver = {"groups": [], "active": False}
        assert (await http.post(f"/simulator/staff/{CITYTOWN}/priya", json=leaver)).is_success
        foreign = {"Sec-Fetch-Site": "cross-site"}
        path = f"/simulator/staff/{CITYTOWN}/alex"
        assert (await http.post(path, data={}, headers=foreign)).status_code == 403
    second = Simulator()
    persistence.load(second, file)
    assert second.clients == {"city": Client("onelogin", "city", (REDIRECT_URI,), jwks_uri="http://x/y")}
    staff = second.tenants[CITYTOWN].staff
    assert (staff["priya"].groups, staff["priya"].active, staff["alex"].active) == (set(), False, True)
    assert file.stat().st_mode & 0o777 == 0o600


def test_parameters_are_added_to_those_of_the_redirect_uri():
    assert add_parameters("https://a.example/b?c=d", {"code": "e f"}) == "https://a.example/b?c=d&code=e+f"


async def test_it_runs_as_a_process_of_its_own(tmp_path):
    port = ports.free_port()
    argv = [sys.executable, "-m", "simulators.openid_provider", "--port", str(port)]
    argv += ["--gateway", "http://127.0.0.1:9", "--keep", str(tmp_path / "kept.json")]
    process = await asyncio.create_subprocess_exec(*argv)
    try:
        ready, end = http_ready(port, "/simulator/style.css"), time.monotonic() + 20
        while not await ready():
            assert time.monotonic() < end
            await asyncio.sleep(0.1)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            metadata = (await http.get("/.well-known/openid-configuration")).json()
            assert metadata["issuer"] == f"http://localhost:{port}/"
            home = await http.get("/")
            assert re.search("Simulation", home.text)
            assert "http://127.0.0.1:9/citytown/identity/scim/v2" in home.text
            assert "crest" not in json.dumps(home.text)
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/scim", "http://169.254.169.254/", "http://a.example/", ""]
)
async def test_a_scim_key_is_sent_to_this_machine_only(url):
    simulator = Simulator()
    transport = httpx.ASGITransport(simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url=simulator.url) as http:
        response = await http.post(f"/simulator/push/{CITYTOWN}", data={"url": url, "key": "k"})
    assert (response.status_code, "on this machine only" in response.text) == (400, True)


async def test_a_push_that_nobody_answers_says_so():
    simulator = Simulator()
    transport = httpx.ASGITransport(simulator.app)
    url = f"http://127.0.0.1:{ports.free_port()}/scim"
    async with httpx.AsyncClient(transport=transport, base_url=simulator.url) as http:
        response = await http.post(f"/simulator/push/{CITYTOWN}", data={"url": url, "key": "k"})
    assert (response.status_code, "cannot be reached" in response.text) == (400, True)
