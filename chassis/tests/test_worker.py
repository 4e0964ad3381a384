"""What a service gives its worker to do beside events."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from chassis import worker
from chassis.testing import eventually


async def test_a_services_task_runs_in_the_worker_again_after_a_fault_until_it_stops(service, settings):
    begun, ended = [], []

    async def task(database, given):
        begun.append((database.url, given))
        if len(begun) == 1:
            raise RuntimeError("the first time always fails")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    work = asyncio.create_task(worker._work(replace(service, tasks={"waiting": task}), settings))
    await eventually(lambda: len(begun) == 2)
    assert begun == [(settings.database_url, settings)] * 2
    assert ended == []
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
    assert ended == [True]
