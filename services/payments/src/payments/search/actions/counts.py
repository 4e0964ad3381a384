"""Add up the counts of payments by day behind their writers: a payment never waits for a counter."""

import argparse
from typing import ClassVar

from chassis.commands import ExitCode, make_reporter
from chassis.database import Database, Session
from chassis.jobs import Every, Job, JobData, JobHandlers, Missed, NewJob, Priority, Schedule, enqueue_all
from chassis.settings import Settings
from payments.search.store import counts as store

handlers = JobHandlers()
_BATCH = 2_000
_BATCHES = 10  # a job's; what is left is the next look's
_COUNCILS = 1_000  # a look's


class FindCountChanges(JobData):
    """Look for councils whose counts have changes."""

    kind: ClassVar[str] = "payments.find_count_changes"


class FoldCounts(JobData):
    """Add a council's changes up in its counts."""

    kind: ClassVar[str] = "payments.fold_counts"


schedules = (Schedule("payment counts", Every(30), lambda _: FindCountChanges(), missed=Missed.ONCE),)


@handlers.effect(FindCountChanges)
async def find_count_changes(session: Session, _: Job[FindCountChanges]) -> None:
    """Enqueue a job for each council whose counts have changes."""
    councils = await store.list_councils_to_fold(session, _COUNCILS)
    await enqueue_all(
        session,
        [NewJob(FoldCounts(), council, key="counts", priority=Priority.BULK) for council in councils],
    )


@handlers.effect(FoldCounts, limit=50)
async def fold_counts(session: Session, job: Job[FoldCounts]) -> None:
    """Add the oldest changes up."""
    for _ in range(_BATCHES):
        if await fold_batch(session, job.council) < _BATCH:
            return


async def fold_batch(session: Session, council: str) -> int:
    """Add up to 2,000 changes up; return how many there were."""
    return await store.fold_counts(session, council, _BATCH)


async def correct(session: Session, council: str) -> int:
    """Write a change wherever counts and rows differ; return how many. Nobody waits for it."""
    return await store.correct_counts(session, council)


async def correct_counts(settings: Settings, arguments: list[str]) -> int:
    """Count a council's payments and refunds anew, beside live traffic: after rows were moved by hand."""
    parser = argparse.ArgumentParser(prog="run payments correct-counts", description=correct_counts.__doc__)
    parser.add_argument("--council", required=True, help="slug of the council, such as citytown")
    council = parser.parse_args(arguments).council
    database = Database(settings, "payments-counts", rows_secured=True)
    with make_reporter() as report:
        try:
            async with database.writing(council) as session:
                corrected = await correct(session, council)
        finally:
            await database.close()
        return report.finish(ExitCode.DONE, "corrected", council=council, counts=corrected)
