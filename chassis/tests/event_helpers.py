"""Write events and read what a stream holds, for tests."""

import json
from contextlib import contextmanager
from types import SimpleNamespace

from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from notes.app import NoteWritten, service

from chassis import council_events, outbox
from chassis.broker.topology import make_topology
from dev.broker import running
from dev.contracts.asyncapi import make_document


@contextmanager
def running_broker(folder):
    """Run a NATS with the account of the notes service."""
    views = [handler.view for handler in council_events.councils.handlers.values()]
    identity = SimpleNamespace(name="identity", publishes=views, keeps_events=True, all_consumers=[])
    with running(folder, make_topology(make_document([identity, service]))) as broker:
        yield broker


async def get_last_sequence(js, stream="NOTES"):
    return (await js.stream_info(stream)).state.last_seq


async def list_events(js, after, stream="NOTES"):
    """List the envelopes in the stream after a message, in its order."""
    config = ConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=after + 1,
        ack_policy=AckPolicy.NONE,
    )
    subscription = await js.pull_subscribe("", stream=stream, config=config)
    envelopes = []
    missing = await get_last_sequence(js, stream) - after
    while missing > len(envelopes):
        try:
            messages = await subscription.fetch(min(1_000, missing - len(envelopes)), timeout=5)
        except NatsTimeoutError as error:
            raise AssertionError(f"{missing} events, {len(envelopes)} read") from error
        envelopes.extend(json.loads(message.data) for message in messages)
    await subscription.unsubscribe()
    return envelopes


async def write_note(database, words, *, subject="s", sequence=1, bulk=False):
    async with database.writing("citytown") as session:
        event = outbox.Event(NoteWritten(text=words), subject, sequence)
        await outbox.add_all(session, [event], council="citytown", bulk=bulk)
