"""Timers and deadlines of cases that all came due while no worker ran, then fifty that come due a second."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uvloop

from bench.case_changes import COUNCIL, create_database, open_missed_bin
from bench.figures import Figure
from casework.app import service as casework
from casework.cases.actions.timers import FireTimer, NoteBreach
from casework.settings import Settings
from chassis import ids
from chassis.database import Database
from chassis.jobs.queue import NewJob, enqueue_all
from chassis.jobs.runner import JobRunner

_OVERDUE = 10_000  # cases; each has a timer and a deadline
_RATE, _SECONDS = 50, 10
_CASES = """INSERT INTO case_record SELECT (jsonb_populate_record(c, jsonb_build_object(
        'id', new.id, 'reference', 'ROW' || $3 || new.n))).*
    FROM case_record c CROSS JOIN unnest($2::uuid[]) WITH ORDINALITY AS new (id, n) WHERE c.id = $1"""
_PARTS = """INSERT INTO {0} SELECT (jsonb_populate_record(x, jsonb_build_object({1}'case_id', new.id))).*
    FROM {0} x CROSS JOIN unnest($2::uuid[]) AS new (id) WHERE x.case_id = $1"""
_COPIES = (
    _PARTS.format("case_clock", "'id', uuidv7(), "),
    _PARTS.format("case_entry", ""),
    _PARTS.format("case_personal", ""),
)
_DONE = "SELECT count(*) FROM case_entry WHERE kind IN ('timer', 'breach')"
_LAGS = """SELECT extract(epoch FROM e.at - c.due_at) AS lag FROM case_entry e
    JOIN case_clock c ON c.council = e.council AND c.case_id = e.case_id AND c.clock = 'return'
    WHERE e.kind = 'timer' AND e.case_id = ANY ($1) ORDER BY 1"""


async def measure(admin_url: str, folder: Path) -> list[Figure]:
    """Measure on a database of its own, in a loop of the worker's kind."""
    url = await create_database(admin_url)
    await open_missed_bin(url)
    return await asyncio.to_thread(uvloop.run, _measure(url, folder))


async def _measure(url: str, folder: Path) -> list[Figure]:
    settings = Settings(database_url=url, blobs=(folder / "blobs").as_uri(), scanner="test:", pool_size=4)
    database = Database(settings, "bench", rows_secured=True)
    connection = await asyncpg.connect(url, server_settings={"app.council": "*"})
    worker = JobRunner("casework", casework.all_jobs, (), database, settings)
    bench = _Bench(database, connection, worker)
    try:
        return [*await bench.measure_overdue(), *await bench.measure_lag()]
    finally:
        await connection.close()
        await database.close()


class _Bench:
    def __init__(self, database: Database, connection: Any, worker: JobRunner) -> None:
        self._database = database
        self._connection = connection
        self._worker = worker

    async def measure_overdue(self) -> list[Figure]:
        """Measure how fast what is overdue is caught up, by one worker."""
        await self._connection.execute("DELETE FROM job")
        await self._copy_cases([ids.new() for _ in range(_OVERDUE)], datetime.now(UTC) - timedelta(days=1))
        started = time.perf_counter()
        await self._worker.drain()
        seconds = time.perf_counter() - started
        done = await self._connection.fetchval(_DONE)
        if done != 2 * _OVERDUE:
            raise RuntimeError(f"{done} acts of {2 * _OVERDUE} timers and deadlines")
        return [Figure("20,000 timers and deadlines caught up", done / seconds, "a second", least=300)]

    async def measure_lag(self) -> list[Figure]:
        """Measure how late timers are of which fifty come due a second."""
        task = asyncio.create_task(self._worker.run())
        first, cases = datetime.now(UTC) + timedelta(seconds=3), []
        for number in range(_RATE * _SECONDS):
            cases.append(ids.new())
            await self._copy_cases([cases[-1]], first + timedelta(seconds=number / _RATE), deadlines=False)
        lags: list[Any] = []
        while len(lags) < len(cases):
            await asyncio.sleep(0.5)
            lags = await self._connection.fetch(_LAGS, cases)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        p99 = float(lags[len(lags) * 99 // 100]["lag"])
        return [Figure("timers at 50 a second, p99 of their lag", p99, "s", most=2)]

    async def _copy_cases(self, cases: list[UUID], due_at: datetime, *, deadlines: bool = True) -> None:
        """Copy the case that was opened, and arm its timer and its deadline for a moment."""
        async with self._connection.transaction():
            template = await self._connection.fetchval(
                "SELECT id FROM case_record WHERE reference NOT LIKE 'ROW%'"
            )
            await self._connection.execute(_CASES, template, cases, ids.show(cases[0]))
            for statement in _COPIES:
                await self._connection.execute(statement, template, cases)
            text = due_at.isoformat()
            await self._connection.execute(
                "UPDATE case_record SET engine = jsonb_set(engine, '{timers,late}', to_jsonb($1::text))"
                " WHERE id = ANY ($2)",
                text,
                cases,
            )
            await self._connection.execute(
                "UPDATE case_clock SET due_at = $1 WHERE clock = 'return' AND case_id = ANY ($2)",
                due_at,
                cases,
            )
        jobs = [NewJob(FireTimer(case=case, timer="late", due_at=due_at), COUNCIL, due_at) for case in cases]
        if deadlines:
            jobs += [
                NewJob(NoteBreach(case=case, clock="return", due_at=due_at), COUNCIL, due_at)
                for case in cases
            ]
        async with self._database.writing(COUNCIL) as session:
            await enqueue_all(session, jobs)
