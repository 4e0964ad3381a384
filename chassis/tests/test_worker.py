"""The worker process: its loops, its health and its metrics."""

import asyncio
import os
import re
import socket
import sys
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from notes.app import NoteWritten
from prometheus_client import REGISTRY
from sqlalchemy import text

from chassis import heartbeats, outbox
from chassis.consumer import run_forever
from chassis.testing import SEALING_KEY, eventually
from chassis.worker import http_port as worker_http
from chassis.worker import process as worker
from chassis.worker.monitor import Monitor
from dev.ports import free_port

INSERT_EVENTS = text(
    "INSERT INTO outbox (council, ordering_key, event_id, nats_subject, envelope)"
    " SELECT 'citytown', 'note', gen_random_uuid(), 'townhall.citytown.notes.note.written', '{}'"
    " FROM generate_series(1, :count)"
)


@asynccontextmanager
async def running(service, settings):
    """Run a worker in this process, and open a client of its port."""
    monitor = Monitor(service, service.database(settings))
    async with worker_http.serving(monitor.answer, "127.0.0.1", 0) as port:
        work = asyncio.create_task(worker._work(service, settings, monitor))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            yield http
        await worker._stop(work)
        assert work.done()
    await monitor.close()


@pytest.fixture
async def empty_outbox(database):
    async with database.writing() as session:
        await session.execute(text("DELETE FROM outbox"))


@pytest.fixture
async def monitor(service, settings):
    """A monitor without a worker: nobody empties the outbox, and nothing is remembered."""
    monitor = Monitor(service, service.database(settings))
    yield monitor
    await monitor.close()


async def read_metrics(http):
    return parse((await http.get("/metrics")).text)


def parse(exposition):
    """Read the samples: their values by name with labels."""
    lines = [line.rpartition(" ") for line in exposition.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


async def test_what_runs_for_ever_starts_again_after_an_error_until_it_is_cancelled():
    starts, ends = [], []

    async def work():
        starts.append(True)
        if len(starts) == 1:
            raise RuntimeError("the first time always fails")
        try:
            await asyncio.Event().wait()
        finally:
            ends.append(True)

    before = count_failures()
    running_work = asyncio.create_task(run_forever("waiting", work))
    await eventually(lambda: len(starts) == 2)
    assert (ends, count_failures() - before) == ([], 1)
    running_work.cancel()
    with suppress(asyncio.CancelledError):
        await running_work
    assert ends == [True]


def count_failures():
    return REGISTRY.get_sample_value("townhall_task_failures_total", {"task": "waiting"}) or 0


async def test_a_worker_is_live_and_ready_and_counts_what_it_publishes(
    service, settings, database, empty_outbox
):
    async with running(service, settings) as http:
        ready = await http.get("/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (200, "ready"), ready.text
        assert (await http.get("/health/live")).json() == {"status": "live", "hung": []}
        before = (await read_metrics(http))["townhall_relay_published_events_total"]
        async with database.writing("citytown") as session:
            for number in range(3):
                await outbox.add(
                    session, NoteWritten(text="x"), council="citytown", subject=str(number), sequence=1
                )

        async def all_published():
            metrics = await read_metrics(http)
            return metrics if metrics["townhall_relay_published_events_total"] == before + 3 else None

        metrics = await eventually(all_published)
        assert metrics["townhall_relay_last_publish_timestamp_seconds"] > 1_700_000_000


async def test_without_nats_a_worker_is_live_and_not_ready(service, settings):
    away = settings.model_copy(update={"nats_url": f"nats://127.0.0.1:{free_port()}"})
    async with running(service, away) as http:
        ready = await http.get("/health/ready")
        assert (ready.status_code, ready.json()["nats"]) == (503, "away: not connected yet")
        assert ready.json()["database"] == "ok"
        assert (await http.get("/health/live")).status_code == 200


async def test_without_a_database_a_worker_is_not_ready_and_says_nothing_of_the_outbox(service, settings):
    away = settings.model_copy(update={"database_url": "postgresql://a:b@127.0.0.1:1/x"})
    async with running(service, away) as http:
        ready = await http.get("/health/ready")
        assert (ready.status_code, ready.json()["nats"]) == (503, "ok")
        assert ready.json()["database"].startswith("away")
        assert not [name for name in await read_metrics(http) if name.startswith("townhall_outbox")]


async def test_the_outbox_is_measured_and_not_counted_beyond_ten_thousand(monitor, database, empty_outbox):
    async def measure():
        monitor._backlog._last = None
        metrics = parse((await monitor.answer("/metrics")).body.decode())
        return (
            metrics['townhall_outbox_events{lane="small"}'],
            metrics['townhall_outbox_oldest_event_age_seconds{lane="small"}'],
        )

    assert await measure() == (0, 0)
    async with database.writing() as session:
        await session.execute(INSERT_EVENTS, {"count": 3})
    count, age = await measure()
    assert count == 3
    await asyncio.sleep(0.2)
    assert (await measure())[1] >= age + 0.2
    async with database.writing() as session:
        await session.execute(INSERT_EVENTS, {"count": 10_050})
    assert (await measure())[0] == 10_000
    async with database.writing() as session:
        await session.execute(text("DELETE FROM outbox"))


async def test_the_outbox_is_measured_once_for_all_who_ask_within_five_seconds(
    monitor, database, empty_outbox
):
    async def count():
        return parse((await monitor.answer("/metrics")).body.decode())['townhall_outbox_events{lane="small"}']

    assert await count() == 0
    async with database.writing() as session:
        await session.execute(INSERT_EVENTS, {"count": 1})
    assert await count() == 0
    async with database.writing() as session:
        await session.execute(text("DELETE FROM outbox"))


async def test_a_relay_that_hangs_makes_the_worker_not_live(
    service, settings, database, empty_outbox, monkeypatch
):
    monkeypatch.setattr(heartbeats, "MOST_SILENCE", 1.5)
    async with running(service, settings) as http:
        await eventually(lambda: "relay" in {task.get_name() for task in heartbeats._beats})

        async def is_hung():
            answer = await http.get("/health/live")
            assert (answer.status_code == 503) == bool(answer.json()["hung"])
            return "relay" in answer.json()["hung"]

        async def is_turning():
            return not await is_hung()

        assert await is_turning()
        async with database.writing() as session:
            await session.execute(text("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE"))
            await eventually(is_hung)
        await eventually(is_turning)


async def test_a_loop_that_lost_its_cancellation_ends_at_its_next_turn():
    turns = []

    async def lose_cancellation():
        while len(turns) < 100:
            heartbeats.beat()
            turns.append(None)
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.05)

    task = asyncio.create_task(lose_cancellation())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    assert (task.cancelled(), len(turns)) == (True, 1)


async def test_a_task_that_failed_is_not_watched_until_it_turns_again(monkeypatch):
    monkeypatch.setattr(heartbeats, "MOST_SILENCE", 0.01)

    async def turn():
        heartbeats.beat()
        await asyncio.sleep(0.05)
        hung_before = heartbeats.list_hung()
        heartbeats.stop_watching()
        return hung_before, heartbeats.list_hung()

    before, after = await asyncio.create_task(turn(), name="turning")
    assert ("turning" in before, "turning" in after) == (True, False)


@pytest.fixture
async def port():
    async def handle(path):
        return worker_http.Answer(worker_http.HTTPStatus.OK, path.encode())

    async with worker_http.serving(handle, "127.0.0.1", 0) as port:
        yield port


async def exchange(port, request):
    """Send bytes and return the first line of the answer, and its last."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        async with asyncio.timeout(8):
            answer = await reader.read()
    except ConnectionResetError:
        answer = b""
    await close(writer)
    lines = answer.decode().splitlines()
    return (lines[0], lines[-1]) if lines else ("", "")


async def close(writer):
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /a/b?token=secret HTTP/1.1", "200 OK"),
        (b"HEAD /a/b HTTP/1.0", "200 OK"),
        (b"POST /a/b HTTP/1.1", "405 Method Not Allowed"),
        (b"GET /a/b", "400 Bad Request"),
        (b"GET /a/b HTTP/2.0", "400 Bad Request"),
        (b"\x16\x03\x01\x02\x00", "400 Bad Request"),
    ],
)
async def test_the_port_answers_get_and_head_and_refuses_the_rest(port, request_line, status):
    first, last = await exchange(port, request_line + b"\r\nHost: x\r\n\r\n")
    assert first == f"HTTP/1.1 {status}"
    assert last == ("/a/b" if request_line.startswith(b"GET /a/b?") else last)


async def test_the_port_reads_no_head_over_8_kib(port):
    first, _ = await exchange(port, b"GET / HTTP/1.1\r\nX: " + b"x" * 9_000)
    assert first == "HTTP/1.1 431 Request Header Fields Too Large"


async def test_the_port_waits_for_no_slow_client(port, monkeypatch):
    monkeypatch.setattr(worker_http, "_READ_TIMEOUT", 0.2)
    assert await exchange(port, b"GET / HTTP/1.1\r\n") == ("", "")


async def test_the_port_keeps_32_connections_open_and_no_more(port):
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(32)]
    assert await exchange(port, b"GET / HTTP/1.1\r\n\r\n") == ("", "")
    for _, writer in connections:
        await close(writer)

    async def is_answered():
        return (await exchange(port, b"GET /now HTTP/1.1\r\n\r\n"))[1] == "/now"

    await eventually(is_answered)


async def test_a_path_that_does_not_exist_is_404(monitor):
    assert (await monitor.answer("/")).status == 404


async def test_an_occupied_port_is_a_message(settings):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parent),
            "NOTES_DATABASE_URL": settings.database_url,
            "NOTES_SEALING_KEY": SEALING_KEY,
            "NOTES_WORKER_PORT": str(port),
        }
        argv = [sys.executable, "-m", "chassis", "work", "notes"]
        process = await asyncio.create_subprocess_exec(*argv, env=environment, stderr=asyncio.subprocess.PIPE)
        errors = (await process.communicate())[1].decode()
    assert process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in errors.splitlines()[-1]
    assert "--port" in errors.splitlines()[-1]


async def test_metrics_name_no_council_and_each_stands_in_the_documentation(client, monitor):
    for council in ("citytown", "hillshire", "nowhere"):
        await client.get(f"/{council}/notes/v1/open/77", params={"postcode": "BA1 1LJ"})
    await client.request("BREW", "/citytown/notes/v1/notes")
    exposition = (await client.get("/metrics")).text + (await monitor.answer("/metrics")).body.decode()
    assert not re.search("citytown|hillshire|nowhere|BREW", exposition)
    names = set(re.findall(r"^# TYPE (\S+)", exposition, re.MULTILINE))
    docs = Path(__file__).parents[2] / "docs"
    documented = "".join((docs / name).read_text() for name in ("metrics.md", "operations.md"))
    ours = {
        name
        for name in names
        if not name.startswith(("python_", "process_")) and not name.endswith("_created")
    }
    assert {name for name in ours if f"`{name}`" not in documented} == set()


async def test_the_use_of_a_pool_shows_who_waits_for_a_connection(client, app):
    database = app.state.database

    async def measure(name, **labels):
        text_labels = ",".join(f'db_client_connection_{label}="{value}"' for label, value in labels.items())
        return (await read_metrics(client))[f"db_client_connection_{name}{{{text_labels}}}"]

    for name, take in (("writer", database.writing), ("fast", database.fast.acquire)):
        limit = int(await measure("max", pool_name=name))
        async with AsyncExitStack() as stack:
            for _ in range(limit):
                await stack.enter_async_context(take())
            assert await measure("count", pool_name=name, state="used") == limit
            assert await measure("pending_requests", pool_name=name) == 0
            waiting = asyncio.create_task(use(take))
            await eventually(lambda name=name: has_waiting(measure, name))
        await waiting
        assert await measure("pending_requests", pool_name=name) == 0
        assert await measure("count", pool_name=name, state="used") == 0


async def use(take):
    async with take():
        pass


async def has_waiting(measure, name):
    return await measure("pending_requests", pool_name=name) == 1
