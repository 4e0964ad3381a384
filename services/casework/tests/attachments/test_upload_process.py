"""Uploads to a process of its own: it is killed in the middle, and senders say what is not so."""

import asyncio
import os
import sys
from contextlib import asynccontextmanager

import httpx
import psutil
import pytest
from sqlalchemy import text

from casework.attachments.actions import submissions
from chassis import clock, ids
from chassis.testing import SEALING_KEY, eventually
from dev.ports import free_port
from services.casework.tests.attachments.conftest import PDF, Files
from services.casework.tests.cases.conftest import SCOPES, Desk

MIB = 1_048_576
_LOCK = text("SELECT 1 FROM case_record WHERE id = :case FOR UPDATE")
_STATES = text("SELECT state FROM attachment WHERE case_id = :case")


@pytest.fixture(scope="module")
def serve(settings):
    """Start a process of the service."""

    @asynccontextmanager
    async def serve():
        names = ("database_url", "nats_url", "jwks_url", "issuer", "blobs", "scanner")
        values = {f"CASEWORK_{name.upper()}": getattr(settings, name) for name in names}
        environment = {**os.environ, **values, "CASEWORK_SEALING_KEY": SEALING_KEY}
        port = free_port()
        argv = [sys.executable, "-m", "chassis", "serve", "casework", "--port", str(port)]
        process = await asyncio.create_subprocess_exec(*argv, env=environment)
        base = f"http://127.0.0.1:{port}"
        try:
            async with httpx.AsyncClient(base_url=base, timeout=30, trust_env=False) as client:

                async def is_alive():
                    try:
                        return (await client.get("/health/live")).status_code == 200
                    except httpx.TransportError:
                        return False

                await eventually(is_alive, within=40)
                yield process, client
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    return serve


@pytest.fixture(scope="module")
async def server(serve):
    async with serve() as server:
        yield server


@pytest.fixture
async def open_case(client, mint, installed):
    """Open a case by the service in this process, and return its files for a client of another."""

    async def open_case(other):
        headers = {"Authorization": f"Bearer {mint(scopes=SCOPES)}"}
        case = await Desk(client, headers).open({"collection_day": clock.today().isoformat()})
        return Files(Desk(other, headers), case.json())

    return open_case


async def produce(size):
    yield b"%PDF-1.7\n"
    for _ in range(size // MIB):
        yield b"x" * MIB


@pytest.mark.long
async def test_killed_between_bytes_and_row_it_leaves_a_row_that_is_cleared_away(
    serve, open_case, database, blobs, set_clock, run_jobs
):
    arrived = asyncio.Event()

    async def pause():
        yield PDF + b"x" * 10_000
        await arrived.wait()

    async with serve() as (process, client):
        files = await open_case(client)
        case = {"case": ids.read(files.case["id"])}
        upload = asyncio.create_task(files.add(pause()))

        async def is_receiving():
            async with database.reading("citytown") as session:
                return [row.state for row in await session.all(_STATES, case)] == ["receiving"]

        await eventually(is_receiving, within=20)
        async with database.writing("citytown") as session:
            await session.all(_LOCK, case)
            arrived.set()
            await eventually(lambda: [name for name in blobs() if len(name) == ids.LENGTH], within=20)
            process.kill()
            await process.wait()
        with pytest.raises(httpx.TransportError):
            await upload
    assert await is_receiving()
    set_clock(clock.unix_time() + 3_601)
    async with database.writing() as session:
        await session.set_all_councils()
        assert await submissions.purge(session, 100) == 1
    await run_jobs()
    assert blobs() == []


async def send_raw(client, files, length, body, *, close):
    """Send an upload with any Content-Length, and read what is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
    head = {**files.desk.headers, "Host": "x", "Content-Length": str(length), "Connection": "close"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    writer.write(f"POST {files.base} HTTP/1.1\r\n{lines}\r\n".encode() + body)
    await writer.drain()
    if close:
        writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


async def test_a_length_that_is_not_so_stores_nothing_that_was_not_sent(server, open_case, blobs):
    _, client = server
    files = await open_case(client)
    answer = await send_raw(client, files, len(PDF) + 500, PDF, close=True)
    assert b" 201 " not in answer
    assert await eventually(lambda: blobs() == [], within=10)
    assert await files.list() == []
    answer = await send_raw(client, files, len(PDF), PDF + b"and more", close=False)
    assert b" 201 " in answer
    [attachment] = await files.list()
    assert attachment["size"] == len(PDF)
    answer = await send_raw(client, files, 300 * MIB, PDF, close=False)
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_stream_of_300_mb_is_refused_at_the_limit_in_little_memory(server, open_case, blobs):
    process, client = server
    files = await open_case(client)
    await files.add()
    blobs_before, before = blobs(), psutil.Process(process.pid).memory_info().rss
    response = await files.add(produce(300 * MIB))
    assert (response.status_code, response.json()["code"]) == (413, "file-too-large")
    assert psutil.Process(process.pid).memory_info().rss - before < 60 * MIB
    assert len(await files.list()) == 1
    assert blobs() == blobs_before
