"""Calls that take minutes: in slots of their own, shared fairly, and continued where they were."""

import asyncio
import os
import signal
import time

import pytest
from job_harness import Grind, Send, Write
from test_job_crashes import worker

from chassis.jobs import CallData, JobHandlers, LongCallData, NewJob, Priority, enqueue_all
from chassis.jobs.states import Lane, State
from chassis.testing import eventually

STEPS = [f"x {step}" for step in range(10)]


@pytest.fixture
def blocked(jobs):
    """Long calls wait until it is set."""
    release = asyncio.Event()

    async def wait(_, job):
        if isinstance(job.data, Grind):
            await release.wait()

    jobs.behave = wait
    return release


async def enqueue_long(jobs, *councils):
    async with jobs.database.writing("*") as session:
        await enqueue_all(session, [NewJob(Grind(text=council, steps=0), council) for council in councils])


async def wait_for(check):
    await eventually(check, within=20, every=0.02)


async def test_forty_long_calls_delay_no_urgent_call_no_usual_one_and_no_effect(jobs, blocked):
    await enqueue_long(jobs, *[f"council-{number:02}" for number in range(40)])
    async with jobs.running():
        await wait_for(lambda: len(jobs.calls) == jobs.settings.long_jobs == 2)
        started = time.monotonic()
        await jobs.enqueue("code", kind=Send, priority=Priority.URGENT, council="council-00")
        await wait_for(lambda: "code" in jobs.calls)
        urgent = time.monotonic() - started
        await jobs.enqueue("call", kind=Send, council="council-00")
        await jobs.enqueue("effect", kind=Write, council="council-00")
        await wait_for(lambda: {"call", "effect"} <= set(jobs.calls))
        usual = time.monotonic() - started
        assert len(jobs.calls) == 5, "only two long ones run at once"
        blocked.set()
        await wait_for(lambda: len(jobs.calls) == 43)
    assert (urgent < 2, usual < 4) == (True, True), (urgent, usual)


async def test_many_long_calls_of_one_council_leave_a_slot_to_others(jobs, blocked):
    await enqueue_long(jobs, *["citytown"] * 20)
    async with jobs.running():
        await wait_for(lambda: jobs.calls == ["citytown"])
        await enqueue_long(jobs, "hillshire")
        await wait_for(lambda: jobs.calls == ["citytown", "hillshire"])
        await jobs.enqueue("later", kind=Send)
        await wait_for(lambda: "later" in jobs.calls)
        assert len(jobs.calls) == 3, "a council has one of two slots"


@pytest.mark.parametrize(("count", "share"), [(1, 1), (4, 3)])
async def test_a_council_never_has_more_than_its_share_of_slots(jobs, blocked, count, share):
    jobs.settings = jobs.settings.model_copy(update={"long_jobs": count})
    async with jobs.running():
        for _ in range(count + 1):  # one by one, and several at once
            await enqueue_long(jobs, *["citytown"] * 2)
            await jobs.enqueue("marker", kind=Send)
            await wait_for(lambda: "marker" in jobs.calls)
            jobs.calls.remove("marker")
        await wait_for(lambda: len(jobs.calls) == share)
        if count > share:
            await enqueue_long(jobs, "hillshire")
            await wait_for(lambda: jobs.calls[share:] == ["hillshire"])


async def test_a_stopped_worker_gives_a_long_call_back_and_another_goes_on_after_its_last_step(jobs):
    await jobs.enqueue("x", kind=Grind)
    async with jobs.running():
        await wait_for(lambda: has_notes(jobs, 3))
    assert len(await jobs.list_notes()) < len(STEPS)
    async with jobs.running():
        await wait_for(lambda: is_done(jobs))
    assert sorted(await jobs.list_notes()) == STEPS


async def test_told_to_stop_a_worker_cancels_long_calls_and_counts_no_failure(jobs, blocked):
    await jobs.enqueue("x", kind=Grind)
    async with jobs.running():
        await wait_for(lambda: jobs.calls)
        started = time.monotonic()
    assert time.monotonic() - started < 1.5, "it is not given the time of short calls"
    [row] = await jobs.list_rows()
    assert (row.state, row.failures) == (State.READY, 0)


async def test_a_killed_workers_long_call_goes_on_within_seconds_after_its_last_step(jobs, settings):
    await jobs.enqueue("x", kind=Grind)
    async with worker(settings, "work") as process:
        await wait_for(lambda: has_notes(jobs, 3))
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        started = time.monotonic()
        async with jobs.running():
            await wait_for(lambda: is_done(jobs))
    assert time.monotonic() - started < 10
    assert sorted(await jobs.list_notes()) == STEPS


@pytest.mark.parametrize(("failures", "at_once"), [(1, 2), (2, 1)])
async def test_long_calls_of_a_dead_worker_go_on_at_once_and_alone_after_its_second_death(
    jobs, blocked, failures, at_once
):
    await enqueue_long(jobs, "citytown", "hillshire")
    await jobs.execute("UPDATE job SET failures = :n, reason = 'its worker went away'", n=failures)
    async with jobs.running():
        await wait_for(lambda: len(jobs.calls) == at_once)
        await jobs.enqueue("marker", kind=Send)
        await wait_for(lambda: "marker" in jobs.calls)
        assert len(jobs.calls) == at_once + 1
        blocked.set()
        await wait_for(lambda: len(jobs.calls) == 3)


async def has_notes(jobs, least):
    return len(await jobs.list_notes()) >= least


async def is_done(jobs):
    return await jobs.list_rows() == []


async def test_a_job_enqueued_for_another_lane_runs_in_that_of_its_kind(jobs, blocked):
    """A kind that becomes long in a new version: those that wait must not start forty at once."""
    await enqueue_long(jobs, *[f"council-{number}" for number in range(5)])
    await jobs.execute("UPDATE job SET lane = :lane", lane=Lane.CALL)
    await jobs.enqueue("effect")
    await jobs.execute("UPDATE job SET lane = :lane WHERE kind = 'tests.write'", lane=Lane.LONG)
    async with jobs.running():
        await wait_for(lambda: len(jobs.calls) == 3)
        assert "effect" in jobs.calls
        await jobs.enqueue("marker", kind=Send)
        await wait_for(lambda: "marker" in jobs.calls)
        assert len(jobs.calls) == 4
        blocked.set()
        await wait_for(lambda: len(jobs.calls) == 7)


def test_what_takes_more_than_five_minutes_is_declared_long():
    class Slow(CallData):
        kind = "tests.slow"

    class Slower(LongCallData):
        kind = "tests.slower"

    async def handle(context, job):
        """Never called."""

    handlers = JobHandlers()
    with pytest.raises(ValueError, match="LongCallData"):
        handlers.call(Slow, limit=301)(handle)
    handlers.call(Slower, limit=6 * 3600)(handle)
    with pytest.raises(ValueError, match="limit up to"):
        JobHandlers().call(Slower, limit=6 * 3600 + 1)(handle)
    with pytest.raises(ValueError, match="CallData for what calls outside"):
        JobHandlers().effect(Slower)(handle)
