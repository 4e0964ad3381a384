"""The command ``python -m chassis run address postcodes FILE``: load the region's postcodes.

They serve every council. Reports its steps, then one summary whose ``outcome`` says what happened
(``chassis.commands``): done when the region has the file's postcodes, refused when the file was. The load is
all or nothing: readers see the old postcodes until the commit.
"""

import argparse
import time
from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path
from typing import Any

from address.postcodes.actions import postcode_files
from address.postcodes.actions.postcode_files import (
    CorruptPostcodesError,
    FileUnreadableError,
    PostcodeFileFacts,
    RowCount,
)
from address.postcodes.store import postcode_load
from chassis import ids
from chassis.commands import ExitCode, Reporter, make_reporter
from chassis.database import Database, Session
from chassis.settings import Settings


async def load(settings: Settings, arguments: list[str]) -> int:
    """Run the command. Return its exit code."""
    options = _parser().parse_args(arguments)
    database = Database(settings, "address-postcodes")
    try:
        with make_reporter() as report:
            return await _load_file(database, options, report)
    finally:
        await database.close()


async def _load_file(database: Database, options: argparse.Namespace, report: Reporter) -> int:
    summary: dict[str, Any] = {"file": options.file.name}
    try:
        facts = postcode_files.inspect_file(options.file)
        summary |= {"sha256": facts.sha256, "rows": facts.rows}
        outcome = await _load(database, options, facts, report)
    except CorruptPostcodesError as error:
        message = f"nothing was changed; {error}"
        return report.finish(ExitCode.REFUSED, "corrupt", **summary, line=error.line, message=message)
    except FileUnreadableError as error:
        message = f"{options.file} cannot be read: {error}"
        return report.finish(ExitCode.USAGE, "no-file", **summary, message=message)
    return report.finish(ExitCode.DONE, outcome.pop("outcome"), **summary, **outcome)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="postcodes",
        description="Load the region's postcodes from a CSV: postcode, easting, northing, lad25cd."
        " Gzip and xz are recognised. Postcodes that are not in the file go.",
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--again", action="store_true", help="even if this file was the last one loaded")
    return parser


async def _load(
    database: Database, options: argparse.Namespace, facts: PostcodeFileFacts, report: Reporter
) -> dict[str, Any]:
    """Load the file unless it is the last one loaded. Returns the outcome, and facts for the summary."""
    started = time.monotonic()
    async with database.writing() as session:
        for statement in (postcode_load.SETTINGS, postcode_load.LOCK):
            await session.execute(statement)
        last = await session.first(postcode_load.GET_LAST_FILE)
        if last is not None and last.sha256 == facts.sha256 and not options.again:
            when = last.loaded_at.astimezone(UTC).isoformat(timespec="seconds")
            return {"outcome": "already-loaded", "load": ids.show(last.id), "loaded_at": when}
        rows = await _stage(session, options.file, facts.rows, report)
        counts = await _write_tables(session, options.file, rows, facts.rows, report)
        load_id = ids.new()
        record = {"id": load_id, "file": options.file.name[:200], "sha256": facts.sha256, "rows": rows.total}
        await session.execute(postcode_load.INSERT_FILE, record)
    seconds = time.monotonic() - started
    speed = {"seconds": round(seconds, 2), "rows_per_second": round(facts.rows / seconds)}
    return {"outcome": "loaded", "load": ids.show(load_id), **counts, "left_out": rows.left_out, **speed}


async def _stage(session: Session, path: Path, total: int, report: Reporter) -> RowCount:
    """Copy the rows into the staging table. Raises CorruptPostcodesError."""
    await session.execute(postcode_load.CREATE_STAGED)
    rows = RowCount()

    async def blocks() -> AsyncIterator[bytes]:
        for block in postcode_files.read_blocks(path, rows):
            report.progress("reading", rows.total, total)
            yield block

    connection = await session.connection.get_raw_connection()
    driver: Any = connection.driver_connection
    await driver.copy_to_table("staged", source=blocks(), format="csv")
    return rows


async def _write_tables(
    session: Session, path: Path, rows: RowCount, total: int, report: Reporter
) -> dict[str, int]:
    """Write the staged rows to the tables. Raise CorruptPostcodesError for a duplicate postcode."""
    report.progress("checking", rows.total, total)
    await session.execute(postcode_load.ANALYZE_STAGED)
    duplicate = await session.scalar(postcode_load.FIND_DUPLICATE)
    if duplicate is not None:
        first, second = postcode_files.find_lines(path, duplicate)[:2]
        raise CorruptPostcodesError(second, f"{duplicate} stands on line {first} too")
    report.progress("writing", rows.total, total)
    if await session.scalar(postcode_load.IS_EMPTY):
        created = await session.execute(postcode_load.FILL)
        counts = {"created": created, "changed": 0, "removed": 0}
    else:
        counted = await session.first(postcode_load.MERGE)
        counts = dict(counted._mapping) if counted else {}  # noqa: SLF001 - a Row's documented view as a mapping
    report.progress("indexing", rows.total, total)
    for statement in (postcode_load.DELETE_OUTCODES, postcode_load.INSERT_OUTCODES):
        await session.execute(statement)
    return counts
