"""A worker of jobs in a process of its own, to be killed: URL of PostgreSQL, and how it behaves.

``kill``: it kills itself after the effect of the job ``deadly``, before that is acknowledged. ``pause``: it
stops itself there. It prints ``ready`` when it begins.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from job_harness import JobHarness
from notes.app import Settings

from chassis.database import Database
from chassis.jobs import effects


async def main(database_url, behaviour):
    settings = Settings(database_url=database_url)
    harness = JobHarness(Database(settings, "notes", rows_secured=True), settings)
    take_off = effects.take_off

    async def die_before_acknowledgement(session, works):
        if any(work.job.data.text == "deadly" for work in works):
            print("done", flush=True)
            os.kill(os.getpid(), signal.SIGKILL if behaviour == "kill" else signal.SIGSTOP)
        await take_off(session, works)

    if behaviour != "work":
        effects.take_off = die_before_acknowledgement
    print("ready", flush=True)
    await harness.make_runner().run()


asyncio.run(main(*sys.argv[1:]))
