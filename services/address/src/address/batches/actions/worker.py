"""``python -m chassis run address match-batches``: match the batches that wait, and end when none is left.

The worker starts it as a process of its own, for matching takes a whole CPU; by hand it does the same. It
holds a batch while it works on it and keeps each chunk's answers as one transaction: killed at any moment,
the next one goes on where it was, with no row doubled or lost.
"""

import argparse
import asyncio
import csv
import io
import json
import logging
import os
import signal
import sys
import time
import traceback
import zlib
from contextlib import suppress
from typing import Any, Protocol
from uuid import UUID

from address.address_text.rules.tokens import Asked
from address.batches import rules, store
from address.batches.actions.uploads import packed
from address.batches.store import Held
from address.matching.actions import index_load
from address.matching.rules.decision import Match
from chassis import ids
from chassis.database import Database
from chassis.settings import Settings

log = logging.getLogger(__name__)

_IDLE = 5.0  # seconds without a batch after which it ends
_LOOK = 0.5
_SLOWEST = 600.0  # seconds a statement may take: a whole gazetteer is read
_MOST_TRIES = 5
_KIND = 5  # how much nicer than others, on a machine with too much to do


class Engine(Protocol):
    """What is asked of ``matching``."""

    def match(self, asked: Asked) -> Match: ...


class LostError(Exception):
    """The batch is not ours any more: taken over, deleted, or its council suspended."""


async def command(settings: Settings, arguments: list[str]) -> int:
    """Run the command. The answer is its exit code."""
    parser = argparse.ArgumentParser(prog="match-batches", description="Match the batches that wait.")
    parser.add_argument("--holder", help="the worker's name for us; we end when it closes our input")
    given = parser.parse_args(arguments).holder
    os.nice(_KIND)
    patient = settings.model_copy(update={"timeout": _SLOWEST})
    database = Database(patient, "address-batches", rows_secured=True)
    stopping = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stopping.set)
    work = asyncio.create_task(_work(database, ids.read(given) if given else ids.new()))
    ends = {work, asyncio.create_task(stopping.wait())}
    if given is not None:
        ends.add(asyncio.create_task(_left_alone()))
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in ends:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await work
    finally:
        await database.close()
    return 0


async def _left_alone() -> None:
    """Until standard input is closed: the worker has ended, however it did."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while await reader.read(1024):
        pass


async def _work(database: Database, holder: UUID) -> None:
    last = time.monotonic()
    while time.monotonic() - last < _IDLE:
        async with database.writing() as session:
            await session.across_councils()
            held = await store.claim(session, holder)
        if held is None:
            await asyncio.sleep(_LOOK)
            continue
        try:
            await _hold_and_run(database, held)
        except LostError:
            log.info("batch %s is not ours to match any more", ids.show(held.batch))
            await _let_go(database, held)
        except asyncio.CancelledError:
            await _let_go(database, held)
            raise
        last = time.monotonic()


async def _let_go(database: Database, held: Held) -> None:
    async with database.writing(held.council) as session:
        await store.let_go(session, held.holder, forgiven=True)


async def _hold_and_run(database: Database, held: Held) -> None:
    if held.tries > _MOST_TRIES:
        fault = f"The work on it stopped {_MOST_TRIES} times at the same place. Send the rows that are left."
        log.error("batch %s of %s is given up", ids.show(held.batch), held.council)
        async with database.writing(held.council) as session:
            await store.fail(session, held, fault)
        return
    keeping = asyncio.create_task(_keep(database, held))
    running = asyncio.create_task(_run(database, held))
    try:
        await asyncio.wait({keeping, running}, return_when=asyncio.FIRST_COMPLETED)
        if keeping.done():
            running.cancel()
        await (keeping if keeping.done() else running)
    finally:
        keeping.cancel()
        running.cancel()
        await asyncio.gather(keeping, running, return_exceptions=True)


async def _keep(database: Database, held: Held) -> None:
    """Say that we still work on it. Raises LostError."""
    while True:
        await asyncio.sleep(store.HOLD / 3)
        async with database.writing(held.council) as session:
            if not await store.keep(session, held):
                raise LostError


async def _run(database: Database, held: Held) -> None:
    """Answer chunk after chunk. Raises LostError."""
    engine = await _engine(database, held.council)
    while True:
        async with database.reading(held.council) as session:
            chunk = await store.next_chunk(session, held)
        if chunk is None:
            break
        answer = await asyncio.to_thread(answered, engine, chunk.asked)
        async with database.writing(held.council) as writing:
            if not (await store.keep(writing, held) and await store.save(writing, held, chunk.n, answer)):
                raise LostError
    async with database.writing(held.council) as writing:
        if not await store.finish(writing, held):
            raise LostError


async def _engine(database: Database, council: str) -> Engine:
    """With the whole gazetteer as it is at one moment, whatever is loaded meanwhile."""
    connection: Any = await database.listen()  # asks as a pool does
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await index_load.load(connection, council)
    finally:
        await connection.close()


def answered(engine: Engine, content: bytes) -> dict[str, Any]:
    """What is kept of a chunk: its lines, and how many rows had which outcome."""
    rows = json.loads(zlib.decompress(content))
    counts = dict.fromkeys(("matched", "ambiguous", "none", "rejected"), 0)
    text = io.StringIO(newline="")
    write = csv.writer(text).writerow
    rejects = []
    for row in rows:
        found = _match(engine, row) if rules.usable(row) else None
        if found is None:
            counts["rejected"] += 1
            write((row[0], "rejected", None, None, None))
            rejects.append(rules.reject(row))
        else:
            counts[found.outcome] += 1
            exact = "true" if found.exact else "false"
            write((row[0], found.outcome, found.uprn, f"{found.confidence:.3f}", exact))
    counts["missing"] = counts.pop("none")
    lines = zlib.compress(text.getvalue().encode(), 1)
    return {"rows": len(rows), **counts, "answered": lines, "rejects": packed(rejects) if rejects else None}


def _match(engine: Engine, row: rules.Row) -> Match | None:
    """None, and the reason in the row, should the engine fail at it: the other rows go on."""
    try:
        return engine.match(Asked(row[1], row[2]))
    except Exception as error:  # noqa: BLE001 - whatever it is: its text may hold the address, and is not logged
        at = traceback.extract_tb(error.__traceback__)[-1]
        log.error("matching a row failed: %s at %s:%s", type(error).__name__, at.filename, at.lineno)  # noqa: TRY400
        row[2] = "cannot be matched by a fault of ours, which is logged"
        return None
