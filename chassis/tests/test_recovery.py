"""A call in the middle of a request has its effect once, whichever process ends when."""

import asyncio
import signal
import sys
import time
from pathlib import Path

import pytest
from recovery_harness import begin, charging, handlers

from chassis import recovery
from chassis.jobs import CallContext
from chassis.outbound import OutboundError
from chassis.testing import eventually

SCRIPT = Path(__file__).parent / "recovery_process.py"


@pytest.fixture
async def outside():
    async with charging() as server:
        yield server


@pytest.fixture
def context(database, settings):
    return CallContext(database, settings)


@pytest.fixture
def worker(jobs):
    jobs.handlers = handlers
    return jobs


async def expect_one_charge(worker, outside):
    assert sorted(await worker.list_notes()) == ["charge 1", "receipt"]
    assert len(outside.charges) == len(set(outside.keys)) == 1


async def test_a_call_in_the_request_leaves_nothing_for_the_worker(context, worker, outside):
    operation = await begin(context.database, outside.url)
    [row] = await worker.list_rows()
    assert (row.kind, row.state) == ("tests.charge", 1)
    await recovery.run(context, handlers, operation)
    assert await worker.list_rows() == []
    await expect_one_charge(worker, outside)


async def test_nothing_is_begun_when_the_transaction_is_rolled_back(context, worker, outside):
    with pytest.raises(ZeroDivisionError):
        async with context.database.writing("citytown") as session:
            data = handlers.by_kind["tests.charge"].data(operation="x", url=outside.url)
            await recovery.begin(session, data, council="citytown")
            raise ZeroDivisionError
    assert await worker.list_rows() == []


@pytest.mark.parametrize(("moment", "calls"), [("before", 1), ("after", 2)])
async def test_the_worker_finishes_what_a_killed_process_began(settings, worker, outside, moment, calls):
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), settings.database_url, outside.url, moment
    )
    assert await process.wait() == -signal.SIGKILL
    killed = time.monotonic()
    assert await worker.list_notes() == ["begun"]
    async with worker.running():
        await eventually(lambda: has_no_rows(worker), within=15)
    assert time.monotonic() - killed < 12
    assert len(outside.keys) == calls
    await expect_one_charge(worker, outside)


async def has_no_rows(worker):
    return await worker.list_rows() == []


async def test_a_failure_outside_is_the_callers_and_the_worker_tries_again(context, worker, outside):
    outside.behave = lambda: 500
    operation = await begin(context.database, outside.url)
    with pytest.raises(OutboundError, match="500"):
        await recovery.run(context, handlers, operation)
    assert await worker.list_notes() == ["begun"]
    outside.behave = lambda: None
    await worker.make_due()
    await worker.drain()
    await expect_one_charge(worker, outside)


async def test_a_call_that_outlasts_its_time_is_left_to_the_worker(context, worker, outside):
    released = asyncio.Event()
    outside.behave = released.wait
    operation = await begin(context.database, outside.url, seconds=0.5)
    with pytest.raises(recovery.OverdueError):
        await recovery.run(context, handlers, operation)
    with pytest.raises(recovery.OverdueError, match="worker's"):
        await recovery.run(context, handlers, operation)
    assert len(outside.keys) == 1
    released.set()
    await worker.make_due()
    await worker.drain()
    await expect_one_charge(worker, outside)


async def test_when_both_call_the_one_that_comes_second_changes_nothing(context, worker, outside):
    is_called, released = asyncio.Event(), asyncio.Event()

    async def wait():
        is_called.set()
        if len(outside.keys) == 1:
            await released.wait()

    outside.behave = wait
    operation = await begin(context.database, outside.url)
    request = asyncio.create_task(recovery.run(context, handlers, operation))
    await is_called.wait()
    await worker.make_due()
    await worker.drain()
    await expect_one_charge(worker, outside)
    released.set()
    await request
    assert len(outside.keys) == 2
    await expect_one_charge(worker, outside)


async def test_two_operations_have_two_keys(context, worker, outside):
    for _ in range(2):
        await recovery.run(context, handlers, await begin(context.database, outside.url))
    assert len(set(outside.keys)) == len(outside.charges) == 2


async def test_a_route_answers_what_it_knows_and_the_worker_does_the_rest(client, mint, worker, outside):
    headers = {"Authorization": f"Bearer {mint(scopes=['notes:write'])}"}
    path, body = "/citytown/notes/v1/charges", {"url": outside.url}
    outside.behave = lambda: 503
    failed = await client.post(path, json=body, headers=headers)
    assert (failed.status_code, failed.json()) == (202, "in progress")
    outside.behave = lambda: None
    charged = await client.post(path, json=body, headers=headers)
    assert (charged.status_code, charged.json()) == (200, "charged")
    await worker.make_due()
    await worker.drain()
    assert sorted(await worker.list_notes()) == ["charge 1", "charge 2", "receipt", "receipt"]
    assert len(outside.charges) == 2
