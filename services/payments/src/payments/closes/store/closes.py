"""Closes of days: their numbers, rows and files."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, text
from sqlalchemy.types import Date

from chassis.database import ReadSession, Session
from payments.closes.tables import day_close, export_file

_NUMBERS = text("""
    SELECT (SELECT coalesce(max(number), 0) FROM day_close
            WHERE council = :council AND mode = :mode) AS closes,
        (SELECT coalesce(max(number), 0) FROM export_file
            WHERE council = :council AND mode = :mode) AS exports""")
_INSERT_CLOSE, _INSERT_FILE = insert(day_close), insert(export_file)
# With what is written of their files.
_CLOSES = """SELECT c.*, f.* FROM day_close c CROSS JOIN LATERAL (
        SELECT count(*) AS files, count(e.hash) AS files_written, coalesce(sum(e.lines), 0)::bigint AS lines,
            coalesce(sum(CASE WHEN e.hash IS NOT NULL THEN e.lines ELSE (
                SELECT coalesce(sum(p.lines), 0) FROM export_part p
                WHERE p.council = e.council AND p.export = e.id) END), 0)::bigint AS lines_written
        FROM export_file e WHERE e.council = c.council AND e.mode = c.mode AND e.day = c.day) f
    WHERE c.council = :council AND c.mode = :mode"""
_GET = text(f"{_CLOSES} AND c.day = :day").bindparams(bindparam("day", type_=Date))
_LIST = text(f"{_CLOSES} AND c.number > :after ORDER BY c.number LIMIT :fetch")
_NEWEST = text(f"{_CLOSES} AND c.number < :before ORDER BY c.number DESC LIMIT :fetch")
_FILES = (
    select(*(column for column in export_file.c if column.name != "content"))
    .where(
        export_file.c.council == bindparam("council"),
        export_file.c.mode == bindparam("mode"),
        export_file.c.day == bindparam("day"),
        export_file.c.hash.is_not(None),
    )
    .order_by(export_file.c.number)
)
_FILE = select(export_file).where(
    export_file.c.council == bindparam("council"),
    export_file.c.mode == bindparam("mode"),
    export_file.c.id == bindparam("file"),
    export_file.c.hash.is_not(None),
)
_COUNCIL = text("SELECT council FROM export_file WHERE id = :file")
_ERASE = text("""UPDATE export_file SET content = '' WHERE council = :council AND id IN (
    SELECT id FROM export_file WHERE council = :council AND mode IN ('sandbox', 'live')
    AND day <= :last_day AND content <> '' LIMIT :most)""").bindparams(bindparam("last_day", type_=Date))


async def find_numbers(session: ReadSession, council: str, mode: str) -> tuple[int, int]:
    """Find the last numbers of closes and of exports."""
    row = await session.first(_NUMBERS, {"council": council, "mode": mode})
    return (row.closes, row.exports) if row else (0, 0)


async def insert_close(session: Session, row: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> None:
    """Write a close with its files, most of which have no content yet."""
    await session.execute(_INSERT_CLOSE, row)
    await session.execute(_INSERT_FILE, [dict(file) for file in files])


async def find_council(session: ReadSession, file: UUID) -> str | None:
    """Find the council that has a file, among those the session sees."""
    council: str | None = await session.scalar(_COUNCIL, {"file": file})
    return council


async def get_close(session: ReadSession, council: str, mode: str, day: date) -> Row[Any] | None:
    """Get the close of a day, with what is written of its files."""
    return await session.first(_GET, {"council": council, "mode": mode, "day": day})


async def list_closes(
    session: ReadSession, council: str, mode: str, after: int, fetch: int
) -> Sequence[Row[Any]]:
    """List closes by their number, each with what is written of its files."""
    return await session.all(_LIST, {"council": council, "mode": mode, "after": after, "fetch": fetch})


async def list_newest(
    session: ReadSession, council: str, mode: str, before: int, fetch: int
) -> Sequence[Row[Any]]:
    """List closes before a number, the newest first, each with what is written of its files."""
    return await session.all(_NEWEST, {"council": council, "mode": mode, "before": before, "fetch": fetch})


async def list_files(session: ReadSession, council: str, mode: str, day: date) -> Sequence[Row[Any]]:
    """List the files of a close that are written, without what is in them."""
    return await session.all(_FILES, {"council": council, "mode": mode, "day": day})


async def get_file(session: ReadSession, council: str, mode: str, file: UUID) -> Row[Any] | None:
    """Get a file that is written with what is in it."""
    return await session.first(_FILE, {"council": council, "mode": mode, "file": file})


async def erase_contents(session: Session, council: str, last_day: date, most: int) -> int:
    """Erase what is in a batch of the files of closes up to a day; return how many there were."""
    return await session.execute(_ERASE, {"council": council, "last_day": last_day, "most": most})
