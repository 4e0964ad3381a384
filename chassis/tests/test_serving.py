"""The process that serves HTTP: its memory, and how it stops."""

import asyncio
import gc
import os
import signal
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from chassis.__main__ import freeze_objects
from chassis.testing import SEALING_KEY, eventually
from dev.ports import free_port

NOTES = "/citytown/notes/v1/notes"
WAIT = 1.0  # seconds that the server serves on while it drains


def test_what_is_loaded_at_the_start_is_not_collected_again():
    try:
        freeze_objects()
        assert gc.get_freeze_count() > 10_000
        assert len(gc.get_objects()) < 10_000
    finally:
        gc.unfreeze()


class ServerProcess:
    """A process of the service, and a client with a connection of its own for each request."""

    def __init__(self, process, port):
        self.process = process
        self.limits = httpx.Limits(max_keepalive_connections=0)
        self.client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", limits=self.limits, timeout=20, trust_env=False
        )

    async def is_ready(self):
        try:
            return (await self.client.get("/health/ready")).status_code == 200
        except httpx.TransportError:
            assert self.process.returncode is None
            return False


@pytest.fixture
def serve(settings):
    """Start a process of the service; ``drain_wait`` is its setting."""

    @asynccontextmanager
    async def start(drain_wait=WAIT):
        port = free_port()
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parent),
            "NOTES_DATABASE_URL": settings.database_url,
            "NOTES_NATS_URL": settings.nats_url,
            "NOTES_JWKS_URL": settings.jwks_url,
            "NOTES_ISSUER": settings.issuer,
            "NOTES_SEALING_KEY": SEALING_KEY,
            "NOTES_DRAIN_WAIT": str(drain_wait),
        }
        argv = [sys.executable, "-m", "chassis", "serve", "notes", "--port", str(port)]
        server = ServerProcess(await asyncio.create_subprocess_exec(*argv, env=environment), port)
        try:
            async with server.client:
                await eventually(server.is_ready, within=40)
                yield server
        finally:
            if server.process.returncode is None:
                server.process.kill()
            await server.process.wait()

    return start


@pytest.fixture
async def note_lock(settings):
    """Lock the notes, so that a request which writes one is in flight until the lock is released."""
    connection = await asyncpg.connect(settings.database_url)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("LOCK TABLE note IN EXCLUSIVE MODE")
    yield transaction
    await connection.close()


@pytest.fixture
async def count_waiting(settings):
    """Count the requests that wait for the lock."""
    connection = await asyncpg.connect(settings.database_url)
    yield lambda: connection.fetchval(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'note'::regclass"
    )
    await connection.close()


@pytest.fixture
def headers(mint):
    return {"key": mint(scopes=["notes:write"])}


def write_note(server, headers):
    return asyncio.create_task(server.client.post(NOTES, json={"text": "in flight"}, headers=headers))


async def test_after_sigterm_it_is_not_ready_and_answers_on_until_the_wait_is_over(
    serve, note_lock, count_waiting, headers
):
    async with serve() as server:
        in_flight = write_note(server, headers)
        await eventually(count_waiting)
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)

        async def read_state():
            answer = await server.client.get("/health/ready")
            return answer if answer.status_code == 503 else None

        not_ready = await eventually(read_state, within=0.5, every=0.01)
        assert not_ready.json() == {"status": "draining"}
        answers = []
        while time.monotonic() < started + WAIT * 0.7:
            answers.append(
                await server.client.get("/citytown/notes/v1/open/77", params={"postcode": "BA11LJ"})
            )
        assert {answer.status_code for answer in answers} == {200}
        assert {answer.headers["connection"] for answer in answers} == {"close"}
        late = write_note(server, headers)
        await eventually(lambda: count_waiting_at_least(count_waiting, 2))
        await asyncio.sleep(max(0.0, started + WAIT + 0.3 - time.monotonic()))
        with pytest.raises(httpx.ConnectError):
            await server.client.get("/health/live")
        await note_lock.rollback()
        assert [(await request).status_code for request in (in_flight, late)] == [201, 201]
        assert await server.process.wait() == -signal.SIGTERM


async def count_waiting_at_least(count, least):
    return await count() >= least


async def test_a_second_sigterm_ends_it_at_once(serve, note_lock, count_waiting, headers):
    async with serve(drain_wait=60) as server:
        in_flight = write_note(server, headers)
        await eventually(count_waiting)
        server.process.send_signal(signal.SIGTERM)
        await eventually(lambda: is_draining(server))
        server.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            assert await server.process.wait() == -signal.SIGTERM
        with pytest.raises(httpx.TransportError):
            await in_flight


async def is_draining(server):
    return (await server.client.get("/health/ready")).status_code == 503


async def test_without_a_wait_it_stops_at_once_and_finishes_what_is_in_flight(
    serve, note_lock, count_waiting, headers
):
    async with serve(drain_wait=0) as server:
        in_flight = write_note(server, headers)
        await eventually(count_waiting)
        server.process.send_signal(signal.SIGTERM)
        await eventually(lambda: is_closed(server), within=2)
        await note_lock.rollback()
        assert (await in_flight).status_code == 201
        assert await server.process.wait() == -signal.SIGTERM


async def is_closed(server):
    try:
        await server.client.get("/health/live")
    except httpx.TransportError:
        return True
    return False
