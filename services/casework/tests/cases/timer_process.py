"""A worker of casework's jobs in a process of its own, to be killed: its database, where its files lie."""

import asyncio
import sys

from casework.app import service
from chassis.database import Database
from chassis.jobs.runner import JobRunner


async def main(database_url, blobs, seal):
    settings = service.settings(database_url=database_url, blobs=blobs, scanner="test:", sealing_key=seal)
    database = Database(settings, "casework", rows_secured=True)
    await JobRunner("casework", service.all_jobs, [], database, settings).run()


asyncio.run(main(*sys.argv[1:]))
