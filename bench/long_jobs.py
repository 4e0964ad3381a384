"""Jobs of minutes: what they cost those who wait for a short one."""

import asyncio
import time
from contextlib import suppress
from statistics import median
from typing import ClassVar

from bench.figures import Figure
from chassis.database import Database
from chassis.jobs import (
    CallContext,
    CallData,
    Job,
    JobHandlers,
    LongCallData,
    NewJob,
    Priority,
    cancel,
    enqueue,
    enqueue_all,
)
from chassis.jobs.runner import JobRunner
from chassis.settings import Settings

_LONG, _URGENT = 40, 100


class Code(CallData):
    """Somebody waits for it."""

    kind: ClassVar[str] = "bench.code"
    at: float


class Long(LongCallData):
    """Takes longer than the measurement."""

    kind: ClassVar[str] = "bench.long"


async def measure_urgent(database: Database, settings: Settings) -> list[Figure]:
    """Measure the lag of urgent calls alone, and while long ones of 40 councils run or wait."""
    alone = await _measure_lag(database, settings, 0)
    beside = await _measure_lag(database, settings, _LONG)
    name = f"jobs, median lag of urgent calls beside {_LONG} long ones"
    return [
        Figure(name, beside * 1000, "ms", most=250),
        Figure(f"{name} / alone", beside / alone, "x", most=2),
    ]


async def _measure_lag(database: Database, settings: Settings, count: int) -> float:
    bench = _Bench(database)
    runner = asyncio.create_task(JobRunner("bench", [bench.handlers], (), database, settings).run())
    try:
        async with asyncio.timeout(60):
            lags = await bench.enqueue(count)
    finally:
        runner.cancel()
        with suppress(asyncio.CancelledError):
            await runner
    return median(lags)


class _Bench:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._lags: asyncio.Queue[float] = asyncio.Queue()
        self._long_runs = asyncio.Event()
        self.handlers = JobHandlers()
        self.handlers.call(Code)(self._note_lag)
        self.handlers.call(Long, limit=3600)(self._wait_long)

    async def enqueue(self, count: int) -> list[float]:
        """Enqueue long jobs and, once they run, urgent ones. Return the lags of these, in seconds."""
        councils = [f"long-{number}" for number in range(count)]
        if councils:
            async with self._database.writing("*") as session:
                await enqueue_all(session, [NewJob(Long(), council, key="long") for council in councils])
            await self._long_runs.wait()
        for _ in range(_URGENT):
            async with self._database.writing("long-0") as session:
                code = Code(at=time.time())
                await enqueue(session, code, council="long-0", priority=Priority.URGENT)
            await asyncio.sleep(0.03)
        lags = [await self._lags.get() for _ in range(_URGENT)]
        for council in councils:
            async with self._database.writing(council) as session:
                await cancel(session, Long, "long", council=council)
        return lags

    async def _note_lag(self, _: CallContext, job: Job[Code]) -> None:
        self._lags.put_nowait(time.time() - job.data.at)

    async def _wait_long(self, _: CallContext, job: Job[Long]) -> None:  # noqa: ARG002 - a handler has it
        """Wait until the worker stops."""
        self._long_runs.set()
        await asyncio.Event().wait()
