"""Scanners: what they say, and that one which does not answer never means a clean file."""

import asyncio
import struct
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from blob_harness import MIB, collect, produce

from chassis.blobs import ScannerError, make_scanner
from chassis.blobs.scanners import _EICAR


@asynccontextmanager
async def running_clamd(answer):
    """Run a server that speaks the part of clamd's protocol that is used, and keeps what it was sent."""
    received = []

    async def serve(reader, writer):
        assert await reader.readline() == b"nINSTREAM\n"
        while size := struct.unpack("!L", await reader.readexactly(4))[0]:
            received.append(await reader.readexactly(size))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], received


def make(port):
    return make_scanner(SimpleNamespace(scanner=f"clamd://127.0.0.1:{port}"))


async def test_a_clean_file_is_clean_and_was_sent_whole():
    async with running_clamd(b"stream: OK\n") as (port, received):
        verdict = await make(port).scan(produce(MIB // 4))
        assert verdict.is_clean
        assert b"".join(received) == await collect(produce(MIB // 4))


async def test_a_threat_is_named():
    async with running_clamd(b"stream: Win.Test.EICAR_HDB-1 FOUND\n") as (port, _):
        verdict = await make(port).scan(produce(10))
        assert not verdict.is_clean
        assert verdict.threat == "Win.Test.EICAR_HDB-1"


@pytest.mark.parametrize(
    "answer",
    [b"", b"INSTREAM size limit exceeded. ERROR\n", b"stream: Can't allocate memory ERROR\n", b"nonsense\n"],
)
async def test_any_other_answer_is_no_verdict(answer):
    async with running_clamd(answer) as (port, _):
        with pytest.raises(ScannerError):
            await make(port).scan(produce(10))


async def test_a_scanner_that_is_away_is_no_verdict():
    async with running_clamd(b"") as (port, _):
        pass
    with pytest.raises(ScannerError):
        await make(port).scan(produce(10))


@pytest.mark.parametrize("before", [0, 1, 70, 5_000])
async def test_the_scanner_of_a_laptop_finds_the_test_file_across_pieces(before):
    async def cut(content):
        for start in range(0, len(content), 7):
            yield content[start : start + 7]

    scanner = make_scanner(SimpleNamespace(scanner="test:"))
    assert not (await scanner.scan(cut(bytes(before) + _EICAR + b"more"))).is_clean
    assert (await scanner.scan(cut(bytes(before) + _EICAR[:-1]))).is_clean


def test_a_scanner_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="neither clamd"):
        make_scanner(SimpleNamespace(scanner="none"))
