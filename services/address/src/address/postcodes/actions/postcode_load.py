"""``python -m chassis run address postcodes FILE``: the region's postcodes, for every council at once.

Prints JSON lines: ``{"step", "rows", "total"}`` while it works, and one summary at the end, whose ``outcome``
says what happened. Exit code 0 when the region has the file's postcodes, 1 when the file was refused, 2 when
the command itself cannot run. All of it or nothing, in one transaction: readers have the old postcodes until
the commit and the new ones after it.
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
from address.postcodes.actions.postcode_files import CorruptPostcodesError, Facts, FileUnreadableError, Rows
from address.postcodes.store import postcode_load
from chassis import ids
from chassis.database import Database, Session
from chassis.settings import Settings

DONE, REFUSED, CANNOT = 0, 1, 2
_EVERY = 200_000  # rows between two lines of progress


async def load(settings: Settings, arguments: list[str]) -> int:
    """Run the command. The answer is its exit code."""
    asked = _parser().parse_args(arguments)
    summary: dict[str, Any] = {"file": asked.file.name}
    database = Database(settings, "address-postcodes")
    try:
        facts = postcode_files.inspect(asked.file)
        summary |= {"sha256": facts.sha256, "rows": facts.rows}
        return await _load(database, asked, facts, summary)
    except CorruptPostcodesError as error:
        return _end(REFUSED, summary, "corrupt", line=error.line, message=f"nothing was changed; {error}")
    except FileUnreadableError as error:
        return _end(CANNOT, summary, "no-file", message=f"{asked.file} cannot be read: {error}")
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


async def _load(database: Database, asked: argparse.Namespace, facts: Facts, summary: dict[str, Any]) -> int:
    started = time.monotonic()
    async with database.writing() as session:
        for statement in (postcode_load.SETTINGS, postcode_load.ALONE):
            await session.execute(statement)
        last = await session.first(postcode_load.LAST)
        if last is not None and last.sha256 == facts.sha256 and not asked.again:
            when = last.loaded_at.astimezone(UTC).isoformat(timespec="seconds")
            return _end(DONE, summary, "already-loaded", load=ids.show(last.id), loaded_at=when)
        rows = await _stage(session, asked.file, facts.rows)
        counts = await _bring(session, asked.file, rows, facts.rows)
        load_id = ids.new()
        record = {"id": load_id, "file": asked.file.name[:200], "sha256": facts.sha256, "rows": rows.read}
        await session.execute(postcode_load.RECORD, record)
    seconds = time.monotonic() - started
    speed = {"seconds": round(seconds, 2), "rows_per_second": round(facts.rows / seconds)}
    return _end(DONE, summary, "loaded", load=ids.show(load_id), **counts, left_out=rows.left_out, **speed)


async def _stage(session: Session, path: Path, total: int) -> Rows:
    """Copy the rows into the staging table. Raises CorruptPostcodesError."""
    await session.execute(postcode_load.STAGE)
    rows, said = Rows(), 0

    async def blocks() -> AsyncIterator[bytes]:
        nonlocal said
        for block in postcode_files.blocks(path, rows):
            if rows.read - said >= _EVERY:
                said = rows.read
                _step("reading", rows.read, total)
            yield block

    connection = await session.connection.get_raw_connection()
    driver: Any = connection.driver_connection
    await driver.copy_to_table("staged", source=blocks(), format="csv")
    return rows


async def _bring(session: Session, path: Path, rows: Rows, total: int) -> dict[str, int]:
    """Bring the tables to what is staged. Raises CorruptPostcodesError for a postcode that is there twice."""
    _step("checking", rows.read, total)
    await session.execute(postcode_load.COUNTED)
    twice = await session.scalar(postcode_load.TWICE)
    if twice is not None:
        first, second = postcode_files.lines_of(path, twice)[:2]
        raise CorruptPostcodesError(second, f"{twice} stands on line {first} too")
    _step("writing", rows.read, total)
    if await session.scalar(postcode_load.EMPTY):
        created = await session.execute(postcode_load.FILL)
        counts = {"created": created, "changed": 0, "removed": 0}
    else:
        done = await session.first(postcode_load.BRING)
        counts = dict(done._mapping) if done else {}  # noqa: SLF001 - a Row's documented view as a mapping
    _step("indexing", rows.read, total)
    for statement in (postcode_load.FORGET_OUTCODES, postcode_load.MAKE_OUTCODES):
        await session.execute(statement)
    return counts


def _step(step: str, rows: int, total: int) -> None:
    _say({"step": step, "rows": rows, "total": total})


def _end(code: int, summary: dict[str, Any], outcome: str, **more: Any) -> int:
    _say({"outcome": outcome, **summary, **more})
    return code


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
