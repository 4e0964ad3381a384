"""The command ``python -m chassis run address postcodes FILE``: load the region's postcodes.

They serve every council. Prints JSON lines: ``{"step", "rows", "total"}`` while it works, then one summary
whose ``outcome`` says what happened. Exit code 0 when the region has the file's postcodes, 1 when the file
was refused, 2 when the command cannot run. The load is all or nothing: readers see the old postcodes until
the commit.
"""

import argparse
import json
import sys
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
from chassis.database import Database, Session
from chassis.settings import Settings

DONE, REFUSED, FAILED = 0, 1, 2
_PROGRESS_ROWS = 200_000  # rows between two progress lines


async def load(settings: Settings, arguments: list[str]) -> int:
    """Run the command. Return its exit code."""
    options = _parser().parse_args(arguments)
    summary: dict[str, Any] = {"file": options.file.name}
    database = Database(settings, "address-postcodes")
    try:
        facts = postcode_files.inspect_file(options.file)
        summary |= {"sha256": facts.sha256, "rows": facts.rows}
        return await _load(database, options, facts, summary)
    except CorruptPostcodesError as error:
        return _end(REFUSED, summary, "corrupt", line=error.line, message=f"nothing was changed; {error}")
    except FileUnreadableError as error:
        return _end(FAILED, summary, "no-file", message=f"{options.file} cannot be read: {error}")
    finally:
        await database.close()


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
    database: Database, options: argparse.Namespace, facts: PostcodeFileFacts, summary: dict[str, Any]
) -> int:
    started = time.monotonic()
    async with database.writing() as session:
        for statement in (postcode_load.SETTINGS, postcode_load.LOCK):
            await session.execute(statement)
        last = await session.first(postcode_load.GET_LAST_FILE)
        if last is not None and last.sha256 == facts.sha256 and not options.again:
            when = last.loaded_at.astimezone(UTC).isoformat(timespec="seconds")
            return _end(DONE, summary, "already-loaded", load=ids.show(last.id), loaded_at=when)
        rows = await _stage(session, options.file, facts.rows)
        counts = await _write_tables(session, options.file, rows, facts.rows)
        load_id = ids.new()
        record = {"id": load_id, "file": options.file.name[:200], "sha256": facts.sha256, "rows": rows.total}
        await session.execute(postcode_load.INSERT_FILE, record)
    seconds = time.monotonic() - started
    speed = {"seconds": round(seconds, 2), "rows_per_second": round(facts.rows / seconds)}
    return _end(DONE, summary, "loaded", load=ids.show(load_id), **counts, left_out=rows.left_out, **speed)


async def _stage(session: Session, path: Path, total: int) -> RowCount:
    """Copy the rows into the staging table. Raises CorruptPostcodesError."""
    await session.execute(postcode_load.CREATE_STAGED)
    rows, printed = RowCount(), 0

    async def blocks() -> AsyncIterator[bytes]:
        nonlocal printed
        for block in postcode_files.read_blocks(path, rows):
            if rows.total - printed >= _PROGRESS_ROWS:
                printed = rows.total
                _print_step("reading", rows.total, total)
            yield block

    connection = await session.connection.get_raw_connection()
    driver: Any = connection.driver_connection
    await driver.copy_to_table("staged", source=blocks(), format="csv")
    return rows


async def _write_tables(session: Session, path: Path, rows: RowCount, total: int) -> dict[str, int]:
    """Write the staged rows to the tables. Raise CorruptPostcodesError for a duplicate postcode."""
    _print_step("checking", rows.total, total)
    await session.execute(postcode_load.ANALYZE_STAGED)
    duplicate = await session.scalar(postcode_load.FIND_DUPLICATE)
    if duplicate is not None:
        first, second = postcode_files.find_lines(path, duplicate)[:2]
        raise CorruptPostcodesError(second, f"{duplicate} stands on line {first} too")
    _print_step("writing", rows.total, total)
    if await session.scalar(postcode_load.IS_EMPTY):
        created = await session.execute(postcode_load.FILL)
        counts = {"created": created, "changed": 0, "removed": 0}
    else:
        counted = await session.first(postcode_load.MERGE)
        counts = dict(counted._mapping) if counted else {}  # noqa: SLF001 - a Row's documented view as a mapping
    _print_step("indexing", rows.total, total)
    for statement in (postcode_load.DELETE_OUTCODES, postcode_load.INSERT_OUTCODES):
        await session.execute(statement)
    return counts


def _print_step(step: str, rows: int, total: int) -> None:
    _print_json({"step": step, "rows": rows, "total": total})


def _end(code: int, summary: dict[str, Any], outcome: str, **more: Any) -> int:
    _print_json({"outcome": outcome, **summary, **more})
    return code


def _print_json(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
