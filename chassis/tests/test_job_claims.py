"""Claims: fair between councils and priorities, and cheap beside a million jobs that are not due."""

import asyncio
import functools
import operator

import pytest
from job_harness import Send, Write

from chassis.jobs import NewJob, Priority, claims, enqueue_all
from chassis.jobs.calls import SHORT
from chassis.jobs.claims import Claim, open_claimer
from chassis.jobs.states import Lane
from chassis.testing import eventually

COUNCILS = [f"council-{number:03}" for number in range(300)]
ADD_MANY = """INSERT INTO job (council, kind, version, payload, state, lane, priority, due_at)
    SELECT :council, 'tests.write', 1, '{"text": "x"}', CAST(:state AS integer), 0, 1,
        now() + CAST(:state AS integer) * interval '1 day' + n * interval '1 second'
    FROM generate_series(1, :count) n"""


def claim(most, lane=Lane.EFFECT, **options):
    return Claim(lane, most, options.pop("per_council", most), **options)


def open_one(jobs):
    return open_claimer(jobs.database, lambda: None, lambda: None, set())


async def enqueue_for(jobs, councils, priority=Priority.USUAL):
    async with jobs.database.writing("*") as session:
        await enqueue_all(session, [NewJob(Write(text=name), name, priority=priority) for name in councils])


async def test_a_council_with_many_jobs_delays_299_others_by_two_claims_at_most(jobs):
    await jobs.execute(ADD_MANY, council="big-council", count=100_000, state=0)
    await enqueue_for(jobs, COUNCILS[:299])
    async with open_one(jobs) as claimer:
        claimed = [await claimer.claim(claim(200)) for _ in range(2)]
    served = [job.council for batch in claimed for job in batch]
    assert set(COUNCILS[:299]) <= set(served)
    assert served.count("big-council") <= 3


async def test_councils_are_served_in_turn(jobs):
    for _ in range(3):
        await enqueue_for(jobs, COUNCILS[:10])
    async with open_one(jobs) as claimer:
        served = [[job.council for job in await claimer.claim(claim(4))] for _ in range(5)]
    assert sorted(served[0] + served[1] + served[2][:2]) == sorted(COUNCILS[:10])
    assert sorted(functools.reduce(operator.iadd, served, [])) == sorted(COUNCILS[:10] * 2)


async def test_equal_shares_are_filled_up_by_who_has_more(jobs):
    await jobs.execute(ADD_MANY, council="a", count=50, state=0)
    await jobs.execute(ADD_MANY, council="b", count=2, state=0)
    async with open_one(jobs) as claimer:
        first = [job.council for job in await claimer.claim(claim(20))]
        second = [job.council for job in await claimer.claim(claim(20))]
    assert (first.count("a"), first.count("b")) == (10, 2)
    assert second.count("a") == 20


async def test_urgent_jobs_of_any_council_go_first(jobs):
    await jobs.execute(ADD_MANY, council="a", count=500, state=0)
    await enqueue_for(jobs, ["z"], Priority.URGENT)
    await enqueue_for(jobs, ["b"], Priority.BULK)
    async with open_one(jobs) as claimer:
        claimed = await claimer.claim(claim(5))
        assert claimed[0].council == "z"
        assert [job.council for job in claimed[1:]] == ["a"] * 4
        assert await claimer.claim(claim(5, priority=Priority.URGENT)) == []
        assert await claimer.claim(claim(5, without=["a", "b"])) == []


async def test_two_workers_never_hold_the_same_job(jobs):
    await jobs.execute(ADD_MANY, council="a", count=400, state=0)
    async with open_one(jobs) as first, open_one(jobs) as second:
        batches = await asyncio.gather(*(claimer.claim(claim(50)) for claimer in (first, second) * 3))
        ids = [job.id for batch in batches for job in batch]
        assert len(ids) == len(set(ids)) == 300


async def test_slow_calls_of_one_council_leave_slots_to_others_and_effects_alone(jobs):
    release = asyncio.Event()

    async def wait(_, job):
        if job.data.text == "slow":
            await release.wait()

    jobs.behave = wait
    await jobs.enqueue(*["slow"] * 60, kind=Send)
    async with jobs.running():
        await wait_for(lambda: len(jobs.calls) == SHORT.per_council)
        await jobs.enqueue("quick", kind=Send, council="hillshire")
        await jobs.enqueue("effect")
        await wait_for(lambda: {"quick", "effect"} <= set(jobs.calls))
        assert len(jobs.calls) == SHORT.per_council + 2
        release.set()
        await wait_for(lambda: len(jobs.calls) == 62)


async def test_an_urgent_call_finds_a_slot_when_slow_ones_of_every_council_fill_the_rest(jobs):
    release = asyncio.Event()

    async def wait(_, job):
        if job.data.text != "code":
            await release.wait()

    jobs.behave = wait
    async with jobs.database.writing("*") as session:
        slow = [NewJob(Send(text="slow"), name) for name in COUNCILS[: SHORT.most + 5]]
        await enqueue_all(session, slow)
    async with jobs.running():
        await wait_for(lambda: len(jobs.calls) == SHORT.most)
        await jobs.enqueue(*["code"] * SHORT.urgent, kind=Send, priority=Priority.URGENT)
        await wait_for(lambda: jobs.calls.count("code") == SHORT.urgent)
        assert jobs.calls.count("slow") == SHORT.most
        release.set()
        await wait_for(lambda: len(jobs.calls) == SHORT.most + 5 + SHORT.urgent)


async def wait_for(check):
    await eventually(check, within=15, every=0.02)


async def test_what_is_due_is_read_by_its_time_even_under_row_level_security(jobs):
    async with open_one(jobs) as claimer:
        await claimer._connection.execute(f"PREPARE wake AS {claims._WAKE}")
        plan = await claimer._connection.fetch("EXPLAIN EXECUTE wake (NULL, 10)")
    assert any("Index Cond: (due_at <=" in line for (line,) in plan), plan


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_million_armed_jobs_cost_a_claim_nothing(jobs):
    for _ in range(20):  # in parts: no statement is to outlast the limit of a slow machine's database
        await jobs.execute(ADD_MANY, council="a", count=50_000, state=1)
    await enqueue_for(jobs, COUNCILS)
    async with open_one(jobs) as claimer:
        started = asyncio.get_running_loop().time()
        for _ in range(20):
            assert await claimer.look([Lane.EFFECT]) == ({Lane.EFFECT}, pytest.approx(86_400, abs=600))
            await claimer.wake()
            assert len(await claimer.claim(claim(10))) == 10
        seconds = asyncio.get_running_loop().time() - started
    assert seconds / 20 < 0.2, "it reads more than the indexes lead to"
