"""The jobs of batches: match what waits, and delete what has expired.

A batch has one job, which runs a process until no chunk is left. Each chunk's answers are saved in one
transaction by that process, so a job that is repeated goes on after the last of them. The job itself decides
what becomes of the batch by what is saved, whatever the process says: it may have been killed.
"""

import logging
from datetime import timedelta
from functools import partial
from typing import ClassVar, cast
from uuid import UUID

from pydantic import Field

from address.batches import store
from address.batches.actions import match_process
from address.settings import Settings
from chassis import clock, ids
from chassis.commands import ExitCode
from chassis.database import Database, Session
from chassis.jobs import (
    CallContext,
    Every,
    Finish,
    Job,
    JobData,
    JobHandlers,
    LongCallData,
    Schedule,
    cancel,
    enqueue,
)

log = logging.getLogger(__name__)

MAX_FAILURES = 5
"""Tries of a batch in which not one chunk was answered, until it is given up."""
_LIMIT = 6 * 3600.0  # seconds: a million hard rows take a quarter of an hour of CPU time
_POSTPONED = timedelta(minutes=1)
_PURGED_AT_ONCE = 20  # batches of up to 200 chunks each
handlers = JobHandlers()
schedules = [Schedule("purge-batches", Every(3600), lambda _: PurgeBatches())]


class MatchBatch(LongCallData):
    """Match the rows of a batch that are not answered yet. ``done``: how many were when it was enqueued."""

    kind: ClassVar[str] = "address.match_batch"
    batch: UUID
    done: int = Field(default=0, ge=0)


class PurgeBatches(JobData):
    """Delete expired batches of all councils, and abandoned uploads."""

    kind: ClassVar[str] = "address.purge_batches"


class StoppedError(Exception):
    """The process ended before it had answered one chunk."""


async def enqueue_match(session: Session, council: str, batch: UUID) -> None:
    """Enqueue the job of a batch."""
    await enqueue(session, MatchBatch(batch=batch), council=council, key=ids.show(batch))


async def cancel_match(session: Session, council: str, batch: UUID) -> None:
    """Cancel the job of a batch that is deleted. A process that runs ends when it misses the batch."""
    await cancel(session, MatchBatch, ids.show(batch), council=council)


# One try more than may fail: it runs nothing and gives the batch up, also if each failure ended the worker.
@handlers.call(MatchBatch, tries=MAX_FAILURES + 1, limit=_LIMIT)
async def match_batch(context: CallContext, job: Job[MatchBatch]) -> Finish | None:
    """Match a batch in a process. Then finish it, fail it, or leave the rest to another job."""
    async with context.database.writing(job.council) as session:
        progress = await store.start_batch(session, job.council, job.data.batch)
    if progress is None:
        return None
    if not progress.is_active:
        return _enqueue_rest(job, progress.done, _POSTPONED)
    if job.failures:
        if progress.done > job.data.done:  # so the failures were not all at the same place
            return _enqueue_rest(job, progress.done)
        if job.failures >= MAX_FAILURES:
            return _give_up(job)
    settings = cast("Settings", context.settings)
    code = await match_process.run_match_process(settings, job.council, job.data.batch)
    return await _settle(context.database, job, code)


async def _settle(database: Database, job: Job[MatchBatch], code: int) -> Finish | None:
    """Decide what becomes of a batch whose process has ended. Raises StoppedError."""
    async with database.reading(job.council) as session:
        progress = await store.read_progress(session, job.council, job.data.batch)
    if progress is None:
        return None
    if progress.done == progress.rows:
        return partial(store.finish_batch, council=job.council, batch=job.data.batch)
    if not progress.is_active or code == ExitCode.TRY_AGAIN:
        return _enqueue_rest(job, progress.done, _POSTPONED)
    log.error("matching batch %s of %s ended with %s", ids.show(job.data.batch), job.council, code)
    if progress.done > job.data.done:
        return _enqueue_rest(job, progress.done)
    if job.failures + 1 >= MAX_FAILURES:
        return _give_up(job)
    raise StoppedError


def _enqueue_rest(job: Job[MatchBatch], done: int, wait: timedelta | None = None) -> Finish:
    """Return what enqueues a job for the rest of the batch, now or later, without this one's failures."""
    data = job.data.model_copy(update={"done": done})
    due_at = None if wait is None else clock.now() + wait
    return partial(enqueue, data=data, council=job.council, key=ids.show(data.batch), due_at=due_at)


def _give_up(job: Job[MatchBatch]) -> Finish:
    """Return what fails the batch. Its council reads why."""
    log.error("batch %s of %s is given up", ids.show(job.data.batch), job.council)
    fault = f"The work on it stopped {MAX_FAILURES} times at the same place. Send the rows that are left."
    return partial(store.fail_batch, council=job.council, batch=job.data.batch, fault=fault)


@handlers.effect(PurgeBatches)
async def purge_batches(session: Session, job: Job[PurgeBatches]) -> None:
    """Delete some expired batches; enqueue the next step while there are more."""
    if await store.purge(session, _PURGED_AT_ONCE) == _PURGED_AT_ONCE:
        await enqueue(session, job.data, council=job.council, key="rest")
