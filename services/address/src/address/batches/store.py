"""Read and write batches: uploads, the work on them, results.

Whoever locks rows of a batch locks the batch first, then chunks.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import ReadSession, Session

_RECEIVING = 900  # seconds an upload may pause before it is purged

_FIELDS = """id, status, rows, done, matched, ambiguous, missing, rejected, created_at, started_at,
    finished_at, expires_at, fault"""
_ONE = "council = :council AND id = :batch"
_IS_ACTIVE = "EXISTS (SELECT FROM council WHERE slug = :council AND status = 'active')"
_UNFINISHED = "status IN ('queued', 'running')"

_LOCK = text("SELECT pg_advisory_xact_lock(7430007, hashtext(:council))")
_WAITING = text("""SELECT count(*) AS kept, count(*) FILTER (WHERE status IN ('queued', 'running')
        OR status = 'receiving' AND expires_at > now()) AS waiting
    FROM match_batch WHERE council = :council""")
_RECEIVE = text(f"""INSERT INTO match_batch (council, id, status, client, expires_at)
    VALUES (:council, :batch, 'receiving', :client, now() + make_interval(secs => {_RECEIVING}))""")
_STILL_RECEIVING = text(f"""UPDATE match_batch SET expires_at = now() + make_interval(secs => {_RECEIVING})
    WHERE {_ONE} AND status = 'receiving'""")
_CHUNK = text("""INSERT INTO match_chunk (council, batch, n, rows, asked, rejects)
    VALUES (:council, :batch, :n, :rows, :asked, :rejects)""")
_QUEUE = text(f"""UPDATE match_batch SET status = 'queued', rows = :rows,
        expires_at = created_at + make_interval(days => :days)
    WHERE {_ONE} AND status = 'receiving' RETURNING {_FIELDS}""")
_DROP_CHUNKS = text("DELETE FROM match_chunk WHERE council = :council AND batch = :batch")
_DROP = text(f"DELETE FROM match_batch WHERE {_ONE}")

_READ = text(f"SELECT {_FIELDS} FROM match_batch WHERE {_ONE} AND status <> 'receiving'")
_LIST = text(f"""SELECT {_FIELDS} FROM match_batch WHERE council = :council AND status <> 'receiving'
    AND (CAST(:after AS uuid) IS NULL OR id < :after) ORDER BY id DESC LIMIT :most""")
_ANSWERED = text("""SELECT n, answered AS lines FROM match_chunk WHERE council = :council
    AND batch = :batch AND n > :after AND answered IS NOT NULL ORDER BY n LIMIT 1""")
_REJECTS = text("""SELECT n, rejects AS lines FROM match_chunk WHERE council = :council
    AND batch = :batch AND n > :after AND rejects IS NOT NULL ORDER BY n LIMIT 1""")

_PROGRESS = f"SELECT done, rows, {_IS_ACTIVE} AS is_active FROM match_batch WHERE {_ONE} AND {_UNFINISHED}"
_READ_PROGRESS = text(_PROGRESS)
_START = text(f"""
    WITH work AS MATERIALIZED ({_PROGRESS} FOR UPDATE),
    started AS (UPDATE match_batch SET status = 'running',
        started_at = coalesce(started_at, clock_timestamp())
        WHERE {_ONE} AND (SELECT is_active FROM work))
    SELECT done, rows, is_active FROM work""")
_NEXT = text("""SELECT n, asked FROM match_chunk WHERE council = :council AND batch = :batch
    AND asked IS NOT NULL ORDER BY n LIMIT 1""")
_SAVE = text("""UPDATE match_chunk SET asked = NULL, answered = :answered, rejects = :rejects
    WHERE council = :council AND batch = :batch AND n = :n AND asked IS NOT NULL""")
_LOCK_RUNNING = text(f"""SELECT true FROM match_batch WHERE {_ONE} AND status = 'running' AND {_IS_ACTIVE}
    FOR UPDATE""")
_COUNT = text(f"""UPDATE match_batch SET done = done + :rows, matched = matched + :matched,
        ambiguous = ambiguous + :ambiguous, missing = missing + :missing, rejected = rejected + :rejected
    WHERE {_ONE}""")
_FINISH = text(f"""UPDATE match_batch SET status = 'finished', finished_at = clock_timestamp()
    WHERE {_ONE} AND status = 'running' AND done = rows""")
_FAIL = text(f"""UPDATE match_batch SET status = 'failed', finished_at = clock_timestamp(), fault = :fault
    WHERE {_ONE} AND {_UNFINISHED}""")
_EMPTY = text("UPDATE match_chunk SET asked = NULL WHERE council = :council AND batch = :batch")
_PURGE = text("""
    WITH expired AS MATERIALIZED (
        SELECT council, id FROM match_batch WHERE expires_at < now()
        ORDER BY expires_at LIMIT :most FOR UPDATE),
    batches AS (DELETE FROM match_batch b USING expired e WHERE b.council = e.council AND b.id = e.id),
    chunks AS (DELETE FROM match_chunk c USING expired e WHERE c.council = e.council AND c.batch = e.id)
    SELECT count(*) FROM expired""")


async def count_batches(session: Session, council: str) -> tuple[int, int]:
    """Count the council's unfinished batches and all its batches, and lock out new ones until the commit."""
    await session.execute(_LOCK, {"council": council})
    (row,) = await session.all(_WAITING, {"council": council})
    return row.waiting, row.kept


async def insert_batch(session: Session, council: str, batch: UUID, client: str) -> None:
    """Insert a batch that is being uploaded. It is not visible yet."""
    await session.execute(_RECEIVE, {"council": council, "batch": batch, "client": client})


async def insert_chunk(session: Session, council: str, batch: UUID, chunk: Mapping[str, Any]) -> bool:
    """Insert a chunk (``n``, ``rows``, ``asked``, ``rejects``). Return False when the batch was purged."""
    if not await session.execute(_STILL_RECEIVING, {"council": council, "batch": batch}):
        return False
    return bool(await session.execute(_CHUNK, {"council": council, "batch": batch, **chunk}))


async def queue_batch(session: Session, council: str, batch: UUID, rows: int, days: int) -> Row[Any] | None:
    """Queue a complete upload, which expires after so many days. Return None when it was purged."""
    return await session.first(_QUEUE, {"council": council, "batch": batch, "rows": rows, "days": days})


async def delete_batch(session: Session, council: str, batch: UUID) -> bool:
    """Delete a batch with all its rows, whatever its status. Return False when there is none."""
    existed = bool(await session.execute(_DROP, {"council": council, "batch": batch}))
    await session.execute(_DROP_CHUNKS, {"council": council, "batch": batch})
    return existed


async def get_batch(session: ReadSession, council: str, batch: UUID) -> Row[Any] | None:
    return await session.first(_READ, {"council": council, "batch": batch})


async def list_batches(
    session: ReadSession, council: str, after: UUID | None, most: int
) -> Sequence[Row[Any]]:
    """List batches, the newest first."""
    return await session.all(_LIST, {"council": council, "after": after, "most": most})


async def get_chunk_lines(
    session: ReadSession, council: str, batch: UUID, after: int, *, rejects: bool
) -> Row[Any] | None:
    """Get the next chunk's lines (``n``, ``lines`` compressed), of the results or the rejects."""
    statement = _REJECTS if rejects else _ANSWERED
    return await session.first(statement, {"council": council, "batch": batch, "after": after})


async def start_batch(session: Session, council: str, batch: UUID) -> Row[Any] | None:
    """Start an unfinished batch or go on with it, unless its council is suspended; as ``read_progress``."""
    return await session.first(_START, {"council": council, "batch": batch})


async def read_progress(session: ReadSession, council: str, batch: UUID) -> Row[Any] | None:
    """Read an unfinished batch's rows ``done``, all ``rows``, and whether its council ``is_active``."""
    return await session.first(_READ_PROGRESS, {"council": council, "batch": batch})


async def get_next_chunk(session: ReadSession, council: str, batch: UUID) -> Row[Any] | None:
    """Get the first unanswered chunk: ``n``, ``asked``."""
    return await session.first(_NEXT, {"council": council, "batch": batch})


async def save_chunk(session: Session, council: str, batch: UUID, n: int, results: Mapping[str, Any]) -> bool:
    """Save a chunk's answers once, delete its addresses, and count.

    Return False when the batch is gone or no longer running, or its council suspended.
    """
    key = {"council": council, "batch": batch}
    if not await session.scalar(_LOCK_RUNNING, key):
        return False
    chunk = {name: results[name] for name in ("answered", "rejects")}
    if await session.execute(_SAVE, {**key, "n": n, **chunk}):
        counts = {name: value for name, value in results.items() if name not in chunk}
        await session.execute(_COUNT, {**key, **counts})
    return True


async def finish_batch(session: Session, council: str, batch: UUID) -> None:
    """Finish a batch whose rows are all done."""
    await session.execute(_FINISH, {"council": council, "batch": batch})


async def fail_batch(session: Session, council: str, batch: UUID, fault: str) -> None:
    """Fail an unfinished batch, and delete its addresses."""
    key = {"council": council, "batch": batch}
    if await session.execute(_FAIL, {**key, "fault": fault}):
        await session.execute(_EMPTY, key)


async def purge(session: Session, most: int) -> int:
    """Delete expired batches and abandoned uploads of every council, the oldest first. Return how many."""
    return int(await session.scalar(_PURGE, {"most": most}))
