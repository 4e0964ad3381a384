"""The control plane against an identity that is played, NATS and Envoy that are real."""

import asyncio
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import nats
import pytest

from dev.ports import free_port
from gateway import files
from gateway.app import create
from gateway.control import Control
from gateway.identity import Identity

PATH = "/citytown/address/v1/addresses"


class FakeIdentity:
    """What identity answers the control plane; ``away`` makes it fail."""

    def __init__(self, upstream):
        self.councils, self.revoked = {"citytown": "active"}, []
        self.away, self.token, self.asked, self.unchanged = False, "first", 0, 0
        upstream.answers["/identity/token"] = self.grant
        upstream.answers["/identity/v1/gateway"] = self.snapshot

    def grant(self, asked):
        if self.away:
            return 503, b"", {}
        assert asked["content"] == b"grant_type=client_credentials&scope=identity%3Agateway"
        assert asked["headers"]["authorization"] == "Basic Z2F0ZXdheTpzZWNyZXQ="
        return 200, json.dumps({"access_token": self.token, "expires_in": 600}).encode(), {}

    def snapshot(self, asked):
        self.asked += 1
        if self.away:
            return 503, b"", {}
        if asked["headers"]["authorization"] != f"Bearer {self.token}":
            return 401, b"", {}
        councils = [{"slug": k, "status": v, "region": "local"} for k, v in self.councils.items()]
        revoked = [{"id": one, "expires_at": "2030-01-01T00:00:00Z"} for one in self.revoked]
        body = json.dumps({"councils": councils, "revoked": revoked}).encode()
        etag = f'"{hash(body)}"'
        if asked["headers"].get("if-none-match") == etag:
            self.unchanged += 1
            return 304, b"", {"etag": etag}
        return 200, body, {"etag": etag}


@pytest.fixture
def identity(upstream):
    yield FakeIdentity(upstream)
    upstream.answers.clear()


@pytest.fixture
def contracts(tmp_path, contract_files):
    return contract_files(tmp_path / "contracts")


@pytest.fixture
def settings(proxy, contracts, nats_url, tmp_path):
    """The control plane of the module's Envoy."""
    more = {"contracts": contracts, "nats_url": nats_url, "client_id": "gateway", "client_secret": "secret"}
    return type(proxy.settings)(**{**proxy.settings.model_dump(), **more})


@pytest.fixture
def apart(settings, tmp_path):
    """A control plane whose files no Envoy reads."""
    return settings.model_copy(update={"out": tmp_path / "out"})


class Running:
    """A control plane that runs, until it is stopped."""

    def __init__(self, settings):
        self.control = Control(settings, Identity(settings))

    async def __aenter__(self):
        self.task = asyncio.create_task(self.control.run())
        return self.control

    async def __aexit__(self, *_):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def until(condition, seconds=5.0):
    began = time.monotonic()
    while not await asyncio.to_thread(condition):
        assert time.monotonic() - began < seconds, "it did not happen in time"
        await asyncio.sleep(0.005)
    return time.monotonic() - began


async def tell(nats_url, subject):
    client = await nats.connect(nats_url)
    await client.publish(subject, b"{}")
    await client.drain()


def status(proxy, **claims):
    return proxy.ask(PATH, headers=proxy.key(**claims)).status_code


async def test_a_revoked_credential_is_refused_within_a_second(proxy, settings, identity, nats_url):
    async with Running(settings) as control:
        await until(lambda: control.fresh_at and status(proxy, jti="stolen") == 200)
        identity.revoked.append("stolen")
        await tell(nats_url, "townhall.citytown.identity.token.revoked")
        assert await until(lambda: status(proxy, jti="stolen") == 401) < 1


async def test_a_new_council_is_live_by_an_event(proxy, settings, identity, nats_url):
    path = "/newtown/address/v1/addresses"
    async with Running(settings) as control:
        await until(lambda: control.fresh_at)
        assert proxy.ask(path, headers=proxy.key()).status_code == 404
        identity.councils["newtown"] = "active"
        await tell(nats_url, "townhall.newtown.identity.council.created")
        assert await until(lambda: proxy.ask(path, headers=proxy.key()).status_code == 200) < 1


async def test_without_nats_a_revoked_credential_is_still_refused_within_a_second(proxy, settings, identity):
    alone = settings.model_copy(update={"nats_url": "nats://127.0.0.1:1"})
    async with Running(alone) as control:
        await until(lambda: control.fresh_at and status(proxy, jti="copied") == 200)
        identity.revoked.append("copied")
        assert await until(lambda: status(proxy, jti="copied") == 401) < 1.2


async def test_an_event_that_is_lost_is_made_good_by_asking(apart, identity, monkeypatch):
    monkeypatch.setattr("gateway.control.POLL", 0.2)
    async with Running(apart) as control:
        await until(lambda: control.fresh_at)
        identity.councils["quiet"] = "active"
        await until(lambda: len(control.snapshot.councils) == 2)


async def test_many_events_are_one_question(apart, identity, nats_url):
    async with Running(apart) as control:
        await until(lambda: control.fresh_at)
        await asyncio.sleep(0.2)
        before = identity.asked
        client = await nats.connect(nats_url)
        for _ in range(200):
            await client.publish("townhall.citytown.identity.token.revoked", b"{}")
        await client.drain()
        await asyncio.sleep(0.5)
        assert 1 <= identity.asked - before <= 10


async def test_what_did_not_change_is_not_written_again(apart, identity, monkeypatch):
    monkeypatch.setattr("gateway.control.POLL", 0.05)
    async with Running(apart) as control:
        await until(lambda: control.fresh_at)
        route_file = apart.out / files.WATCHED / "routes.json"
        before, writes = route_file.stat().st_ino, control.writes
        await until(lambda: identity.unchanged > 3)
        assert (route_file.stat().st_ino, control.writes) == (before, writes)


async def test_an_old_token_is_renewed_when_identity_refuses_it(apart, identity):
    async with Running(apart) as control:
        await until(lambda: control.fresh_at)
        identity.token = "second"
        identity.councils["later"] = "active"
        control.changed.set()
        await until(lambda: len(control.snapshot.councils) == 2)


async def test_with_the_control_plane_stopped_traffic_flows_and_refusals_stay(proxy, settings, identity):
    identity.revoked.append("gone")
    async with Running(settings):
        await until(lambda: status(proxy, jti="gone") == 401)
    assert status(proxy) == 200
    assert status(proxy, jti="gone") == 401


async def test_the_control_plane_killed_leaves_traffic_and_refusals_as_they_were(proxy, settings, identity):
    environment = {"PATH": os.environ["PATH"], "GATEWAY_CLIENT_SECRET": "secret"}
    environment |= {f"GATEWAY_{k.upper()}": v for k, v in as_environment(settings).items()}
    port = free_port()
    argv = [sys.executable, "-m", "gateway", "serve", "--port", str(port), "--out", str(settings.out)]
    identity.revoked.append("killed")
    process = await asyncio.create_subprocess_exec(*argv, env=environment, stderr=subprocess.PIPE)
    try:
        await until(lambda: status(proxy, jti="killed") == 401, 20)
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200
    finally:
        process.kill()
        said = (await process.communicate())[1].decode()
    assert [status(proxy) for _ in range(20)] == [200] * 20
    assert status(proxy, jti="killed") == 401
    assert [json.loads(line)["service"] for line in said.splitlines()]
    assert "secret" not in said


def as_environment(settings):
    """The settings as a shell would give them to the command."""
    made = settings.model_dump(mode="json", exclude={"client_secret"}, exclude_defaults=True)
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in made.items()}


async def test_a_restart_without_identity_keeps_what_was_known(proxy, settings, identity):
    identity.revoked.append("kept")
    async with Running(settings):
        await until(lambda: status(proxy, jti="kept") == 401)
    identity.away = True
    async with Running(settings) as control:
        await until(lambda: control.trouble)
        assert "503" in control.trouble
        assert control.snapshot.revoked[0].id == "kept"
        await asyncio.sleep(0.3)
        assert status(proxy, jti="kept") == 401


async def test_a_route_file_is_never_emptied_for_want_of_a_state(apart, identity):
    async with Running(apart) as control:
        await until(lambda: control.fresh_at)
    route_file = apart.out / files.WATCHED / "routes.json"
    before = route_file.read_text()
    identity.away = True
    for damage in (lambda path: path.unlink(), lambda path: path.write_text("{")):
        (apart.out / files.STATE_FILE).exists() and damage(apart.out / files.STATE_FILE)
        async with Running(apart) as control:
            await until(lambda found=control: found.trouble)
        assert route_file.read_text() == before


async def test_an_answer_that_makes_no_sense_changes_nothing(apart, identity, upstream):
    async with Running(apart) as control:
        await until(lambda: control.fresh_at)
        before = (apart.out / files.WATCHED / "routes.json").read_text()
        upstream.answers["/identity/v1/gateway"] = lambda _: (200, b'{"councils": null}', {})
        control.changed.set()
        await until(lambda: control.trouble)
        assert (apart.out / files.WATCHED / "routes.json").read_text() == before


async def test_routes_change_under_load_and_no_request_is_lost(proxy, settings, identity):
    async with Running(settings) as control:
        await until(lambda: control.fresh_at)
        stop = time.monotonic() + 2

        def client():
            statuses = set()
            with httpx.Client(base_url=proxy.url, headers=proxy.key(), trust_env=False) as http:
                while time.monotonic() < stop:
                    statuses.add(http.get(PATH).status_code)
            return statuses

        with ThreadPoolExecutor(4) as pool:
            clients = [pool.submit(client) for _ in range(4)]
            for number in range(20):
                identity.revoked.append(f"under-load-{number}")
                control.changed.set()
                await asyncio.sleep(0.08)
            found = [await asyncio.to_thread(one.result) for one in clients]
    assert control.writes >= 10
    assert found == [{200}] * 4


async def test_the_control_plane_says_how_it_is(apart, identity):
    app = create(apart)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://control") as http:
            await until(lambda: app.state.control.fresh_at)
            assert (await http.get("/health/live")).json() == {"status": "ok"}
            assert (await http.get("/health/ready")).status_code == 200
            assert "gateway_councils 1.0" in (await http.get("/metrics")).text
            app.state.control.fresh_at = None
            app.state.control.trouble = "identity is away"
            answer = await http.get("/health/ready")
            assert (answer.status_code, answer.json()["reason"]) == (503, "identity is away")


async def test_a_control_plane_that_cannot_start_says_why(apart, identity):
    apart.contracts.joinpath("broken.json").write_text("{")
    app = create(apart)
    async with app.router.lifespan_context(app):
        await until(app.state.running.done)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://c") as http:
            answer = await http.get("/health/live")
    assert answer.status_code == 500
    assert "broken.json is not JSON" in answer.json()["reason"]
