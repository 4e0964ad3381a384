"""What becomes of a job that is not done: it is tried again, waits for another version, or is given up."""

import json
import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from chassis.failures import Fault, classify, describe
from chassis.jobs.claims import ClaimedJob, Claimer
from chassis.jobs.handlers import Handler, Job, RefusedError, RetryAfterError, UnreadableError
from chassis.jobs.metrics import FINISHED, LAG, label_of

log = logging.getLogger(__name__)

_FIRST_WAIT = 5.0  # seconds before the second try, four times as long each time
_LONGEST_WAIT = 3600.0
_UNHANDLED_WAIT = 30.0  # seconds until another worker may take a job that this one does not know
_LONGEST_UNHANDLED = 3600.0  # seconds, longer than a deployment takes
_LEAST_DEATHS = 3  # of workers: two may be chance, whatever a kind's tries
_OUTAGE_WAIT = 5.0  # seconds
_QUERY_CANCELED = "57014"  # PostgreSQL: the statement took too long
_MAX_REASON = 300  # characters


class LostLeaseError(Exception):
    """The job is another worker's by now, so what was done for it is undone."""


class LimitError(Exception):
    """A handler took longer than its kind may."""


@dataclass(frozen=True, slots=True)
class Work:
    """A job that can be run: as it was claimed, as its handler gets it, and the handler."""

    claimed: ClaimedJob
    job: Job[Any]
    handler: Handler


class Outcomes:
    """Settles the jobs of one claimer, but for those that are done."""

    def __init__(self, claimer: Claimer, handlers: Mapping[str, Handler]) -> None:
        self._claimer = claimer
        self._handlers = handlers

    async def select(self, claimed: Sequence[ClaimedJob]) -> list[Work]:
        """Select the jobs that can be run; settle those of unknown or unreadable kinds, and killers.

        A job that another version enqueued for another lane than its kind has now goes to that lane.
        """
        works = []
        for job in claimed:
            LAG.labels(label_of(job.kind, self._handlers)).observe(job.lag)
            handler = self._handlers.get(job.kind)
            if handler is None or job.version > handler.data.version:
                await self._defer(job)
            elif job.failures >= max(handler.tries, _LEAST_DEATHS):
                # Its failures were counted for it: it took its worker down, or stood still, each time.
                await self._bury(job, job.failures, "tried too often: its worker ended or hung each time")
            elif job.lane != handler.data.lane:
                await self._claimer.move(job, handler.data.lane)
            elif (work := await self._read(job, handler)) is not None:
                works.append(work)
        return works

    async def _read(self, job: ClaimedJob, handler: Handler) -> Work | None:
        try:
            payload = json.loads(job.payload)
            if job.version < handler.data.version:
                payload = handler.data.upgrade(payload, job.version)
            data = handler.data.model_validate(payload)
        except (ValidationError, UnreadableError) as error:
            detail = describe(error) if isinstance(error, ValidationError) else str(error)
            await self._bury(job, job.failures, f"unreadable: {detail}")
            return None
        return Work(job, Job(job.id, job.council, data, job.failures, job.created_at), handler)

    async def _defer(self, job: ClaimedJob) -> None:
        """Leave a job to a worker of another version, for as long as a deployment takes."""
        if job.unhandled_for > _LONGEST_UNHANDLED:
            await self._bury(job, job.failures, f"no handler for version {job.version}")
            return
        wait = _UNHANDLED_WAIT * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        await self._claimer.put_back(
            job, failures=job.failures, wait=wait, reason="waits for a worker that knows it", unhandled=True
        )
        self._count(job, "deferred")

    async def fail(self, work: Work, error: Exception, *, outside: bool = False) -> None:
        """Settle a job whose handler failed. ``outside``: in a call: time-outs are not the database's."""
        job = work.claimed
        if isinstance(error, LostLeaseError):
            log.warning("job %d of %s: its lease was lost, nothing has happened", job.id, job.kind)
            self._count(job, "lost")
        elif isinstance(error, (RefusedError, ValidationError)):
            reason = str(error) if isinstance(error, RefusedError) else describe(error)
            await self._bury(job, job.failures + 1, reason)
        elif is_outage(error, outside=outside):
            # The service's fault: that counts against no job. If the database is away, this raises too.
            await self._claimer.put_back(
                job, failures=job.failures, wait=_OUTAGE_WAIT, reason=describe(error)
            )
            self._count(job, "again")
        else:
            has_reason = isinstance(error, (LimitError, RetryAfterError))
            least = error.seconds if isinstance(error, RetryAfterError) else 0.0
            await self._try_again(work, str(error) if has_reason else describe(error), least)

    async def _try_again(self, work: Work, reason: str, least: float) -> None:
        job, failures = work.claimed, work.claimed.failures + 1
        if failures >= work.handler.tries:
            await self._bury(job, failures, reason)
            return
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 4 ** (failures - 1)) * random.uniform(0.8, 1.2)  # noqa: S311
        wait = max(wait, least)
        reason = reason[:_MAX_REASON]
        log.warning("job %d of %s failed, try %d: %s", job.id, job.kind, failures, reason)
        await self._claimer.put_back(job, failures=failures, wait=wait, reason=reason)
        self._count(job, "again")

    async def _bury(self, job: ClaimedJob, failures: int, reason: str) -> None:
        log.error("job %d of %s is given up: %s", job.id, job.kind, reason)
        await self._claimer.bury(job, failures=failures, reason=reason[:_MAX_REASON])
        self._count(job, "dead")

    def count_done(self, works: Sequence[Work]) -> None:
        """Count jobs that are done."""
        for work in works:
            self._count(work.claimed, "done")

    def _count(self, job: ClaimedJob, outcome: str) -> None:
        FINISHED.labels(label_of(job.kind, self._handlers), outcome).inc()


def is_outage(error: Exception, *, outside: bool = False) -> bool:
    """Check whether a failure says that the service's database is away or not as the code needs it.

    A statement that took too long is the job's own fault: jobs wait for no other, unlike events.
    """
    if classify(error) is not Fault.SERVICE:
        return False
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    if state == _QUERY_CANCELED:
        return False
    return not outside or state is not None or type(error).__module__.startswith(("sqlalchemy", "asyncpg"))
