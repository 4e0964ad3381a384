"""Load a council's plain CSV into its gazetteer: all of it or nothing, in one transaction.

Rows of the file are added or brought up to date by UPRN; properties that are not in the file stay as they
are. Readers see the old gazetteer until the commit and the new one after it.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from address.gazetteer_files.actions import files
from address.gazetteer_files.rules import csv_rows
from address.gazetteer_files.rules.csv_rows import Reject
from address.loading.actions.outcome import MOST_REJECTS, File, Outcome, Progress, named
from address.loading.actions.publish_load import announce, record
from address.loading.store import comparison, csv_staging, csv_writes
from address.read_model import actions as read_model
from address.shared import codelists, lifecycle
from chassis.database import Session

_BLOCK = 2_000  # rows of one COPY message


async def load(session: Session, file: File, progress: Progress) -> Outcome:
    """Load the file. Raises CorruptFileError; the caller rolls back then and when there are rejects."""
    await begin(session, file.council)
    await session.execute(csv_staging.STAGE)
    staged, rejects = await _stage(session, file, progress)
    if not rejects:
        progress("checking", staged)
        rejects = await _cross_check(session, file.council)
    if rejects:
        return Outcome(rejects=sorted(rejects, key=lambda reject: reject.line))
    return await _write(session, file, staged, progress)


async def begin(session: Session, council: str) -> None:
    """Make the transaction one that loads; it waits for another load of this council."""
    for statement in (csv_staging.SETTINGS, csv_staging.TOUCH, *comparison.CREATE):
        await session.execute(statement)
    await session.execute(csv_staging.ALONE, {"council": council})


async def _stage(session: Session, file: File, progress: Progress) -> tuple[int, list[Reject]]:
    """Copy the rows into the staging table. Answers how many, and those that cannot be."""
    rejects: list[Reject] = []
    count = 0
    header = files.header(file.sources[0])

    async def blocks() -> AsyncIterator[bytes]:
        nonlocal count
        for block, size in _blocks(file, header, rejects):
            count += size
            progress("reading", count)
            yield block.encode()

    connection = await session.connection.get_raw_connection()
    driver: Any = connection.driver_connection
    await driver.copy_to_table("staged", source=blocks(), columns=csv_rows.staged(header))
    return count, rejects


def _blocks(file: File, header: tuple[str, ...], rejects: list[Reject]) -> Iterator[tuple[str, int]]:
    """The file as blocks of COPY text with their number of rows; faulty rows go to ``rejects``."""
    lines: list[str] = []
    for number, values in files.records(file.sources[0]):
        line, faults = csv_rows.stage(number, values, header)
        if faults:
            rejects.extend(faults[: max(0, MOST_REJECTS - len(rejects))])
        else:
            lines.append(line)
        if len(lines) == _BLOCK:
            yield "".join(lines), _BLOCK
            lines = []
    if lines:
        yield "".join(lines), len(lines)


async def _cross_check(session: Session, council: str) -> list[Reject]:
    """What is wrong between rows, and between the file and the gazetteer."""
    asked = {"council": council, "codes": list(codelists.classifications()), "deepest": lifecycle.MAX_DEPTH}
    found = [row for check in csv_staging.CHECKS for row in await session.all(check, asked)]
    if not found:
        found = list(await session.all(csv_staging.TOO_DEEP, asked))
    return [Reject(row.line, row.name, row.value, row.reason) for row in found[:MOST_REJECTS]]


async def _write(session: Session, file: File, staged: int, progress: Progress) -> Outcome:
    """Bring the tables to what is staged."""
    outcome = Outcome.begun()
    asked = named(file, outcome)
    fresh = bool(await session.scalar(csv_staging.EMPTY, asked))
    asked["given"] = await session.scalar(csv_writes.GAZETTEER, asked)
    for statement in (csv_writes.TOUCH_NEW, csv_writes.TOUCH_CHANGED, csv_writes.TOUCH_RENAMED):
        await session.execute(statement, asked)
    counts = await session.first(csv_writes.COUNT_TOUCHED)
    assert counts is not None  # noqa: S101 - an aggregate always answers a row
    outcome.created, outcome.changed = counts.created, counts.changed
    outcome.unchanged = staged - counts.created - counts.changed + counts.elsewhere
    progress("writing", staged)
    for statement in (*comparison.WAS_STREETS["staged"], *csv_writes.WRITES):
        await session.execute(statement, asked)
    await session.execute(comparison.NEW_STREETS["staged"], asked)
    progress("indexing", staged)
    await read_model.rewrite_loaded(session, file.council, fresh=fresh)
    progress("announcing", staged)
    await announce(session, asked)
    await record(session, file, outcome, staged, keys=outcome.created)
    return outcome
