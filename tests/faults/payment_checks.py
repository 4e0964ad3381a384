"""What must be true of a council's books, keys and events when kills are over and nothing is under way."""

import asyncio
import collections
import json
import time

import asyncpg
import httpx

from chassis import ids
from dev.ports import Ports
from dev.stack import Stack, admin_url
from services.payments.tests.payments.books import check_books, list_expected_events, read_books

ACCOUNT = "SELECT id FROM gateway_account WHERE council = 'citytown' AND mode = 'sandbox' AND is_default"
CALLS = [f"payments.{name}" for name in ("authorise", "capture", "release", "refund", "follow_refund")]
LEFT = "SELECT (SELECT count(*) FROM job WHERE kind = ANY ($1::text[])) + (SELECT count(*) FROM outbox)"


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
    check_events(books, await read_events(platform), record)


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


def check_events(books, events, record):
    """Check that every change of our payments is one event in the stream, in the order of the changes.

    Those of the demonstration's closed day are settled, and not ours.
    """
    identities = [event["id"] for event in events]
    assert len(identities) == len(set(identities)), "an event stands in the stream twice"
    by_subject = collections.defaultdict(list)
    for event in events:
        by_subject[event["subject"]].append(event)
    ours = {payment for effects in record.payments.values() for payment in effects}
    for payment in (row for row in books.payments if ids.show(row["id"]) in ours):
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
