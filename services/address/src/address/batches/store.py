"""Batches of addresses to match: receiving them, working on them, handing out what was found.

A batch is worked on by whoever holds it. Every statement of the work names the holder: one whose hold ran
out and was taken over by another changes nothing any more.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import ReadSession, Session

HOLD = 30
"""Seconds until a batch whose holder is not heard of any more is taken over."""
_RECEIVING = 900  # seconds a pause between two pieces of an upload may last before it is swept up

_FIELDS = """id, status, rows, done, matched, ambiguous, missing, rejected, created_at, started_at,
    finished_at, fault"""
_ONE = "council = :council AND id = :batch"
_HELD = f"{_ONE} AND holder = :holder AND status = 'running'"
_NOW_HELD = f"held_until = now() + make_interval(secs => {HOLD})"

_ALONE = text("SELECT pg_advisory_xact_lock(7430007, hashtext(:council))")
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
_FREE = """FROM match_batch b JOIN council c ON c.slug = b.council AND c.status = 'active'
    WHERE b.status IN ('queued', 'running') AND (b.held_until IS NULL OR b.held_until < now())"""
# The council that had the least done lately comes first, then the batch that has waited longest.
_IN_TURN = """(SELECT coalesce(sum(o.done), 0) FROM match_batch o
    WHERE o.council = b.council AND o.started_at > now() - interval '1 hour'), b.created_at"""
_ANY_FREE = text(f"SELECT EXISTS (SELECT {_FREE})")
_CLAIM = text(f"""
    WITH next AS (
        SELECT b.council, b.id {_FREE} ORDER BY {_IN_TURN} LIMIT 1 FOR UPDATE OF b SKIP LOCKED)
    UPDATE match_batch b SET status = 'running', holder = :holder, {_NOW_HELD}, tries = tries + 1,
        started_at = coalesce(started_at, clock_timestamp())
    FROM next WHERE b.council = next.council AND b.id = next.id RETURNING b.council, b.id, b.tries""")
_KEEP = text(f"""UPDATE match_batch SET {_NOW_HELD} WHERE {_HELD}
    AND EXISTS (SELECT FROM council WHERE slug = :council AND status = 'active')""")
_NEXT = text("""SELECT n, asked FROM match_chunk WHERE council = :council AND batch = :batch
    AND asked IS NOT NULL ORDER BY n LIMIT 1""")
_SAVE = text("""UPDATE match_chunk SET asked = NULL, answered = :answered, rejects = :rejects
    WHERE council = :council AND batch = :batch AND n = :n AND asked IS NOT NULL""")
_COUNT = text(f"""UPDATE match_batch SET done = done + :rows, matched = matched + :matched,
        ambiguous = ambiguous + :ambiguous, missing = missing + :missing, rejected = rejected + :rejected,
        tries = 0
    WHERE {_HELD}""")
_FINISH = text(f"""UPDATE match_batch SET status = 'finished', finished_at = clock_timestamp(), holder = NULL,
    held_until = NULL WHERE {_HELD} AND done = rows""")
_FAIL = text(f"""UPDATE match_batch SET status = 'failed', finished_at = clock_timestamp(), fault = :fault,
    holder = NULL, held_until = NULL WHERE {_HELD}""")
_EMPTY = text("UPDATE match_chunk SET asked = NULL WHERE council = :council AND batch = :batch")
_LET_GO = text("""UPDATE match_batch SET status = 'queued', holder = NULL, held_until = NULL,
    tries = greatest(tries - CAST(:forgiven AS integer), 0) WHERE holder = :holder AND status = 'running'""")
_SWEEP = text("""
    WITH old AS (DELETE FROM match_batch WHERE created_at < now() - make_interval(days => :days)
        OR status = 'receiving' AND held_until < now() RETURNING council, id)
    DELETE FROM match_chunk c USING old WHERE c.council = old.council AND c.batch = old.id""")


@dataclass(frozen=True, slots=True)
class Held:
    """A batch that ``holder`` works on; ``tries`` counts the beginnings since the last row was done."""

    council: str
    batch: UUID
    holder: UUID
    tries: int

    def bound(self, **more: Any) -> dict[str, Any]:
        return {"council": self.council, "batch": self.batch, "holder": self.holder, **more}


async def numbers(session: Session, council: str) -> tuple[int, int]:
    """How many batches of the council are not done yet, and how many there are.

    Nobody else adds one before the commit.
    """
    await session.execute(_ALONE, {"council": council})
    (row,) = await session.all(_WAITING, {"council": council})
    return row.waiting, row.kept


async def receive(session: Session, council: str, batch: UUID, client: str) -> None:
    """A batch whose rows are about to arrive; nobody sees it yet."""
    await session.execute(_RECEIVE, {"council": council, "batch": batch, "client": client})


async def add(session: Session, council: str, batch: UUID, chunk: Mapping[str, Any]) -> bool:
    """Another chunk of a batch that is being received: ``n``, ``rows``, ``asked``, ``rejects``.

    False when it was swept up meanwhile.
    """
    if not await session.execute(_STILL_RECEIVING, {"council": council, "batch": batch}):
        return False
    return bool(await session.execute(_CHUNK, {"council": council, "batch": batch, **chunk}))


async def queue(session: Session, council: str, batch: UUID, rows: int) -> Row[Any] | None:
    """All rows are there. None when it was swept up meanwhile."""
    return await session.first(_QUEUE, {"council": council, "batch": batch, "rows": rows})


async def drop(session: Session, council: str, batch: UUID) -> bool:
    """Forget a batch with all its rows, whatever it is doing. False when there is none."""
    await session.execute(_DROP_CHUNKS, {"council": council, "batch": batch})
    return bool(await session.execute(_DROP, {"council": council, "batch": batch}))


async def read(session: ReadSession, council: str, batch: UUID) -> Row[Any] | None:
    return await session.first(_READ, {"council": council, "batch": batch})


async def page(session: ReadSession, council: str, after: UUID | None, most: int) -> Sequence[Row[Any]]:
    """The newest first."""
    return await session.all(_LIST, {"council": council, "after": after, "most": most})


async def lines(
    session: ReadSession, council: str, batch: UUID, after: int, *, rejects: bool
) -> Row[Any] | None:
    """The next chunk's lines (``n``, ``lines`` compressed): of the results, or of the rejects."""
    statement = _REJECTS if rejects else _ANSWERED
    return await session.first(statement, {"council": council, "batch": batch, "after": after})


async def any_free(session: ReadSession) -> bool:
    """Whether some council has a batch that nobody works on."""
    return bool(await session.scalar(_ANY_FREE))


async def claim(session: Session, holder: UUID) -> Held | None:
    """A batch that nobody works on is the holder's now: whose turn it is."""
    row = await session.first(_CLAIM, {"holder": holder})
    return None if row is None else Held(row.council, row.id, holder, row.tries)


async def keep(session: Session, held: Held) -> bool:
    """Hold it for another while. False when it is another's now, was deleted, or its council suspended."""
    return bool(await session.execute(_KEEP, held.bound()))


async def next_chunk(session: ReadSession, held: Held) -> Row[Any] | None:
    """The first chunk that is not answered: ``n``, ``asked``."""
    return await session.first(_NEXT, held.bound())


async def save(session: Session, held: Held, n: int, answer: Mapping[str, Any]) -> bool:
    """Keep a chunk's answers, forget what was asked, and count. False when it is not ours to answer."""
    chunk = {name: answer[name] for name in ("answered", "rejects")}
    counts = {name: value for name, value in answer.items() if name not in chunk}
    counted = await session.execute(_COUNT, held.bound(**counts))
    return bool(counted and await session.execute(_SAVE, held.bound(n=n, **chunk)))


async def finish(session: Session, held: Held) -> bool:
    return bool(await session.execute(_FINISH, held.bound()))


async def fail(session: Session, held: Held, fault: str) -> None:
    """Give the batch up, and forget what was asked."""
    if await session.execute(_FAIL, held.bound(fault=fault)):
        await session.execute(_EMPTY, {"council": held.council, "batch": held.batch})


async def let_go(session: Session, holder: UUID, *, forgiven: bool) -> None:
    """Whatever the holder works on is anybody's. ``forgiven``: this beginning does not count as a try."""
    await session.execute(_LET_GO, {"holder": holder, "forgiven": int(forgiven)})


async def sweep(session: Session, days: int) -> None:
    """Delete batches older than so many days, and uploads that were broken off."""
    await session.execute(_SWEEP, {"days": days})
