"""Claim jobs: an equal share for each council that has some, held by a lease.

All goes over one connection, whose advisory lock says that the holder lives. Its plans are pinned: a queue's
statistics are always wrong, and the right way to read it is always by its indexes.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from chassis.database import ALL_COUNCILS, Database
from chassis.jobs.queue import CHANNEL
from chassis.jobs.states import Lane, Priority

Clock = Callable[[], datetime | None]
"""Returns the time for tests; None is the database's own."""

_PINNED = {
    "app.council": ALL_COUNCILS,
    **dict.fromkeys(("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin"), "off"),
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
_TIMEOUT = 10.0  # seconds after which a server that does not answer is given up
_LOCK_CLASS = 7_420_004  # the first key of the advisory lock; the second is the holder
_HOLDER_BITS = 31
_WAKE_LIMIT = 1_000
_RELEASE_TIMEOUT = 0.5  # seconds, when the worker stops

_TRY_LOCK = "SELECT pg_try_advisory_lock($1::integer, $2::integer)"
_LOOK = """
    SELECT ARRAY(SELECT lane FROM unnest($1::smallint[]) AS wanted (lane)
            WHERE EXISTS (SELECT FROM job j WHERE j.state = 0 AND j.lane = wanted.lane)) AS ready,
        extract(epoch FROM (SELECT min(due_at) FROM job WHERE state = 1)
            - coalesce($2::timestamptz, now()))::float8 AS next"""
# The time is a query of its own: under row-level security coalesce() in a condition keeps it from the index.
_WAKE = """
    UPDATE job SET state = 0 WHERE id = ANY (ARRAY(
        SELECT id FROM job WHERE state = 1 AND due_at <= (SELECT coalesce($1::timestamptz, now()))
        ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED))"""
# Walk from council to council with a probe of the index each, begin after the one served last.
_CLAIM = """
    WITH RECURSIVE ring AS (
        (SELECT priority, council FROM job WHERE state = 0 AND lane = $1 ORDER BY priority, council LIMIT 1)
        UNION ALL
        SELECT n.priority, n.council FROM ring r CROSS JOIN LATERAL (
            SELECT j.priority, j.council FROM job j
            WHERE j.state = 0 AND j.lane = $1 AND (j.priority, j.council) > (r.priority, r.council)
            ORDER BY j.priority, j.council LIMIT 1) n
    ), turns AS MATERIALIZED (
        SELECT priority, council, row_number() OVER (ORDER BY priority, council <= $3, council) AS turn,
            least(ceil($2::integer / count(*) OVER (PARTITION BY priority)::float8), $7::integer)::integer
                AS share
        FROM ring WHERE council <> ALL ($5::text[]) AND priority <= $6
        ORDER BY priority, council <= $3, council
    ), mine AS MATERIALIZED (
        SELECT one.id, t.council, t.turn FROM turns t CROSS JOIN LATERAL (
            SELECT j.id FROM job j
            WHERE j.state = 0 AND j.lane = $1 AND j.priority = t.priority AND j.council = t.council
            ORDER BY j.id LIMIT t.share FOR UPDATE SKIP LOCKED) one LIMIT $2::integer
    )
    UPDATE job SET state = 2, lease = $4, due_at = now() + interval '90 seconds'
    WHERE id = ANY (ARRAY(SELECT id FROM mine))
    RETURNING id, council, kind, version, lane, payload, failures, traceparent, created_at, priority,
        reason, extract(epoch FROM now() - coalesce(unhandled_since, now()))::float8 AS unhandled_for,
        greatest(extract(epoch FROM now() - old.due_at), 0)::float8 AS lag,
        (SELECT m.council FROM mine m ORDER BY m.turn DESC LIMIT 1) AS served_last"""
_RENEW = """UPDATE job SET due_at = now() + interval '90 seconds'
    WHERE id = ANY ($1::bigint[]) AND state = 2 AND (lease >> 32)::integer = $2
    AND due_at < now() + interval '60 seconds'"""
_RELEASE = """UPDATE job SET state = 0, due_at = now()
    WHERE state = 2 AND (lease >> 32)::integer = ANY ($1::integer[])"""
_WENT_AWAY, _RAN_OUT = "its worker went away", "its lease ran out"
# At once the first time, then ever further apart: a job that kills its worker does not do so all the time.
_RECLAIM_FROM_DEAD = f"""
    WITH holders AS MATERIALIZED (SELECT DISTINCT (lease >> 32)::integer AS holder FROM job WHERE state = 2),
    dead AS MATERIALIZED (SELECT holder FROM holders
        WHERE holder <> $1 AND pg_try_advisory_xact_lock({_LOCK_CLASS}, holder))
    UPDATE job SET state = 1, failures = failures + 1, reason = '{_WENT_AWAY}',
        due_at = now() + random() * failures * interval '20 seconds'
    WHERE state = 2 AND (lease >> 32)::integer IN (SELECT holder FROM dead)"""  # noqa: S608
_RECLAIM_LATE = f"""UPDATE job SET state = 0, failures = failures + 1, reason = '{_RAN_OUT}',
    due_at = now() WHERE state = 2 AND due_at <= now()"""  # noqa: S608
_HAND_BACK = """UPDATE job SET state = 0, due_at = now()
    WHERE id = ANY ($1::bigint[]) AND lease = $2 AND state = 2"""
_MINE = "WHERE id = $1 AND lease = $2 AND state = 2"
_MOVE = f"UPDATE job SET state = 0, due_at = now(), lane = $3 {_MINE}"  # noqa: S608
_PUT_BACK = f"""UPDATE job SET state = 1, failures = $3, due_at = now() + make_interval(secs => $4),
    reason = $5, unhandled_since = CASE WHEN $6 THEN coalesce(unhandled_since, now()) END {_MINE}"""  # noqa: S608
_BURY = f"UPDATE job SET state = 3, failures = $3, due_at = now(), reason = $4 {_MINE}"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Claim:
    """Which jobs to claim: at most ``most``, of ``lane``, and ``per_council`` of each council.

    ``without``: councils that have their fill. ``priority``: the lowest to take.
    """

    lane: Lane
    most: int
    per_council: int
    without: Collection[str] = ()
    priority: Priority = Priority.BULK


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job that is this holder's until its lease ends, as it lies in the table."""

    id: int
    council: str
    kind: str
    version: int
    lane: int
    payload: str
    failures: int
    traceparent: str | None
    created_at: datetime
    priority: int
    reason: str | None  # of its last failure
    unhandled_for: float  # seconds since a worker first did not know its kind or version
    lag: float  # seconds from its time until it was claimed
    lease: int

    @property
    def is_suspect(self) -> bool:
        """Check whether its last worker ended or stood still with it in hand, among others perhaps.

        A long one is not after the first time: those that were taken with it would wait for minutes.
        """
        return self.reason in {_WENT_AWAY, _RAN_OUT} and (self.lane != Lane.LONG or self.failures > 1)


class Claimer:
    """Claims jobs and gives them back, over a connection of its own."""

    def __init__(self, connection: asyncpg.Connection, holder: int, clock: Clock) -> None:
        self.holder = holder
        self._connection = connection
        self._clock = clock
        self._lock = asyncio.Lock()
        self._claims = 0
        self._served_last: dict[Lane, str] = {}

    async def _run(self, statement: str, *values: Any) -> Sequence[asyncpg.Record]:
        async with self._lock:
            return await self._connection.fetch(statement, *values)

    async def look(self, lanes: Collection[Lane]) -> tuple[set[Lane], float | None]:
        """Read in which of the lanes a job is ready, and the seconds until the next armed one of any."""
        [row] = await self._run(_LOOK, list(lanes), self._clock())
        return {Lane(lane) for lane in row["ready"]}, row["next"]

    async def wake(self) -> None:
        """Let what is due join the queue, oldest first."""
        await self._run(_WAKE, self._clock(), _WAKE_LIMIT)

    async def claim(self, request: Claim) -> list[ClaimedJob]:
        """Claim jobs, urgent ones first, then in the order in which they were enqueued."""
        async with self._lock:
            self._claims += 1
            lease = self.holder << 32 | self._claims
            rows = await self._connection.fetch(
                _CLAIM,
                request.lane,
                request.most,
                self._served_last.get(request.lane, ""),
                lease,
                list(request.without),
                request.priority,
                request.per_council,
            )
        if rows:
            self._served_last[request.lane] = rows[0]["served_last"]
        fields = [{name: value for name, value in row.items() if name != "served_last"} for row in rows]
        claimed = [ClaimedJob(**values, lease=lease) for values in fields]
        return sorted(claimed, key=lambda job: (job.priority, job.id))

    async def renew(self, ids: Collection[int]) -> None:
        """Extend the leases of jobs in hand that end within a minute."""
        await self._run(_RENEW, list(ids), self.holder)

    async def reclaim(self) -> None:
        """Take jobs back from holders that are dead, and from those whose lease has ended."""
        await self._run(_RECLAIM_FROM_DEAD, self.holder)
        await self._run(_RECLAIM_LATE)

    async def release(self, holders: Collection[int]) -> None:
        """Give back what these holders of this process still had; it counts as no failure."""
        await self._run(_RELEASE, list(holders))

    async def hand_back(self, jobs: Sequence[ClaimedJob]) -> None:
        """Give back jobs of one claim that were not begun."""
        if jobs:
            await self._run(_HAND_BACK, [job.id for job in jobs], jobs[0].lease)

    async def move(self, job: ClaimedJob, lane: Lane) -> None:
        """Give a job back that was not begun, for another lane."""
        await self._run(_MOVE, job.id, job.lease, lane)

    async def put_back(
        self, job: ClaimedJob, *, failures: int, wait: float, reason: str, unhandled: bool = False
    ) -> None:
        """Put a job back for ``wait`` seconds."""
        await self._run(_PUT_BACK, job.id, job.lease, failures, wait, reason, unhandled)

    async def bury(self, job: ClaimedJob, *, failures: int, reason: str) -> None:
        """Give a job up. People see it, and may replay it."""
        await self._run(_BURY, job.id, job.lease, failures, reason)


@asynccontextmanager
async def open_claimer(
    database: Database, clock: Clock, notify: Callable[[], None], former: set[int]
) -> AsyncIterator[Claimer]:
    """Open a claimer. ``former``: holders of this process that ended, whose jobs it gives back first."""
    connection = await database.listen(command_timeout=_TIMEOUT, **_PINNED)
    claimer = Claimer(connection, random.getrandbits(_HOLDER_BITS), clock)
    try:
        while not await connection.fetchval(_TRY_LOCK, _LOCK_CLASS, claimer.holder):
            claimer.holder = random.getrandbits(_HOLDER_BITS)
        await connection.add_listener(CHANNEL, lambda *_: notify())
        await claimer.release(former)
        former.clear()
        former.add(claimer.holder)
        yield claimer
    finally:
        # If the database is away, the next claimer does it, or another worker.
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            async with asyncio.timeout(_RELEASE_TIMEOUT):
                await claimer.release([claimer.holder])
        connection.terminate()
