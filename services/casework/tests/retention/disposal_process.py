"""A worker of casework's jobs in a process of its own, which kills itself in the middle of a disposal."""

import asyncio
import os
import signal
import sys

from casework.app import service
from casework.retention.actions import disposals, erasure
from chassis.database import Database
from chassis.jobs.runner import JobRunner

MOMENTS = {  # where it dies: a module, and the function after which it does
    "copied": (disposals, "store_archive"),
    "buried": (erasure.store, "bury"),
    "half-deleted": (erasure.store, "list_deletions"),
    "deleted": (erasure.store, "delete_cases"),
    "erased": (erasure, "_erase_audit"),
    "certified": (disposals.lists, "insert_certificate"),
}


def die_at(moment, times):
    """Kill this process, with no word to anybody, in a function that is called so many times."""
    module, name = MOMENTS[moment]
    function, calls = getattr(module, name), iter(range(1, times + 1))

    def kill():
        if next(calls) == times:
            os.kill(os.getpid(), signal.SIGKILL)

    async def die_after(*arguments):
        result = await function(*arguments)
        kill()
        return result

    def die_between():
        statements = function()
        yield from statements[: len(statements) // 2]
        kill()
        yield from statements[len(statements) // 2 :]

    setattr(module, name, die_between if moment == "half-deleted" else die_after)


async def main(database_url, blobs, seal, moment="", times="1"):
    disposals._ERASED, disposals._COPIED = 2, 2
    if moment:
        die_at(moment, int(times))
    settings = service.settings(database_url=database_url, blobs=blobs, scanner="test:", sealing_key=seal)
    database = Database(settings, "casework", rows_secured=True)
    await JobRunner("casework", service.all_jobs, [], database, settings).run()


asyncio.run(main(*sys.argv[1:]))
