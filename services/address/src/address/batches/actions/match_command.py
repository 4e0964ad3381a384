"""The command ``python -m chassis run address match-batch``: match what is left of one batch.

The worker starts it as a process, because matching takes a whole CPU. It saves each chunk's answers in one
transaction: after a kill at any moment the next one continues there, with no row doubled or lost. Should two
processes match the same batch, because a worker was cut off, each chunk counts once.
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
import traceback
import zlib
from contextlib import suppress
from typing import Any, Protocol
from uuid import UUID

from address.address_text.rules.tokens import MatchQuery
from address.batches import rules, store
from address.batches.actions.uploads import compress_csv
from address.matching.actions import index_load
from address.matching.rules.decision import Match
from chassis import ids
from chassis.commands import ExitCode
from chassis.database import Database
from chassis.settings import Settings

log = logging.getLogger(__name__)

_STATEMENT_TIMEOUT = 600.0  # seconds: a whole gazetteer is read
_NICENESS = 5  # lower priority on a busy machine


class Engine(Protocol):
    """The interface of a matcher."""

    def match(self, query: MatchQuery) -> Match: ...


async def command(settings: Settings, arguments: list[str]) -> int:
    """Run the command. Return its exit code: refused if the batch is gone or its council suspended."""
    parser = argparse.ArgumentParser(prog="match-batch", description="Match what is left of a batch.")
    parser.add_argument("--council", required=True)
    parser.add_argument("--batch", required=True, type=ids.read)
    parser.add_argument("--attached", action="store_true", help="end when standard input is closed")
    options = parser.parse_args(arguments)
    os.nice(_NICENESS)
    patient = settings.model_copy(update={"timeout": _STATEMENT_TIMEOUT})
    database = Database(patient, "address-batches", rows_secured=True)
    try:
        matching = asyncio.create_task(match_batch(database, options.council, options.batch))
        return await _run_until_stopped(matching, attached=options.attached)
    finally:
        await database.close()


async def _run_until_stopped(matching: asyncio.Task[ExitCode], *, attached: bool) -> ExitCode:
    """Wait for the task's result, or cancel it at a signal or when who started this process has ended."""
    stopping = asyncio.Event()
    for stop_signal in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(stop_signal, stopping.set)
    stops: set[asyncio.Task[object]] = {asyncio.create_task(stopping.wait())}
    if attached:
        stops.add(asyncio.create_task(_wait_for_parent()))
    await asyncio.wait({matching, *stops}, return_when=asyncio.FIRST_COMPLETED)
    for task in (matching, *stops):
        task.cancel()
    with suppress(asyncio.CancelledError):
        return await matching
    return ExitCode.INTERRUPTED


async def _wait_for_parent() -> None:
    """Wait until standard input is closed, which means that the worker has ended."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while await reader.read(1024):
        pass


async def match_batch(database: Database, council: str, batch: UUID) -> ExitCode:
    """Match chunk after chunk until none is left, or the batch is gone or its council suspended."""
    engine = await _load_engine(database, council)
    while True:
        async with database.reading(council) as session:
            chunk = await store.get_next_chunk(session, council, batch)
        if chunk is None:
            return ExitCode.DONE
        results = await asyncio.to_thread(match_rows, engine, chunk.asked)
        async with database.writing(council) as writing:
            if not await store.save_chunk(writing, council, batch, chunk.n, results):
                return ExitCode.REFUSED


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
