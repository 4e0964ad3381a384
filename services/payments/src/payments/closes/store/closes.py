"""Closes of days: their numbers, rows and files."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, text

from chassis.database import ReadSession, Session
from payments.closes.tables import day_close, export_file

_NUMBERS = text("""
    SELECT (SELECT coalesce(max(number), 0) FROM day_close
            WHERE council = :council AND mode = :mode) AS closes,
        (SELECT coalesce(max(number), 0) FROM export_file
            WHERE council = :council AND mode = :mode) AS exports""")
_INSERT_CLOSE, _INSERT_FILE = insert(day_close), insert(export_file)
_OF_DAY = (day_close.c.council == bindparam("council")) & (day_close.c.mode == bindparam("mode"))
_GET = select(day_close).where(_OF_DAY, day_close.c.day == bindparam("day"))
_LIST = (
    select(day_close)
    .where(_OF_DAY, day_close.c.number > bindparam("after"))
    .order_by(day_close.c.number)
    .limit(bindparam("fetch"))
)
_FILES = (
    select(*(column for column in export_file.c if column.name != "content"))
    .where(
        export_file.c.council == bindparam("council"),
        export_file.c.mode == bindparam("mode"),
        export_file.c.day == bindparam("day"),
    )
    .order_by(export_file.c.number)
)
_FILE = select(export_file).where(
    export_file.c.council == bindparam("council"),
    export_file.c.mode == bindparam("mode"),
    export_file.c.id == bindparam("file"),
)


async def find_numbers(session: ReadSession, council: str, mode: str) -> tuple[int, int]:
    """Find the last numbers of closes and of exports."""
    row = await session.first(_NUMBERS, {"council": council, "mode": mode})
    return (row.closes, row.exports) if row else (0, 0)


async def insert_close(session: Session, row: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> None:
    """Write a close with its files."""
    await session.execute(_INSERT_CLOSE, row)
    for file in files:  # one by one: each may be megabytes
        await session.execute(_INSERT_FILE, file)


async def get_close(session: ReadSession, council: str, mode: str, day: date) -> Row[Any] | None:
    """Get the close of a day."""
    return await session.first(_GET, {"council": council, "mode": mode, "day": day})


async def list_closes(
    session: ReadSession, council: str, mode: str, after: int, fetch: int
) -> Sequence[Row[Any]]:
    """List closes by their number."""
    return await session.all(_LIST, {"council": council, "mode": mode, "after": after, "fetch": fetch})


async def list_files(session: ReadSession, council: str, mode: str, day: date) -> Sequence[Row[Any]]:
    """List the files of a close, without what is in them."""
    return await session.all(_FILES, {"council": council, "mode": mode, "day": day})


async def get_file(session: ReadSession, council: str, mode: str, file: UUID) -> Row[Any] | None:
    """Get a file with what is in it."""
    return await session.first(_FILE, {"council": council, "mode": mode, "file": file})
