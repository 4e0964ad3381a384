"""Purges: the clock has jobs delete what has expired, a batch a job, until nothing is left."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from chassis.database import Session
from chassis.jobs.handlers import Job, JobData, JobHandlers
from chassis.jobs.queue import enqueue
from chassis.jobs.recurrence import Rule
from chassis.jobs.schedule import Schedule

_LIMIT = 30.0  # seconds: a batch takes a few hundredths

DeleteBatch = Callable[[Session, int], Awaitable[int]]


@dataclass(frozen=True)
class Purge:
    """Deletes what has expired, in all councils. ``kind`` is that of its jobs: ``identity.purge_codes``.

    ``delete_batch(session, most)`` deletes ``most`` rows at most and returns how many. After a full batch
    the rest follows in another transaction.
    """

    kind: str
    rule: Rule
    delete_batch: DeleteBatch
    most: int = 1_000

    @cached_property
    def data(self) -> type[JobData]:
        """Make the type of its jobs."""

        class PurgeData(JobData):
            kind: ClassVar[str] = self.kind

        return PurgeData

    def add_handler(self, handlers: JobHandlers) -> None:
        """Add what runs its jobs."""

        @handlers.effect(self.data, limit=_LIMIT)
        async def purge(session: Session, job: Job[JobData]) -> None:
            if await self.delete_batch(session, self.most) >= self.most:
                await enqueue(session, job.data, council=job.council)

    def make_schedule(self) -> Schedule:
        """Make the schedule that enqueues its jobs: missed times are made up for by one."""
        return Schedule(self.kind, self.rule, lambda _: self.data())


def make_handlers(purges: Iterable[Purge]) -> JobHandlers:
    """Make the handlers of purges' jobs."""
    handlers = JobHandlers()
    for purge in purges:
        purge.add_handler(handlers)
    return handlers


def make_schedules(purges: Iterable[Purge]) -> Sequence[Schedule]:
    """Make the schedules of purges."""
    return [purge.make_schedule() for purge in purges]
