"""No order of requests, clicks, faults, deaths and jobs loses a penny or moves one twice."""

import asyncio
import json
from collections import defaultdict
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import run_state_machine_as_test
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from chassis import ids, relay
from chassis.broker.connection import connect, jetstream
from payments.ledger.store import seals
from services.payments.tests.payments.books import list_expected_events
from services.payments.tests.payments.money_machine import MoneyMachine
from services.payments.tests.payments.money_world import COUNCIL

EVENTS = "SELECT envelope FROM outbox ORDER BY id"


@pytest.fixture(scope="module")
def settings(settings):
    """Settings with which a processor that fails is not left alone for a while."""
    return settings.model_copy(update={"outbound_circuit_failures": 1_000})


def run_machine(world, examples, steps):
    """Make what runs the machine, in a thread beside the application's loop."""
    limits = hypothesis_settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        phases=[Phase.generate],  # a race does not come again: nothing to shrink
        suppress_health_check=list(HealthCheck),
    )
    make = partial(MoneyMachine, world, asyncio.get_running_loop())
    return asyncio.to_thread(run_state_machine_as_test, make, settings=limits)


@pytest.mark.parametrize(
    ("examples", "steps"),
    [(3, 15), pytest.param(150, 40, marks=[pytest.mark.long, pytest.mark.timeout(1_200)])],
)
async def test_no_order_of_events_loses_a_penny_or_moves_one_twice(world, examples, steps):
    await run_machine(world, examples, steps)


async def test_in_all_the_ledger_sums_to_zero_and_every_transaction_does(world, database):
    await run_machine(world, 1, 10)
    wrong = "SELECT transaction FROM posting GROUP BY transaction HAVING sum(amount) <> 0"
    assert await world.connection.fetch(wrong) == []
    async with database.reading(COUNCIL) as session:
        balances = await seals.list_balances(session, COUNCIL, "sandbox")
    assert balances
    assert sum(row.balance for row in balances) == 0


async def test_every_committed_event_is_published_once_in_the_order_of_its_payment(world, database, broker):
    await run_machine(world, 2, 10)
    committed = [json.loads(row["envelope"])["id"] for row in await world.connection.fetch(EVENTS)]
    published = await publish(database, broker)
    assert [event["id"] for event in published] == committed
    by_subject = defaultdict(list)
    for event in published:
        by_subject[event["subject"]].append(event)
    for events in by_subject.values():
        sequences = [event["sequence"] for event in events]
        assert sequences == sorted(set(sequences))
    for books in world.closed:
        for payment in books.payments:
            types = [event["type"].split(".")[2] for event in by_subject[ids.show(payment["id"])]]
            assert types == list_expected_events(books, payment)


async def publish(database, broker):
    """Let the relay publish all that is committed; return what the stream got."""
    connection = await relay.connect(database)
    client, owner = (
        await connect(broker.access("payments"), "test"),
        await connect(broker.access("owner"), "test"),
    )
    try:
        js = jetstream(owner)
        before = (await js.stream_info("PAYMENTS")).state.last_seq
        publisher = relay.Relay(connection, client)
        while await publisher.drain():
            pass
        return await read_stream(js, before)
    finally:
        await connection.close()
        await client.close()
        await owner.close()


async def read_stream(js, after):
    """Read the envelopes in the stream of payments after a message."""
    missing = (await js.stream_info("PAYMENTS")).state.last_seq - after
    config = ConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=after + 1, ack_policy=AckPolicy.NONE
    )
    subscription = await js.pull_subscribe("", stream="PAYMENTS", config=config)
    envelopes = []
    while len(envelopes) < missing:
        messages = await subscription.fetch(min(500, missing - len(envelopes)), timeout=5)
        envelopes += [json.loads(message.data) for message in messages]
    await subscription.unsubscribe()
    return envelopes
