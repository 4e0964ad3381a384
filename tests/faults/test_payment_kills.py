"""Kills each process in turn while payments are made: no penny is lost, and none moves twice."""

import asyncio
import collections
import json
import os
import random
import time

import asyncpg
import httpx
import pytest

from chassis import ids
from dev import background
from dev.ports import Ports
from dev.stack import Stack, admin_url
from services.payments.tests.payments.books import check_books, list_expected_events, read_books
from tests.conftest import Platform
from tests.faults.payment_client import PaymentClient, Record
from tests.waiting import eventually

pytestmark = pytest.mark.long

PROCESSES = ("payments", "payments-worker", "postgres", "nats", "card-processor")
CYCLES = int(os.environ.get("TEST_KILLS", "5"))
CLIENTS = 4
MOST_WAIT = 0.5  # seconds of traffic after all is well again
ACCOUNT = "SELECT id FROM gateway_account WHERE council = 'citytown' AND mode = 'sandbox' AND is_default"
CALLS = [f"payments.{name}" for name in ("authorise", "capture", "release", "refund", "follow_refund")]
LEFT = "SELECT (SELECT count(*) FROM job WHERE kind = ANY ($1::text[])) + (SELECT count(*) FROM outbox)"


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


@pytest.mark.timeout(1_800)
def test_kills_at_any_moment_lose_no_penny_and_move_none_twice(platform, record):
    eventually(lambda: record.journeys >= CLIENTS, within=60)
    killed = collections.Counter()
    for cycle in range(CYCLES):
        name = PROCESSES[cycle % len(PROCESSES)]
        kill_and_wait(platform, name)
        killed[name] += 1
        journeys = record.journeys
        # The supervisor gives up what ends five times in a minute, also for want of what was killed just now.
        eventually(lambda before=journeys: record.journeys > before, within=60)
        time.sleep(random.uniform(0, MOST_WAIT))
    for client in record.clients:
        client.finishing.set()
    for client in record.clients:
        client.join(120)
        assert not client.is_alive(), "a payment is not finished"
        assert client.error is None, client.error
    print(f"\n{record.journeys} payments under {killed}, requests without an answer: {record.failures}")
    asyncio.run(check(platform, record))


def kill_and_wait(platform, name):
    """Kill a process -9; return when the supervisor has started it again."""
    before = platform.processes()[name]
    before.kill()

    def is_back():
        now = platform.processes().get(name)
        return now is not None and now.pid != before.pid

    eventually(is_back, within=30)


async def check(platform, record):
    """Check the books and the events when nothing is under way any more."""
    stack = Stack(platform.state, Ports(platform.base))
    connection = await asyncpg.connect(admin_url(stack), database="payments")
    try:
        await wait_for_rest(connection)
        account = await connection.fetchval(ACCOUNT)
        headers = {"Authorization": f"Bearer sim_{ids.show(account)}"}
        url = f"http://localhost:{stack.ports.of('card-processor')}"
        async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=30) as processor:
            books = await read_books(connection, processor, "citytown", account)
    finally:
        await connection.close()
    check_books(books)
    check_effects(books, record)
    check_events(books, await read_events(platform))


async def wait_for_rest(connection):
    """Wait until no call is to be made and every event is published."""
    end = time.monotonic() + 120
    while await connection.fetchval(LEFT, CALLS):
        assert time.monotonic() < end, "something is left to do"
        await asyncio.sleep(0.5)


def check_effects(books, record):
    """Check that each acknowledged key has exactly one payment or refund, and that there are no others."""
    for kind, rows in (("payments", books.payments), ("refunds", books.refunds)):
        acknowledged = getattr(record, kind)
        assert all(len(effects) == 1 for effects in acknowledged.values()), "a key had two effects"
        ours = {payment for effects in record.payments.values() for payment in effects}
        mine = [row for row in rows if ids.show(row["payment" if kind == "refunds" else "id"]) in ours]
        assert len(mine) == len(acknowledged)
    references = collections.Counter(payment["reference"] for payment in books.payments)
    assert all(references[key] == 1 for key in record.payments)


def check_events(books, events):
    """Check that every change of a payment is one event in the stream, in the order of the changes."""
    identities = [event["id"] for event in events]
    assert len(identities) == len(set(identities)), "an event stands in the stream twice"
    by_subject = collections.defaultdict(list)
    for event in events:
        by_subject[event["subject"]].append(event)
    for payment in books.payments:
        mine = by_subject[ids.show(payment["id"])]
        assert [event["type"].split(".")[2] for event in mine] == list_expected_events(books, payment)
        assert [event["sequence"] for event in mine] == sorted({event["sequence"] for event in mine})


async def read_events(platform):
    """Read the stream of payments."""
    client = await platform.connect_to_nats()
    js = client.jetstream()
    count = (await js.stream_info("PAYMENTS")).state.messages
    subscription = await js.subscribe("townhall.*.payments.>", ordered_consumer=True)
    events = [json.loads((await subscription.next_msg(timeout=10)).data) for _ in range(count)]
    await client.close()
    return events
