"""Run a service's jobs in a test: now, to the end, without its worker."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from chassis import tables
from chassis.app import Service
from chassis.database import Database
from chassis.jobs.runner import JobRunner
from chassis.settings import Settings


class RunJobs:
    """``await run_jobs()`` runs what is due, and what that enqueues, until nothing is left."""

    def __init__(self, service: Service, database: Database, settings: Settings) -> None:
        self._service = service
        self._database = database
        self._settings = settings

    async def __call__(self, *, after: timedelta | None = None, settings: Settings | None = None) -> None:
        """Run jobs. With ``after``, then also those of that much later: a schedule once, and retries.

        ``settings``: of the worker, if they are to differ from the module's.
        """
        if after is None:
            await self._drain(None, settings)
            return
        async with self._database.writing() as session:  # schedules begin now, and go by no run before
            await session.execute(delete(tables.schedule))
            now = await session.scalar(select(func.now()))
        await self._drain(None, settings)
        await self._drain(now + after, settings)

    async def _drain(self, now: datetime | None, settings: Settings | None) -> None:
        service = self._service
        runner = JobRunner(
            service.name,
            service.all_jobs,
            service.all_schedules,
            self._database,
            settings or self._settings,
            clock=lambda: now,
        )
        await runner.drain()
