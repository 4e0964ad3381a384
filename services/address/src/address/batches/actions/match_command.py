"""The command ``python -m chassis run address match-batches``: match waiting batches until none is left.

The scheduler starts it as a process, because matching takes a whole CPU. It claims a batch while it works on
it and saves each chunk's answers in one transaction: after a kill at any moment the next one continues there,
with no row doubled or lost.
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

from address.address_text.rules.tokens import MatchQuery
from address.batches import rules, store
from address.batches.actions.uploads import compress_csv
from address.batches.store import ClaimedBatch
from address.matching.actions import index_load
from address.matching.rules.decision import Match
from chassis import ids
from chassis.commands import ExitCode
from chassis.database import Database
from chassis.settings import Settings

log = logging.getLogger(__name__)

_IDLE_EXIT = 5.0  # seconds without a batch until it ends
_POLL = 0.5
_STATEMENT_TIMEOUT = 600.0  # seconds: a whole gazetteer is read
_MAX_TRIES = 5
_NICENESS = 5  # lower priority on a busy machine


class Engine(Protocol):
    """The interface of a matcher."""

    def match(self, query: MatchQuery) -> Match: ...


class ClaimLostError(Exception):
    """The claim on the batch is lost: taken over, deleted, or its council suspended."""


async def command(settings: Settings, arguments: list[str]) -> int:
    """Run the command. Return its exit code."""
    parser = argparse.ArgumentParser(prog="match-batches", description="Match the batches that wait.")
    parser.add_argument("--holder", help="the worker's name for us; we end when it closes our input")
    options = parser.parse_args(arguments).holder
    os.nice(_NICENESS)
    patient = settings.model_copy(update={"timeout": _STATEMENT_TIMEOUT})
    database = Database(patient, "address-batches", rows_secured=True)
    stopping = asyncio.Event()
    for stop_signal in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(stop_signal, stopping.set)
    work = asyncio.create_task(_work(database, ids.read(options) if options else ids.new()))
    deadline = {work, asyncio.create_task(stopping.wait())}
    if options is not None:
        deadline.add(asyncio.create_task(_wait_for_parent()))
    try:
        await asyncio.wait(deadline, return_when=asyncio.FIRST_COMPLETED)
        for task in deadline:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await work
    finally:
        await database.close()
    return ExitCode.DONE


async def _wait_for_parent() -> None:
    """Wait until standard input is closed, which means that the scheduler has ended."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while await reader.read(1024):
        pass


async def _work(database: Database, holder: UUID) -> None:
    last = time.monotonic()
    while time.monotonic() - last < _IDLE_EXIT:
        async with database.writing() as session:
            await session.set_all_councils()
            claimed = await store.claim(session, holder)
        if claimed is None:
            await asyncio.sleep(_POLL)
            continue
        try:
            await _run_claimed(database, claimed)
        except ClaimLostError:
            log.info("batch %s is not ours to match any more", ids.show(claimed.batch))
            await _release(database, claimed)
        except asyncio.CancelledError:
            await _release(database, claimed)
            raise
        last = time.monotonic()


async def _release(database: Database, claimed: ClaimedBatch) -> None:
    async with database.writing(claimed.council) as session:
        await store.release(session, claimed.holder, forgiven=True)


async def _run_claimed(database: Database, claimed: ClaimedBatch) -> None:
    if claimed.tries > _MAX_TRIES:
        fault = f"The work on it stopped {_MAX_TRIES} times at the same place. Send the rows that are left."
        log.error("batch %s of %s is given up", ids.show(claimed.batch), claimed.council)
        async with database.writing(claimed.council) as session:
            await store.fail_batch(session, claimed, fault)
        return
    keeping = asyncio.create_task(_renew_claim(database, claimed))
    running = asyncio.create_task(_match_chunks(database, claimed))
    try:
        await asyncio.wait({keeping, running}, return_when=asyncio.FIRST_COMPLETED)
        if keeping.done():
            running.cancel()
        await (keeping if keeping.done() else running)
    finally:
        keeping.cancel()
        running.cancel()
        await asyncio.gather(keeping, running, return_exceptions=True)


async def _renew_claim(database: Database, claimed: ClaimedBatch) -> None:
    """Renew the claim. Raise ClaimLostError."""
    while True:
        await asyncio.sleep(store.CLAIM_SECONDS / 3)
        async with database.writing(claimed.council) as session:
            if not await store.renew(session, claimed):
                raise ClaimLostError


async def _match_chunks(database: Database, claimed: ClaimedBatch) -> None:
    """Match chunk after chunk. Raise ClaimLostError."""
    engine = await _load_engine(database, claimed.council)
    while True:
        async with database.reading(claimed.council) as session:
            chunk = await store.get_next_chunk(session, claimed)
        if chunk is None:
            break
        results = await asyncio.to_thread(match_rows, engine, chunk.asked)
        async with database.writing(claimed.council) as writing:
            if not (
                await store.renew(writing, claimed)
                and await store.save_chunk(writing, claimed, chunk.n, results)
            ):
                raise ClaimLostError
    async with database.writing(claimed.council) as writing:
        if not await store.finish_batch(writing, claimed):
            raise ClaimLostError


async def _load_engine(database: Database, council: str) -> Engine:
    """Load the whole gazetteer in one snapshot, whatever is loaded meanwhile."""
    connection: Any = await database.listen()  # has the interface of a pool
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await index_load.load_matcher(connection, council)
    finally:
        await connection.close()


def match_rows(engine: Engine, content: bytes) -> dict[str, Any]:
    """Match a chunk's rows. Return its lines, and the number of rows by outcome."""
    rows = json.loads(zlib.decompress(content))
    counts = dict.fromkeys(("matched", "ambiguous", "none", "rejected"), 0)
    text = io.StringIO(newline="")
    write = csv.writer(text).writerow
    rejects = []
    for row in rows:
        match = _match_row(engine, row) if rules.is_usable(row) else None
        if match is None:
            counts["rejected"] += 1
            write((row[0], "rejected", None, None, None))
            rejects.append(rules.to_reject(row))
        else:
            counts[match.outcome] += 1
            exact = "true" if match.exact else "false"
            write((row[0], match.outcome, match.uprn, f"{match.confidence:.3f}", exact))
    counts["missing"] = counts.pop("none")
    lines = zlib.compress(text.getvalue().encode(), 1)
    return {
        "rows": len(rows),
        **counts,
        "answered": lines,
        "rejects": compress_csv(rejects) if rejects else None,
    }


def _match_row(engine: Engine, row: rules.Row) -> Match | None:
    """Match a row. If the engine fails, put the reason into the row and return None."""
    try:
        return engine.match(MatchQuery(row[1], row[2]))
    except Exception as error:  # noqa: BLE001 - whatever it is: its text may hold the address, and is not logged
        at = traceback.extract_tb(error.__traceback__)[-1]
        log.error("matching a row failed: %s at %s:%s", type(error).__name__, at.filename, at.lineno)  # noqa: TRY400
        row[2] = "cannot be matched by a fault of ours, which is logged"
        return None
