"""Load a council's plain CSV into its gazetteer: all or nothing, in one transaction.

Rows of the file are inserted or updated by UPRN; properties not in the file stay as they are. Readers see the
old gazetteer until the commit.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from address.gazetteer_files.actions import files
from address.gazetteer_files.rules import csv_rows
from address.gazetteer_files.rules.csv_rows import Reject
from address.loading.actions.outcome import MAX_REJECTS, LoadFile, LoadOutcome, Progress, load_params
from address.loading.actions.publish_load import publish_changes, record_load
from address.loading.store import comparison, csv_writes, staged_csv
from address.read_model import actions as read_model
from address.shared import codelists, lifecycle
from chassis.database import Session

_ROWS_PER_COPY = 2_000  # rows of one COPY message


async def load(session: Session, file: LoadFile, progress: Progress) -> LoadOutcome:
    """Load the file. Raise CorruptFileError. The caller rolls back then, and when there are rejects."""
    await begin_load(session, file.council)
    await session.execute(staged_csv.CREATE_STAGED)
    staged, rejects = await _stage(session, file, progress)
    if not rejects:
        progress("checking", staged)
        rejects = await _cross_check(session, file.council)
    if rejects:
        return LoadOutcome(rejects=sorted(rejects, key=lambda reject: reject.line))
    return await _write_tables(session, file, staged, progress)


async def begin_load(session: Session, council: str) -> None:
    """Prepare the transaction for a load and wait for another load of this council."""
    for statement in (staged_csv.SETTINGS, staged_csv.CREATE_TOUCHED, *comparison.CREATE_STREET_TABLES):
        await session.execute(statement)
    await session.execute(staged_csv.LOCK, {"council": council})


async def _stage(session: Session, file: LoadFile, progress: Progress) -> tuple[int, list[Reject]]:
    """Copy the rows into the staging table. Return how many, and the rejects."""
    rejects: list[Reject] = []
    count = 0
    header = files.read_header(file.sources[0])

    async def blocks() -> AsyncIterator[bytes]:
        nonlocal count
        for block, size in _copy_blocks(file, header, rejects):
            count += size
            progress("reading", count)
            yield block.encode()

    connection = await session.connection.get_raw_connection()
    driver: Any = connection.driver_connection
    await driver.copy_to_table("staged", source=blocks(), columns=csv_rows.staged_columns(header))
    return count, rejects


def _copy_blocks(file: LoadFile, header: tuple[str, ...], rejects: list[Reject]) -> Iterator[tuple[str, int]]:
    """Yield blocks of COPY text with their number of rows. Faulty rows go to ``rejects``."""
    lines: list[str] = []
    for number, values in files.read_rows(file.sources[0]):
        line, faults = csv_rows.stage_row(number, values, header)
        if faults:
            rejects.extend(faults[: max(0, MAX_REJECTS - len(rejects))])
        else:
            lines.append(line)
        if len(lines) == _ROWS_PER_COPY:
            yield "".join(lines), _ROWS_PER_COPY
            lines = []
    if lines:
        yield "".join(lines), len(lines)


async def _cross_check(session: Session, council: str) -> list[Reject]:
    """List what is wrong between rows, and between the file and the gazetteer."""
    params = {"council": council, "codes": list(codelists.classifications()), "deepest": lifecycle.MAX_DEPTH}
    faults = [row for check in staged_csv.CHECKS for row in await session.all(check, params)]
    if not faults:
        faults = list(await session.all(staged_csv.TOO_DEEP, params))
    return [Reject(row.line, row.name, row.value, row.reason) for row in faults[:MAX_REJECTS]]


async def _write_tables(session: Session, file: LoadFile, staged: int, progress: Progress) -> LoadOutcome:
    """Write the staged rows to the tables, the read model, history and events."""
    outcome = LoadOutcome.create()
    params = load_params(file, outcome)
    fresh = bool(await session.scalar(staged_csv.IS_EMPTY, params))
    params["given"] = await session.scalar(csv_writes.UPSERT_GAZETTEER, params)
    for statement in (csv_writes.TOUCH_NEW, csv_writes.TOUCH_CHANGED, csv_writes.TOUCH_RENAMED):
        await session.execute(statement, params)
    counts = await session.first(csv_writes.COUNT_TOUCHED)
    assert counts is not None  # noqa: S101 - an aggregate always answers a row
    outcome.created, outcome.changed = counts.created, counts.changed
    outcome.unchanged = staged - counts.created - counts.changed + counts.elsewhere
    progress("writing", staged)
    for statement in (*comparison.SAVE_STREETS["staged"], *csv_writes.WRITES):
        await session.execute(statement, params)
    await session.execute(comparison.TOUCH_NEW_STREETS["staged"], params)
    progress("indexing", staged)
    await read_model.rewrite_loaded(session, file.council, fresh=fresh)
    progress("announcing", staged)
    await publish_changes(session, params)
    await record_load(session, file, outcome, staged, keys=outcome.created)
    return outcome
