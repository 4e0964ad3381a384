"""The control plane, with real NATS and Envoy and a simulated identity."""

import asyncio
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from chassis.broker.connection import connect
from dev.ports import free_port
from gateway import files
from gateway.app import create_app
from gateway.control_plane import ControlPlane
from gateway.identity_client import IdentityClient

PATH = "/citytown/address/v1/addresses"


class FakeIdentity:
    """Identity as the control plane sees it; ``away`` makes it fail."""

    def __init__(self, upstream):
        self.councils, self.revoked = {"citytown": "active"}, []
        self.away, self.token, self.polls, self.unchanged = False, "first", 0, 0
        upstream.handlers["/identity/token"] = self.grant_token
        upstream.handlers["/identity/v1/gateway"] = self.send_snapshot

    def grant_token(self, request):
        if self.away:
            return 503, b"", {}
        assert request["content"] == b"grant_type=client_credentials&scope=identity%3Agateway"
        assert request["headers"]["authorization"] == "Basic Z2F0ZXdheTpzZWNyZXQ="
        return 200, json.dumps({"access_token": self.token, "expires_in": 600}).encode(), {}

    def send_snapshot(self, request):
        self.polls += 1
        if self.away:
            return 503, b"", {}
        if request["headers"]["authorization"] != f"Bearer {self.token}":
            return 401, b"", {}
        councils = [
            {"slug": slug, "status": status, "region": "local"} for slug, status in self.councils.items()
        ]
        revoked = [{"id": id_, "expires_at": "2030-01-01T00:00:00Z"} for id_ in self.revoked]
        body = json.dumps({"councils": councils, "revoked": revoked}).encode()
        etag = f'"{hash(body)}"'
        if request["headers"].get("if-none-match") == etag:
            self.unchanged += 1
            return 304, b"", {"etag": etag}
        return 200, body, {"etag": etag}


@pytest.fixture
def identity(upstream):
    return FakeIdentity(upstream)


@pytest.fixture
def contracts(tmp_path, write_contracts):
    return write_contracts(tmp_path / "contracts")


@pytest.fixture
def settings(proxy, contracts, broker, tmp_path):
    """The settings of a control plane that writes the files of the run's Envoy."""
    client = {"client_id": "gateway", "client_secret": "secret"}
    servers = {"contracts": contracts, "nats_url": broker.url, "nats_seed": broker.seeds["gateway"]}
    return type(proxy.settings)(**{**proxy.settings.model_dump(), **client, **servers})


@pytest.fixture
def detached(settings, tmp_path):
    """The settings of a control plane whose files no Envoy reads."""
    return settings.model_copy(update={"out": tmp_path / "out"})


class Running:
    """Runs a control plane until the block ends."""

    def __init__(self, settings):
        self.control_plane = ControlPlane(settings, IdentityClient(settings))

    async def __aenter__(self):
        self.task = asyncio.create_task(self.control_plane.run())
        return self.control_plane

    async def __aexit__(self, *_):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def wait_until(condition, seconds=5.0):
    """Wait until the condition holds, and return the seconds it took."""
    started = time.monotonic()
    while not await asyncio.to_thread(condition):
        assert time.monotonic() - started < seconds, "it did not happen in time"
        await asyncio.sleep(0.005)
    return time.monotonic() - started


async def publish_hint(broker, subject):
    client = await connect(broker.access("identity"), "test")
    await client.publish(subject, b"{}")
    await client.drain()


def get_status(proxy, **claims):
    return proxy.send(PATH, headers=proxy.key(**claims)).status_code


async def test_a_revoked_credential_is_refused_within_a_second(proxy, settings, identity, broker):
    async with Running(settings) as control_plane:
        await wait_until(lambda: control_plane.answered_at and get_status(proxy, jti="stolen") == 200)
        identity.revoked.append("stolen")
        await publish_hint(broker, "townhall.citytown.identity.token.revoked")
        assert await wait_until(lambda: get_status(proxy, jti="stolen") == 401) < 1


async def test_a_suspended_council_is_refused_within_a_second_of_its_event(proxy, settings, identity, broker):
    path = "/newtown/address/v1/addresses"
    async with Running(settings) as control_plane:
        await wait_until(lambda: control_plane.answered_at)
        assert proxy.send(path, headers=proxy.key()).status_code == 200
        identity.councils["newtown"] = "suspended"
        await publish_hint(broker, "townhall.newtown.identity.council.changed")
        assert await wait_until(lambda: proxy.send(path, headers=proxy.key()).status_code == 403) < 1


async def test_without_nats_a_revoked_credential_is_still_refused_within_a_second(proxy, settings, identity):
    without_nats = settings.model_copy(update={"nats_url": "nats://127.0.0.1:1"})
    async with Running(without_nats) as control_plane:
        await wait_until(lambda: control_plane.answered_at and get_status(proxy, jti="copied") == 200)
        identity.revoked.append("copied")
        assert await wait_until(lambda: get_status(proxy, jti="copied") == 401) < 1.2


async def test_a_lost_event_is_made_up_for_by_the_next_poll(detached, identity, monkeypatch):
    monkeypatch.setattr("gateway.control_plane.POLL_INTERVAL", 0.2)
    async with Running(detached) as control_plane:
        await wait_until(lambda: control_plane.answered_at)
        identity.councils["quiet"] = "active"
        await wait_until(lambda: len(control_plane.snapshot.councils) == 2)


async def test_many_events_make_few_polls(detached, identity, broker):
    async with Running(detached) as control_plane:
        await wait_until(lambda: control_plane.answered_at)
        await asyncio.sleep(0.2)
        before = identity.polls
        client = await connect(broker.access("identity"), "test")
        for _ in range(200):
            await client.publish("townhall.citytown.identity.token.revoked", b"{}")
        await client.drain()
        await asyncio.sleep(0.5)
        assert 1 <= identity.polls - before <= 10


async def test_an_unchanged_snapshot_is_not_written_again(detached, identity, monkeypatch):
    monkeypatch.setattr("gateway.control_plane.POLL_INTERVAL", 0.05)
    async with Running(detached) as control_plane:
        await wait_until(lambda: control_plane.answered_at)
        route_file = detached.out / files.WATCHED_FOLDER / "routes.json"
        before, writes = route_file.stat().st_ino, control_plane.writes
        await wait_until(lambda: identity.unchanged > 3)
        assert (route_file.stat().st_ino, control_plane.writes) == (before, writes)


async def test_an_old_token_is_renewed_when_identity_refuses_it(detached, identity):
    async with Running(detached) as control_plane:
        await wait_until(lambda: control_plane.answered_at)
        identity.token = "second"
        identity.councils["later"] = "active"
        control_plane.changed.set()
        await wait_until(lambda: len(control_plane.snapshot.councils) == 2)


async def test_when_the_control_plane_stops_traffic_flows_and_refusals_stay(proxy, settings, identity):
    identity.revoked.append("gone")
    async with Running(settings):
        await wait_until(lambda: get_status(proxy, jti="gone") == 401)
    assert get_status(proxy) == 200
    assert get_status(proxy, jti="gone") == 401


async def test_when_the_control_plane_is_killed_traffic_flows_and_refusals_stay(proxy, settings, identity):
    environment = {"PATH": os.environ["PATH"], "GATEWAY_CLIENT_SECRET": "secret"}
    environment |= as_environment(settings)
    environment["GATEWAY_NATS_SEED"] = settings.nats_seed.get_secret_value()
    port = free_port()
    argv = [sys.executable, "-m", "gateway", "serve", "--port", str(port), "--out", str(settings.out)]
    identity.revoked.append("killed")
    process = await asyncio.create_subprocess_exec(*argv, env=environment, stderr=subprocess.PIPE)
    try:
        await wait_until(lambda: get_status(proxy, jti="killed") == 401, 20)
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200
    finally:
        process.kill()
        log = (await process.communicate())[1].decode()
    assert [get_status(proxy) for _ in range(20)] == [200] * 20
    assert get_status(proxy, jti="killed") == 401
    assert [json.loads(line)["service"] for line in log.splitlines()]
    assert "secret" not in log


def as_environment(settings):
    """The settings as environment variables, without the secret."""
    values = settings.model_dump(mode="json", exclude={"client_secret"}, exclude_defaults=True)
    return {
        f"GATEWAY_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
    }


async def test_a_restart_while_identity_is_away_keeps_the_last_snapshot(proxy, settings, identity):
    identity.revoked.append("kept")
    async with Running(settings):
        await wait_until(lambda: get_status(proxy, jti="kept") == 401)
    identity.away = True
    async with Running(settings) as control_plane:
        await wait_until(lambda: control_plane.last_error)
        assert "503" in control_plane.last_error
        assert control_plane.snapshot.revoked[0].id == "kept"
        await asyncio.sleep(0.3)
        assert get_status(proxy, jti="kept") == 401


async def test_a_missing_or_damaged_state_never_empties_the_route_file(detached, identity):
    async with Running(detached) as control_plane:
        await wait_until(lambda: control_plane.answered_at)
    route_file = detached.out / files.WATCHED_FOLDER / "routes.json"
    before = route_file.read_text()
    identity.away = True
    for damage in (lambda path: path.unlink(), lambda path: path.write_text("{")):
        damage(detached.out / files.STATE_FILE)
        async with Running(detached) as control_plane:
            await wait_until(lambda running=control_plane: running.last_error)
        assert route_file.read_text() == before


async def test_an_invalid_answer_of_identity_changes_nothing(detached, identity, upstream):
    async with Running(detached) as control_plane:
        await wait_until(lambda: control_plane.answered_at)
        before = (detached.out / files.WATCHED_FOLDER / "routes.json").read_text()
        upstream.handlers["/identity/v1/gateway"] = lambda _: (200, b'{"councils": null}', {})
        control_plane.changed.set()
        await wait_until(lambda: control_plane.last_error)
        assert (detached.out / files.WATCHED_FOLDER / "routes.json").read_text() == before


async def test_no_request_fails_while_routes_change_under_load(proxy, settings, identity):
    async with Running(settings) as control_plane:
        await wait_until(lambda: control_plane.answered_at)
        stop = time.monotonic() + 2

        def send_requests():
            statuses = set()
            with httpx.Client(base_url=proxy.url, headers=proxy.key(), trust_env=False) as http:
                while time.monotonic() < stop:
                    statuses.add(http.get(PATH).status_code)
            return statuses

        with ThreadPoolExecutor(4) as pool:
            clients = [pool.submit(send_requests) for _ in range(4)]
            for number in range(20):
                identity.revoked.append(f"under-load-{number}")
                control_plane.changed.set()
                await asyncio.sleep(0.08)
            statuses = [await asyncio.to_thread(client.result) for client in clients]
    assert control_plane.writes >= 10
    assert statuses == [{200}] * 4


async def test_the_control_plane_reports_its_health_and_metrics(detached, identity):
    app = create_app(detached)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://control") as http:
            await wait_until(lambda: app.state.control_plane.answered_at)
            assert (await http.get("/health/live")).json() == {"status": "ok"}
            assert (await http.get("/health/ready")).status_code == 200
            assert "gateway_councils 1.0" in (await http.get("/metrics")).text
            app.state.control_plane.answered_at = None
            app.state.control_plane.last_error = "identity is away"
            response = await http.get("/health/ready")
            assert (response.status_code, response.json()["reason"]) == (503, "identity is away")


async def test_a_control_plane_that_cannot_start_reports_the_reason(detached, identity):
    detached.contracts.joinpath("broken.json").write_text("{")
    app = create_app(detached)
    async with app.router.lifespan_context(app):
        await wait_until(app.state.loop.done)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://c") as http:
            response = await http.get("/health/live")
    assert response.status_code == 500
    assert "broken.json is not JSON" in response.json()["reason"]
