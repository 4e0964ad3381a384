"""Workers of jobs that are killed, stop, lose their lease or their database: once in effect, nothing lost."""

import asyncio
import os
import signal
import sys
from collections import Counter
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from consumer_harness import open_distant
from job_harness import Send

from chassis.jobs import claims, runner
from chassis.jobs.claims import Claim, open_claimer
from chassis.jobs.metrics import PAUSED_SINCE
from chassis.jobs.states import Lane, State
from chassis.testing import eventually

SCRIPT = Path(__file__).parent / "job_process.py"


@asynccontextmanager
async def worker(settings, behaviour):
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), settings.database_url, behaviour, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.kill()
        await process.wait()


async def expect_notes(jobs, *texts):
    async def check():
        return sorted(await jobs.list_notes()) == sorted(texts)

    await eventually(check, within=20)


async def test_a_worker_killed_between_effect_and_acknowledgement_doubles_and_loses_nothing(jobs, settings):
    texts = [f"job {number}" for number in range(20)]
    await jobs.enqueue(*texts, "deadly")
    async with worker(settings, "kill") as process:
        assert await process.wait() == -signal.SIGKILL
    assert await jobs.list_notes() == []
    assert {row.state for row in await jobs.list_rows()} == {State.TAKEN}
    async with worker(settings, "work"):
        await expect_notes(jobs, *texts, "deadly")
    assert await jobs.list_rows() == []


async def test_a_job_that_kills_its_worker_each_time_is_given_up_and_no_other_is(jobs, settings):
    texts = [f"job {number}" for number in range(5)]
    await jobs.enqueue("deadly", *texts)
    deaths = 0
    while any(row.payload["text"] == "deadly" and row.state != State.DEAD for row in await jobs.list_rows()):
        async with worker(settings, "kill") as process:
            with suppress(TimeoutError):
                async with asyncio.timeout(30):
                    while process.returncode is None and not await is_dead(jobs):
                        await jobs.make_due()  # the waits between tries are not what this is about
                        await asyncio.sleep(0.05)
            deaths += process.returncode == -signal.SIGKILL
    assert deaths == 3
    assert sorted(await jobs.list_notes()) == texts
    [row] = await jobs.list_rows()
    assert (row.state, row.failures) == (State.DEAD, 3)
    assert "its worker ended" in row.reason


async def is_dead(jobs):
    return [row.state for row in await jobs.list_rows()] == [State.DEAD]


async def test_a_worker_that_stood_still_finds_its_lease_lost_and_undoes_its_effect(jobs, settings):
    await jobs.enqueue("deadly")
    async with worker(settings, "pause") as stopped:
        assert await stopped.stdout.readline() == b"done\n"
        await jobs.execute("UPDATE job SET due_at = now() - interval '1 second' WHERE state = 2")
        async with worker(settings, "work"):
            await expect_notes(jobs, "deadly")
        os.kill(stopped.pid, signal.SIGCONT)
        await asyncio.sleep(0.5)
        assert await jobs.list_notes() == ["deadly"]


async def test_a_clock_that_jumps_forward_ends_leases_and_doubles_no_effect(jobs):
    """What is in hand when the database's clock jumps is done by another, or by its holder, and once."""
    running, release = asyncio.Event(), asyncio.Event()

    async def wait(session, job):
        running.set()
        if len(jobs.calls) == 1:
            await release.wait()

    jobs.behave = wait
    await jobs.enqueue("x")
    async with jobs.running():
        await running.wait()
        await jobs.execute("UPDATE job SET due_at = due_at - interval '1 day' WHERE state = 2")
        await jobs.drain()
        release.set()
        await eventually(lambda: count_rows(jobs, 0))
    assert jobs.calls == ["x", "x"]
    assert await jobs.list_notes() == ["x"]


async def test_a_merge_while_a_job_runs_undoes_it_and_it_is_done_for_the_successor(jobs):
    running, release = asyncio.Event(), asyncio.Event()

    async def wait(session, job):
        running.set()
        await release.wait()

    jobs.behave = wait
    await jobs.enqueue("x", kind=Send)
    async with jobs.running():
        await running.wait()
        await jobs.execute("UPDATE job SET council = 'hillshire'")
        release.set()
        await eventually(lambda: jobs.execute("UPDATE job SET due_at = now() WHERE lease IS NOT NULL"))
        await eventually(lambda: count_rows(jobs, 0), within=20)
    assert await jobs.list_notes() == []
    assert await jobs.list_notes("hillshire") == ["x"]


async def count_rows(jobs, count):
    return len(await jobs.list_rows()) == count


async def test_a_worker_that_is_told_to_stop_finishes_its_effect_and_gives_the_rest_back(jobs):
    running = asyncio.Event()

    async def work(session, job):
        running.set()
        await asyncio.sleep(0.2 if job.data.text == "effect" else 30)

    jobs.behave = work
    await jobs.enqueue("effect")
    await jobs.enqueue("call", kind=Send)
    async with jobs.running():
        await eventually(lambda: len(jobs.calls) == 2)
    assert await jobs.list_notes() == ["effect"]
    [row] = await jobs.list_rows()
    assert (row.payload["text"], row.state, row.failures) == ("call", State.READY, 0)


async def test_a_long_call_keeps_its_lease(jobs, monkeypatch):
    monkeypatch.setattr(runner, "_HOUSEKEEPING", 0.1)
    release = asyncio.Event()
    jobs.behave = lambda _, job: release.wait()
    await jobs.enqueue("call", kind=Send)
    async with jobs.running():
        await eventually(lambda: jobs.calls)
        await jobs.execute("UPDATE job SET due_at = now() + interval '5 seconds' WHERE state = 2")

        async def is_renewed():
            return await jobs.execute(
                "UPDATE job SET reason = 'renewed' WHERE state = 2 AND due_at > now() + interval '80 seconds'"
            )

        await eventually(is_renewed)
        release.set()
        await eventually(lambda: count_rows(jobs, 0))
    assert jobs.calls == ["call"]


async def test_while_the_database_is_away_jobs_pause_and_go_on_by_themselves(jobs, settings):
    gauge = PAUSED_SINCE
    async with open_distant(settings) as (database, proxy), jobs.running(database):
        await jobs.enqueue("before")
        await expect_notes(jobs, "before")
        await proxy.cut()
        await eventually(lambda: gauge._value.get() > 0)
        await jobs.enqueue("meanwhile", "too")
        await proxy.open()
        await expect_notes(jobs, "before", "meanwhile", "too")
        await eventually(lambda: gauge._value.get() == 0)
    assert Counter(await jobs.list_notes()) == Counter(["before", "meanwhile", "too"])


async def test_an_outage_counts_against_no_job(jobs, settings, monkeypatch):
    """What was in hand when the database went away comes back with all its tries."""
    running = asyncio.Event()

    async def work(session, job):
        running.set()
        if len(jobs.calls) <= 2:
            await asyncio.sleep(1)

    jobs.behave = work
    async with open_distant(settings) as (database, proxy), jobs.running(database):
        await jobs.enqueue("a", "b")
        await running.wait()
        await proxy.cut()
        await proxy.open()
        await eventually(lambda: count_rows(jobs, 0), within=20)
    assert sorted(await jobs.list_notes()) == ["a", "b"]


async def test_a_server_that_does_not_answer_is_given_up(jobs, settings, monkeypatch):
    monkeypatch.setattr(claims, "_TIMEOUT", 0.3)
    async with open_distant(settings) as (database, proxy), jobs.running(database):
        await jobs.enqueue("before")
        await expect_notes(jobs, "before")
        proxy.freeze()
        await eventually(lambda: PAUSED_SINCE._value.get() > 0)
        proxy.thaw()
        await jobs.enqueue("after")
        await expect_notes(jobs, "before", "after")


async def test_an_outage_of_what_a_handler_needs_waits_and_gives_nothing_up(jobs):
    """A table that the next migration brings: the job is put back, and counts no failure."""
    await jobs.enqueue("x")
    jobs.behave = lambda session, job: fail_by_statement(session, "SELECT * FROM table_to_come")
    for _ in range(5):
        await jobs.drain()
        await jobs.make_due()
    [row] = await jobs.list_rows()
    assert (row.failures, row.reason) == (0, "UndefinedTableError: 42P01")
    jobs.behave = lambda session, job: None
    await jobs.drain()
    assert await jobs.list_notes() == ["x"]


async def test_a_statement_that_takes_too_long_is_its_jobs_fault(jobs):
    jobs.behave = lambda session, job: fail_by_statement(
        session, "SELECT set_config('statement_timeout', '20ms', true)", "SELECT pg_sleep(5)"
    )
    await jobs.enqueue("x")
    await jobs.drain()
    assert [row.failures for row in await jobs.list_rows()] == [1]


async def fail_by_statement(session, *statements):
    for statement in statements:
        await session.connection.exec_driver_sql(statement)


async def test_jobs_of_a_dead_holder_come_back_and_those_of_a_living_one_do_not(jobs):
    await jobs.enqueue("a", "b")
    database = jobs.database
    async with open_claimer(database, lambda: None, lambda: None, set()) as living:
        await living.claim(Claim(Lane.EFFECT, 1, 1))
        with suppress(ConnectionError):
            async with open_claimer(database, lambda: None, lambda: None, set()) as dead:
                await dead.claim(Claim(Lane.EFFECT, 1, 1))
                dead._connection.terminate()
                raise ConnectionError

        async def is_reclaimed():
            await living.reclaim()
            return [row.state for row in await jobs.list_rows()] == [State.TAKEN, State.ARMED]

        await eventually(is_reclaimed)
        assert [row.failures for row in await jobs.list_rows()] == [0, 1]
