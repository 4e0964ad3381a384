"""Kills each process in turn while payments are made: no penny is lost, and none moves twice."""

import asyncio
import collections
import itertools
import json
import os
import random
import time
from contextlib import contextmanager

import asyncpg
import httpx
import pytest

from chassis import ids
from dev import background
from dev.ports import Ports
from dev.stack import Stack, admin_url
from tests.conftest import Platform
from tests.faults.payment_checks import ACCOUNT, check
from tests.faults.payment_client import PaymentClient, Record
from tests.waiting import eventually

pytestmark = pytest.mark.long

PROCESSES = ("payments", "payments-worker", "postgres", "nats", "card-processor")
KILLS = int(os.environ.get("TEST_KILLS", "5"))
TIMES = int(os.environ.get("TEST_KILLS_OF_POINT", "0"))
CALLERS = {"authorise": "payments", "capture": "payments-worker", "refund": "payments"}
# The processor has the request and has done nothing; it has done what was asked, and nobody knows.
MOMENTS = ("slow", "timeout-after-accept")
SECONDS = 2  # for which the processor is silent then
PAUSE = 16.0  # seconds between two kills of a process: the supervisor gives up what ends five times in 60
CLIENTS = 4  # a kill leaves some of them waiting until the worker takes over, 30 seconds later
MOST_WAIT = 0.5  # seconds of traffic after all is well again


def list_kills(operation):
    """List what is killed when: at each point of a call to the processor, or no matter when without one."""
    if operation is None:
        return [(PROCESSES[number % len(PROCESSES)], None) for number in range(KILLS)]
    caller = CALLERS[operation]
    return take_turns([(name, moment) for moment in MOMENTS for name in (caller, "postgres", "nats")] * TIMES)


def take_turns(kills):
    """Order kills so that the processes take turns."""
    by_process = collections.defaultdict(list)
    for kill in kills:
        by_process[kill[0]].append(kill)
    rounds = itertools.zip_longest(*by_process.values())
    return [kill for turn in rounds for kill in turn if kill is not None]


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    """A platform of its own: others are not to find one whose processes are killed all the time."""
    with background.running(tmp_path_factory.mktemp("killed")) as stack:
        yield Platform(stack.folder, stack.ports.base, json.loads(stack.sandbox.read_text()))


@pytest.fixture
def record(platform):
    """Payments are made while the test runs."""
    record = Record()
    names = [f"kills-{random.getrandbits(32):x}-{number}" for number in range(CLIENTS)]
    clients = [PaymentClient(platform.url("payments"), platform.key(), record, name) for name in names]
    for client in clients:
        client.start()
    record.clients = clients
    yield record
    for client in clients:
        client.stopping.set()
    for client in clients:
        client.join(20)


def count_seconds():
    """Count the seconds that the kills of one run may take: a payment ends between any two."""
    return 300 + 30 * max(KILLS, len(MOMENTS) * 3 * TIMES)


@pytest.mark.timeout(count_seconds())
@pytest.mark.parametrize("operation", [None, *(CALLERS if TIMES else ())])
def test_kills_at_any_moment_and_at_each_point_lose_no_penny_and_move_none_twice(platform, record, operation):
    eventually(lambda: record.journeys >= CLIENTS, within=60)
    killed, latest = collections.Counter(), {}
    for name, moment in list_kills(operation):
        time.sleep(max(0.0, latest.get(name, 0.0) + PAUSE - time.monotonic()))
        if moment is not None:
            bring_to(platform, operation, moment)
        latest[name] = time.monotonic()
        kill_and_wait(platform, name)
        killed[name, operation, moment] += 1
        journeys = record.journeys
        # What ended for want of the one that was killed is back too.
        eventually(lambda before=journeys: record.journeys > before, within=60)
        time.sleep(random.uniform(0, MOST_WAIT))
    finish(record)
    report(killed, record)
    asyncio.run(check(platform, record))


def finish(record):
    """Let each client finish the payment that it makes."""
    for client in record.clients:
        client.finishing.set()
    for client in record.clients:
        client.join(120)
        assert not client.is_alive(), "a payment is not finished"
        assert client.error is None, client.error


def report(killed, record):
    """Print how often each was killed where."""
    print(f"\n{record.journeys} payments under {killed.total()} kills; without an answer: {record.failures}")
    for (name, operation, moment), times in sorted(killed.items(), key=str):
        print(f"  {name} {f'in {operation}, {moment}' if operation else 'at any moment'}: {times}")


@contextmanager
def open_processor(platform):
    """Open a client of the processor, for the account that is used."""
    stack = Stack(platform.state, Ports(platform.base))
    headers = {"Authorization": f"Bearer sim_{ids.show(asyncio.run(find_account(stack)))}"}
    url = f"http://localhost:{stack.ports.of('card-processor')}"
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=30) as processor:
        yield processor


async def find_account(stack):
    """Find the id of the account that is used."""
    connection = await asyncpg.connect(admin_url(stack), database="payments")
    try:
        return await connection.fetchval(ACCOUNT)
    finally:
        await connection.close()


def bring_to(platform, operation, moment):
    """Wait until the processor is silent in the middle of an operation."""
    with open_processor(platform) as processor:
        fault = {"operation": operation, "fault": moment, "seconds": SECONDS}
        processor.post("/control/faults", json=fault).raise_for_status()
        eventually(lambda: not processor.get("/control").raise_for_status().json()["faults"], within=60)


def kill_and_wait(platform, name):
    """Kill a process -9; return when the supervisor has started it again."""
    before = platform.processes()[name]
    before.kill()

    def is_back():
        now = platform.processes().get(name)
        return now is not None and now.pid != before.pid

    eventually(is_back, within=30)
