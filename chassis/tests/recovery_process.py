"""A process that begins a charge and is killed: URL of PostgreSQL, of the server outside, and when.

``before``: between the commit of what is to be done and the call. ``after``: between the call and its result.
"""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from notes.app import Settings
from recovery_harness import Charge, begin, handlers

from chassis import recovery
from chassis.database import Database
from chassis.jobs import CallContext


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


async def main(database_url, url, moment):
    settings = Settings(database_url=database_url)
    database = Database(settings, "notes", rows_secured=True)
    operation = await begin(database, url, seconds=2)
    if moment == "before":
        die()
    handler = handlers.by_kind[Charge.kind]

    async def call_and_die(context, job):
        await handler.call(context, job)
        die()

    handlers.by_kind[Charge.kind] = replace(handler, call=call_and_die)
    await recovery.run(CallContext(database, settings), handlers, operation)


asyncio.run(main(*sys.argv[1:]))
