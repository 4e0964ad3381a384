"""A worker that sends messages, in a process of its own, to be killed: its settings as JSON."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from notes.app import Settings, service

from chassis.jobs.runner import JobRunner


async def main(settings):
    database = service.database(settings)
    await JobRunner("notes", service.all_jobs, [], database, settings).run()


asyncio.run(main(Settings.model_validate_json(sys.argv[1])))
