"""Jobs that were given up: people read, replay and drop them. ``chassis.job_commands`` is their tool."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, text

from chassis import tables
from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from chassis.jobs.states import State

MAX_LISTED = 1_000
_DAYS = 90
_FIELDS = "id, council, kind, version, state, failures, reason, due_at AS since, created_at"
_LIST = text(f"""SELECT {_FIELDS}, NULL AS payload FROM job WHERE state = :state AND state > 2
    AND (CAST(:kind AS text) IS NULL OR kind = :kind) ORDER BY council, id LIMIT {MAX_LISTED}""")  # noqa: S608
_GET = text(f"SELECT {_FIELDS}, payload FROM job WHERE id = :id AND state > 2")  # noqa: S608
_REPLAY = text("""UPDATE job SET state = 0, failures = 0, due_at = now(), unhandled_since = NULL
    WHERE state = 3 AND (CAST(:id AS bigint) IS NULL OR id = :id)
    AND (CAST(:kind AS text) IS NULL OR kind = :kind)""")
_DROP = text("UPDATE job SET state = 4, due_at = now(), reason = :reason WHERE state = 3 AND id = :id")
_PURGE = delete_batch(
    tables.job,
    tables.job.c.state > State.TAKEN,
    tables.job.c.due_at < func.now() - func.make_interval(0, 0, 0, bindparam("days")),
)
_COUNT = text("SELECT kind, state, count(*) AS jobs FROM job GROUP BY 1, 2 ORDER BY 1, 2")


class DeadJob(NamedTuple):
    """A job that was given up, or dropped. ``payload`` is there only if it was asked for by id."""

    id: int
    council: str
    kind: str
    version: int
    state: int
    failures: int
    reason: str | None
    since: datetime
    created_at: datetime
    payload: dict[str, Any] | None = None


class Count(NamedTuple):
    """How many jobs of a kind are in a state."""

    kind: str
    state: State
    jobs: int


async def list_dead(session: ReadSession, kind: str | None, state: State = State.DEAD) -> Sequence[DeadJob]:
    """List the first thousand jobs that were given up, or dropped, of every council."""
    rows = await session.all(_LIST, {"kind": kind, "state": int(state)})
    return [DeadJob._make(row) for row in rows]


async def get(session: ReadSession, job_id: int) -> DeadJob | None:
    """Read a job that was given up or dropped, with its payload."""
    row = await session.first(_GET, {"id": job_id})
    return None if row is None else DeadJob._make(row)


async def replay(session: Session, *, job_id: int | None = None, kind: str | None = None) -> int:
    """Put jobs that were given up back on the queue, with all their tries; return how many."""
    return await session.execute(_REPLAY, {"id": job_id, "kind": kind})


async def drop(session: Session, job_id: int, by: str, reason: str) -> bool:
    """Decide that a job is not to be done; False if it is not among those that were given up."""
    return await session.execute(_DROP, {"id": job_id, "reason": f"{by}: {reason}"}) > 0


async def count(session: ReadSession) -> Sequence[Count]:
    """Count the jobs of every council by kind and state. It reads the whole queue."""
    return [Count(row.kind, State(row.state), row.jobs) for row in await session.all(_COUNT)]


async def purge(session: Session, most: int) -> int:
    """Delete a batch of the jobs that were given up or dropped 90 days ago."""
    return await session.execute(_PURGE, {"days": _DAYS, "most": most})
