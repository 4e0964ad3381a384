"""Enqueue jobs in the caller's transaction: they are there when it commits, and never without it.

This is the only module that adds jobs. A payload holds ids rather than what they stand for: the handler reads
the present state, and what is erased meanwhile is not kept in the queue.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from opentelemetry import propagate
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import DateTime, SmallInteger, Text

from chassis.database import Session
from chassis.jobs.handlers import JobData
from chassis.jobs.states import Priority

CHANNEL = "townhall_jobs"
_MAX_PAYLOAD = 100_000  # characters
_MAX_KEY = 200
_BATCH = 5_000  # jobs added by one statement
_INSERT = """
    INSERT INTO job (council, kind, version, lane, priority, state, due_at, key, payload, traceparent)
    SELECT council, kind, version, lane, priority, CASE WHEN due_at > now() THEN 1 ELSE 0 END,
        greatest(due_at, now()), key, payload::jsonb,
        CAST(:traceparent AS text)
    FROM unnest(:councils, :kinds, :versions, :lanes, :priorities, :times, :keys, :payloads)
        WITH ORDINALITY AS added (council, kind, version, lane, priority, due_at, key, payload, n)
    ORDER BY n
    ON CONFLICT (council, kind, key) WHERE key IS NOT NULL AND lease IS NULL DO UPDATE SET
        version = excluded.version, lane = excluded.lane, priority = excluded.priority,
        state = excluded.state, due_at = excluded.due_at, payload = excluded.payload,
        traceparent = excluded.traceparent"""
_TYPES = (
    bindparam("councils", type_=ARRAY(Text)),
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("versions", type_=ARRAY(SmallInteger)),
    bindparam("lanes", type_=ARRAY(SmallInteger)),
    bindparam("priorities", type_=ARRAY(SmallInteger)),
    bindparam("times", type_=ARRAY(DateTime(timezone=True))),
    bindparam("keys", type_=ARRAY(Text)),
    bindparam("payloads", type_=ARRAY(Text)),
)
_ENQUEUE = text(_INSERT).bindparams(*_TYPES)
# Only for urgent jobs: a notification costs each commit a third.
_ENQUEUE_URGENT = text(f"WITH added AS ({_INSERT}) SELECT pg_notify('{CHANNEL}', '')").bindparams(*_TYPES)
_CANCEL = text("""DELETE FROM job WHERE council = :council AND kind = :kind AND key = :key
    AND key IS NOT NULL AND lease IS NULL""")


class NewJob(NamedTuple):
    """A job to enqueue. ``due_at``: not before then. ``council``: ``*`` for the region's own work.

    ``key``: of the jobs of a council and kind with the same key one waits at most. A second one takes the
    place of the first, with its own payload and time, unless a worker has taken that one before.
    """

    data: JobData
    council: str
    due_at: datetime | None = None
    key: str | None = None
    priority: Priority = Priority.USUAL


async def enqueue(
    session: Session,
    data: JobData,
    *,
    council: str,
    due_at: datetime | None = None,
    key: str | None = None,
    priority: Priority = Priority.USUAL,
) -> None:
    """Enqueue a job when this transaction commits. See ``NewJob``. Raises ValueError if it is too large."""
    await enqueue_all(session, [NewJob(data, council, due_at, key, priority)])


async def enqueue_all(session: Session, jobs: Iterable[NewJob]) -> None:
    """Enqueue many jobs when this transaction commits, by the thousand. Raises ValueError as ``enqueue``."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    batch: dict[object, NewJob] = {}
    for number, job in enumerate(jobs):
        _check(job)
        # A statement cannot change a row twice: of the same key the last one counts.
        batch[number if job.key is None else (job.data.kind, job.council, job.key)] = job
        if len(batch) == _BATCH:
            await _insert(session, list(batch.values()), headers.get("traceparent"))
            batch = {}
    if batch:
        await _insert(session, list(batch.values()), headers.get("traceparent"))


async def cancel(session: Session, kind: type[JobData], key: str, *, council: str) -> bool:
    """Take a job off the queue; False if there is none that was never taken.

    One that a worker has taken, or that waits for its next try, is out of reach: its handler looks whether it
    is still wanted.
    """
    return await session.execute(_CANCEL, {"council": council, "kind": kind.kind, "key": key}) > 0


def _check(job: NewJob) -> None:
    if job.key is not None and not 0 < len(job.key) <= _MAX_KEY:
        raise ValueError(f"{job.data.kind}: a key has 1 to {_MAX_KEY} characters")


async def _insert(session: Session, jobs: list[NewJob], traceparent: str | None) -> None:
    payloads = [job.data.model_dump_json() for job in jobs]
    for job, payload in zip(jobs, payloads, strict=True):
        if len(payload) > _MAX_PAYLOAD:
            raise ValueError(f"{job.data.kind}: over {_MAX_PAYLOAD} characters; a payload holds ids")
    values = {
        "traceparent": traceparent,
        "councils": [job.council for job in jobs],
        "kinds": [job.data.kind for job in jobs],
        "versions": [job.data.version for job in jobs],
        "lanes": [job.data.lane for job in jobs],
        "priorities": [job.priority for job in jobs],
        "times": [job.due_at for job in jobs],
        "keys": [job.key for job in jobs],
        "payloads": payloads,
    }
    is_urgent = any(job.priority is Priority.URGENT for job in jobs)
    await session.execute(_ENQUEUE_URGENT if is_urgent else _ENQUEUE, values)
