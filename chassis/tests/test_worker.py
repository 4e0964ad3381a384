"""The tasks a service gives its worker beside events."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from chassis import worker
from chassis.testing import eventually


async def test_a_services_task_is_restarted_after_an_error_until_the_worker_stops(service, settings):
    starts, ends = [], []

    async def task(database, task_settings):
        starts.append((database.url, task_settings))
        if len(starts) == 1:
            raise RuntimeError("the first time always fails")
        try:
            await asyncio.Event().wait()
        finally:
            ends.append(True)

    work = asyncio.create_task(worker._work(replace(service, tasks={"waiting": task}), settings))
    await eventually(lambda: len(starts) == 2)
    assert starts == [(settings.database_url, settings)] * 2
    assert ends == []
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
    assert ends == [True]
