"""Jobs: against a bare loop of SKIP LOCKED, their lag, and what they cost while nothing is due."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import ClassVar

import asyncpg
import psutil
import uvloop
from sqlalchemy import text

from bench.figures import Figure
from bench.gazetteer import PASSWORD
from bench.long_jobs import measure_urgent
from bench.measurement import cpu_seconds
from chassis.database import Database, Session
from chassis.jobs import Job, JobData, JobHandlers, NewJob, enqueue_all, runner
from chassis.jobs import effects as effects_module
from chassis.jobs.claims import Claim, open_claimer
from chassis.jobs.runner import JobRunner
from chassis.jobs.states import Lane
from chassis.migrations import migrate
from chassis.provision import provision
from payments.app import service as payments

JOBS, ROUNDS = 10_000, 3
_COUNCILS = [f"council-{number}" for number in range(10)]
_RATE, _SECONDS = 500, 6
_IDLE_SECONDS = 5.0
_BATCH = 200
_MILLION = 1_000_000
_TABLES = """
    CREATE TABLE bare_job (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number bigint NOT NULL);
    CREATE TABLE done (number bigint NOT NULL)"""
_BARE = """DELETE FROM bare_job WHERE id = ANY (ARRAY(
    SELECT id FROM bare_job ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING number"""
_BARE_EFFECT = "INSERT INTO done VALUES ($1)"
_DONE = text("INSERT INTO done VALUES (:number)")  # one row for each job, on both sides
_ADD = """INSERT INTO job (council, kind, version, payload, state, lane, priority, due_at)
    SELECT $1, 'bench.one', 1, '{"number": 1, "at": 0}', $2::integer, 0, 1,
        now() + interval '1 day' * $2::integer + interval '1 second' * n
    FROM generate_series(1, $3::integer) n"""


_SESSIONS = """SELECT pid FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""


_ADD_DUE = """INSERT INTO job (council, kind, version, payload, state, lane, priority, due_at)
    SELECT $1, 'bench.one', 1, '{"number": 1, "at": 0}', 1, 0, 1, now() + interval '20 milliseconds' * n
    FROM generate_series(1, 400) n"""


class One(JobData):
    """Is handled one at a time."""

    kind: ClassVar[str] = "bench.one"
    number: int
    at: float = 0.0


class Many(One):
    """Is handled by the list."""

    kind: ClassVar[str] = "bench.many"


handlers = JobHandlers()
lags: list[float] = []


@handlers.effect(One)
async def write_one(session: Session, job: Job[One]) -> None:
    """Write that a job is done, and how late it was."""
    await session.execute(_DONE, {"number": job.data.number})
    lags.append(time.time() - job.data.at)


@handlers.effect_batch(Many)
async def write_many(session: Session, jobs: Sequence[Job[Many]]) -> None:
    """Write that jobs are done."""
    await session.execute(_DONE, [{"number": job.data.number} for job in jobs])


@dataclass
class _Rate:
    """Jobs per second, and per second of this process's CPU time."""

    per_second: float = 0.0
    per_cpu_second: float = 0.0


@contextmanager
def _timed(jobs: int) -> Iterator[_Rate]:
    rate, started, cpu = _Rate(), time.perf_counter(), time.process_time()
    yield rate
    rate.per_second = jobs / (time.perf_counter() - started)
    rate.per_cpu_second = jobs / (time.process_time() - cpu)


async def measure(admin_url: str) -> list[Figure]:
    """Measure on a database of its own."""
    return await asyncio.to_thread(uvloop.run, _measure(admin_url))  # as the worker runs


async def _measure(admin_url: str) -> list[Figure]:
    url = await _create_database(admin_url)
    settings = payments.settings(database_url=url, pool_size=4)
    database = Database(settings, "bench")
    connection = await asyncpg.connect(url, server_settings={"app.council": "*"})
    bench = _Bench(database, connection, JobRunner("bench", [handlers], (), database, settings))
    try:
        return [
            *await bench.measure_rates(),
            *await bench.measure_lag(),
            *await bench.measure_rest(),
            *await bench.measure_fairness(),
            *await measure_urgent(database, settings),
        ]
    finally:
        await connection.close()
        await database.close()


async def _create_database(admin_url: str) -> str:
    await provision(admin_url, "payments", owner_password=PASSWORD, password=PASSWORD)
    server = admin_url.rpartition("@")[2].partition("/")[0]
    owner_url = f"postgresql://payments_owner:{PASSWORD}@{server}/payments"
    await migrate("payments", owner_url)
    owner = await asyncpg.connect(owner_url)
    await owner.execute(_TABLES)
    await owner.close()
    return f"postgresql://payments:{PASSWORD}@{server}/payments"


class _Bench:
    def __init__(self, database: Database, connection: asyncpg.Connection, worker: JobRunner) -> None:
        self._database = database
        self._connection = connection
        self._worker = worker

    async def measure_rates(self) -> list[Figure]:
        """Measure bare loops and jobs in turns; the best round of each."""
        rates: dict[str, list[_Rate]] = defaultdict(list)
        for _ in range(ROUNDS):
            rates["bare"].append(await self._run_bare(at_once=False))
            rates["bare list"].append(await self._run_bare(at_once=True))
            rates["list"].append(await self._drain(Many))
            rates["group"].append(await self._drain(One))
            group, effects_module.GROUP = effects_module.GROUP, 1
            rates["alone"].append(await self._drain(One, JOBS // 5))
            effects_module.GROUP = group
        wall = {name: max(rate.per_second for rate in measured) for name, measured in rates.items()}
        cpu = {name: max(rate.per_cpu_second for rate in measured) for name, measured in rates.items()}
        return [
            Figure("bare loop, 200 a transaction, a statement for each", wall["bare"], "jobs/s"),
            Figure("bare loop, 200 a transaction, rows in one go", wall["bare list"], "jobs/s"),
            Figure("jobs of a kind that takes a list", wall["list"], "jobs/s"),
            Figure("... / bare loop, a statement for each", wall["list"] / wall["bare"], "x", least=0.6),
            Figure("... by the CPU of this process", cpu["list"] / cpu["bare"], "x"),
            Figure("... / bare loop, rows in one go", wall["list"] / wall["bare list"], "x"),
            Figure("jobs, a statement for each, in common transactions", wall["group"], "jobs/s"),
            Figure("... / bare loop, a statement for each", wall["group"] / wall["bare"], "x"),
            Figure("jobs in a transaction each", cpu["alone"], "per CPU-second", least=700),
        ]

    async def _run_bare(self, *, at_once: bool) -> "_Rate":
        await self._connection.execute(
            "INSERT INTO bare_job (number) SELECT generate_series(1, $1::integer)", JOBS
        )
        with _timed(JOBS) as rate:
            numbers = [(0,)]
            while numbers:
                async with self._connection.transaction():
                    numbers = [(row["number"],) for row in await self._connection.fetch(_BARE, _BATCH)]
                    if at_once:
                        await self._connection.executemany(_BARE_EFFECT, numbers)
                    else:
                        for values in numbers:
                            await self._connection.execute(_BARE_EFFECT, *values)
        return rate

    async def _enqueue(self, kind: type[One], count: int) -> None:
        async with self._database.writing("*") as session:
            new = (
                NewJob(kind(number=number, at=time.time()), _COUNCILS[number % len(_COUNCILS)])
                for number in range(count)
            )
            await enqueue_all(session, new)

    async def _drain(self, kind: type[One], count: int = JOBS) -> "_Rate":
        await self._enqueue(kind, count)
        with _timed(count) as rate:
            await self._worker.drain()
        return rate

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._worker.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def measure_lag(self) -> list[Figure]:
        """Measure from enqueueing to effect, at 500 a second, beside the enqueuer in one process."""
        lags.clear()
        tenth = _RATE // 10
        async with self._running():
            await asyncio.sleep(runner._POLL)  # noqa: SLF001 - the worker waits when the first ones come
            next_at = time.monotonic()
            for _ in range(_SECONDS * 10):
                await self._enqueue(One, tenth)
                next_at += 0.1
                await asyncio.sleep(max(0.0, next_at - time.monotonic()))
            while len(lags) < _SECONDS * _RATE:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        ordered = sorted(lags)
        return [
            Figure("lag at 500 jobs/s, median", ordered[len(ordered) // 2] * 1000, "ms"),
            Figure("lag at 500 jobs/s, p99", ordered[len(ordered) * 99 // 100] * 1000, "ms", most=1000),
        ]

    async def measure_rest(self) -> list[Figure]:
        """Measure the CPU of a worker, and of PostgreSQL, while nothing is due."""
        worker, server = await self._measure_idle()
        await self._connection.execute(_ADD, _COUNCILS[0], 1, _MILLION)
        armed = sum(await self._measure_idle())
        await self._connection.execute(_ADD_DUE, _COUNCILS[1])
        due = sum(await self._measure_idle())
        await self._connection.execute("DELETE FROM job")
        return [
            Figure("idle: the worker", worker, "% of a core", most=1.0),
            Figure("idle: PostgreSQL", server, "% of a core"),
            Figure("a million armed: the worker and PostgreSQL", armed, "% of a core", most=10),
            Figure("the same with 50 of them due a second", due, "% of a core"),
        ]

    async def _measure_idle(self) -> tuple[float, float]:
        """Return the percent of a core that the worker and its sessions in PostgreSQL take."""
        async with self._running():
            await asyncio.sleep(1)
            pids = await self._connection.fetch(_SESSIONS)
            sessions = [psutil.Process(row["pid"]) for row in pids]
            cpu, server = time.process_time(), sum(map(cpu_seconds, sessions))
            await asyncio.sleep(_IDLE_SECONDS)
            worker = time.process_time() - cpu
            used = sum(map(cpu_seconds, sessions)) - server
        return worker / _IDLE_SECONDS * 100, used / _IDLE_SECONDS * 100

    async def measure_fairness(self) -> list[Figure]:
        """Count the claims until 299 councils are served whose jobs come after another's 100,000."""
        await self._connection.execute(_ADD, "council-big", 0, 100_000)
        others = {f"other-{number:03}" for number in range(299)}
        async with self._database.writing("*") as session:
            await enqueue_all(session, [NewJob(One(number=1), name) for name in sorted(others)])
        claims, longest = 0, 0.0
        async with open_claimer(self._database, lambda: None, lambda: None, set()) as claimer:
            while others:
                started = time.perf_counter()
                others -= {job.council for job in await claimer.claim(Claim(Lane.EFFECT, _BATCH, _BATCH))}
                claims, longest = claims + 1, max(longest, time.perf_counter() - started)
        return [
            Figure("299 councils behind another's 100,000 jobs", claims, "claims", most=2),
            Figure("the longest of these claims", longest * 1000, "ms"),
        ]
