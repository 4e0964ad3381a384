"""Read and write batches: uploads, the work on them, results.

A process claims a batch to work on it. Every statement of the work names the holder, so a process whose claim
has expired and been taken over changes nothing.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import ReadSession, Session

CLAIM_SECONDS = 30
"""Seconds until a batch whose holder is not heard of any more is taken over."""
_RECEIVING = 900  # seconds an upload may pause before it is purged

_FIELDS = """id, status, rows, done, matched, ambiguous, missing, rejected, created_at, started_at,
    finished_at, fault"""
_ONE = "council = :council AND id = :batch"
_CLAIMED = f"{_ONE} AND holder = :holder AND status = 'running'"
_EXTEND_CLAIM = f"held_until = now() + make_interval(secs => {CLAIM_SECONDS})"

_LOCK = text("SELECT pg_advisory_xact_lock(7430007, hashtext(:council))")
_WAITING = text("""SELECT count(*) AS kept, count(*) FILTER (WHERE status IN ('queued', 'running')
        OR status = 'receiving' AND held_until > now()) AS waiting
    FROM match_batch WHERE council = :council""")
_RECEIVE = text(f"""INSERT INTO match_batch (council, id, status, client, held_until)
    VALUES (:council, :batch, 'receiving', :client, now() + make_interval(secs => {_RECEIVING}))""")
_STILL_RECEIVING = text(f"""UPDATE match_batch SET held_until = now() + make_interval(secs => {_RECEIVING})
    WHERE {_ONE} AND status = 'receiving'""")
_CHUNK = text("""INSERT INTO match_chunk (council, batch, n, rows, asked, rejects)
    VALUES (:council, :batch, :n, :rows, :asked, :rejects)""")
_QUEUE = text(f"""UPDATE match_batch SET status = 'queued', rows = :rows, held_until = NULL
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

# A suspended council's batches wait until it is active again.
_IS_FREE = """FROM match_batch b JOIN council c ON c.slug = b.council AND c.status = 'active'
    WHERE b.status IN ('queued', 'running') AND (b.held_until IS NULL OR b.held_until < now())"""
# First the council with the least work done lately, then the batch that has waited longest.
_IN_TURN = """(SELECT coalesce(sum(o.done), 0) FROM match_batch o
    WHERE o.council = b.council AND o.started_at > now() - interval '1 hour'), b.created_at"""
_ANY_FREE = text(f"SELECT EXISTS (SELECT {_IS_FREE})")
_CLAIM = text(f"""
    WITH next AS (
        SELECT b.council, b.id {_IS_FREE} ORDER BY {_IN_TURN} LIMIT 1 FOR UPDATE OF b SKIP LOCKED)
    UPDATE match_batch b SET status = 'running', holder = :holder, {_EXTEND_CLAIM}, tries = tries + 1,
        started_at = coalesce(started_at, clock_timestamp())
    FROM next WHERE b.council = next.council AND b.id = next.id RETURNING b.council, b.id, b.tries""")
_RENEW = text(f"""UPDATE match_batch SET {_EXTEND_CLAIM} WHERE {_CLAIMED}
    AND EXISTS (SELECT FROM council WHERE slug = :council AND status = 'active')""")
_NEXT = text("""SELECT n, asked FROM match_chunk WHERE council = :council AND batch = :batch
    AND asked IS NOT NULL ORDER BY n LIMIT 1""")
_SAVE = text("""UPDATE match_chunk SET asked = NULL, answered = :answered, rejects = :rejects
    WHERE council = :council AND batch = :batch AND n = :n AND asked IS NOT NULL""")
_COUNT = text(f"""UPDATE match_batch SET done = done + :rows, matched = matched + :matched,
        ambiguous = ambiguous + :ambiguous, missing = missing + :missing, rejected = rejected + :rejected,
        tries = 0
    WHERE {_CLAIMED}""")
_FINISH = text(f"""UPDATE match_batch SET status = 'finished', finished_at = clock_timestamp(), holder = NULL,
    held_until = NULL WHERE {_CLAIMED} AND done = rows""")
_FAIL = text(f"""UPDATE match_batch SET status = 'failed', finished_at = clock_timestamp(), fault = :fault,
    holder = NULL, held_until = NULL WHERE {_CLAIMED}""")
_EMPTY = text("UPDATE match_chunk SET asked = NULL WHERE council = :council AND batch = :batch")
_RELEASE = text("""UPDATE match_batch SET status = 'queued', holder = NULL, held_until = NULL,
    tries = greatest(tries - CAST(:forgiven AS integer), 0) WHERE holder = :holder AND status = 'running'""")
_PURGE = text("""
    WITH old AS (DELETE FROM match_batch WHERE created_at < now() - make_interval(days => :days)
        OR status = 'receiving' AND held_until < now() RETURNING council, id)
    DELETE FROM match_chunk c USING old WHERE c.council = old.council AND c.batch = old.id""")


@dataclass(frozen=True, slots=True)
class ClaimedBatch:
    """A batch claimed by ``holder``; ``tries`` counts the claims since the last row was done."""

    council: str
    batch: UUID
    holder: UUID
    tries: int

    def bound(self, **more: Any) -> dict[str, Any]:
        return {"council": self.council, "batch": self.batch, "holder": self.holder, **more}


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


async def queue_batch(session: Session, council: str, batch: UUID, rows: int) -> Row[Any] | None:
    """Queue a complete upload. Return None when it was purged."""
    return await session.first(_QUEUE, {"council": council, "batch": batch, "rows": rows})


async def delete_batch(session: Session, council: str, batch: UUID) -> bool:
    """Delete a batch with all its rows, whatever its status. Return False when there is none."""
    await session.execute(_DROP_CHUNKS, {"council": council, "batch": batch})
    return bool(await session.execute(_DROP, {"council": council, "batch": batch}))


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


async def has_free(session: ReadSession) -> bool:
    """Return whether any council has an unclaimed batch."""
    return bool(await session.scalar(_ANY_FREE))


async def claim(session: Session, holder: UUID) -> ClaimedBatch | None:
    """Claim the next unclaimed batch for a holder."""
    row = await session.first(_CLAIM, {"holder": holder})
    return None if row is None else ClaimedBatch(row.council, row.id, holder, row.tries)


async def renew(session: Session, claimed: ClaimedBatch) -> bool:
    """Renew a claim. Return False when it was taken over, deleted, or its council suspended."""
    return bool(await session.execute(_RENEW, claimed.bound()))


async def get_next_chunk(session: ReadSession, claimed: ClaimedBatch) -> Row[Any] | None:
    """Get the first unanswered chunk: ``n``, ``asked``."""
    return await session.first(_NEXT, claimed.bound())


async def save_chunk(session: Session, claimed: ClaimedBatch, n: int, results: Mapping[str, Any]) -> bool:
    """Save a chunk's answers, delete its addresses, and count. Return False when the claim is lost."""
    chunk = {name: results[name] for name in ("answered", "rejects")}
    counts = {name: value for name, value in results.items() if name not in chunk}
    counted = await session.execute(_COUNT, claimed.bound(**counts))
    return bool(counted and await session.execute(_SAVE, claimed.bound(n=n, **chunk)))


async def finish_batch(session: Session, claimed: ClaimedBatch) -> bool:
    return bool(await session.execute(_FINISH, claimed.bound()))


async def fail_batch(session: Session, claimed: ClaimedBatch, fault: str) -> None:
    """Fail the batch, and delete its addresses."""
    if await session.execute(_FAIL, claimed.bound(fault=fault)):
        await session.execute(_EMPTY, {"council": claimed.council, "batch": claimed.batch})


async def release(session: Session, holder: UUID, *, forgiven: bool) -> None:
    """Release the holder's claims. ``forgiven``: this claim does not count as a try."""
    await session.execute(_RELEASE, {"holder": holder, "forgiven": int(forgiven)})


async def purge(session: Session, days: int) -> None:
    """Purge batches older than so many days, and abandoned uploads."""
    await session.execute(_PURGE, {"days": days})
