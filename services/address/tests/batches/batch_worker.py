"""A worker of batches, in a test's process or in one of its own: ``python batch_worker.py URL CHILD``."""

import asyncio
import sys
from contextlib import asynccontextmanager, suppress

from address.batches.actions import jobs, match_command, match_process
from address.settings import Settings
from chassis.database import Database
from chassis.jobs.runner import JobRunner


def make_runner(database, settings, schedules=(), **options):
    return JobRunner("address", [jobs.handlers], schedules, database, settings, **options)


@asynccontextmanager
async def running_jobs(database, settings):
    """Run jobs while the block does, as the worker does."""
    task = asyncio.create_task(make_runner(database, settings).run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def match_in_process(monkeypatch, database):
    """Match in the test's process: quicker to begin than one of its own."""

    async def match(settings, council, batch):
        return await match_command.match_batch(database, council, batch)

    monkeypatch.setattr(match_process, "run_match_process", match)


async def main(database_url, child):
    match_process.COMMAND = (sys.executable, child)
    settings = Settings(database_url=database_url)
    print("ready", flush=True)
    await make_runner(Database(settings, "address", rows_secured=True), settings).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
