"""The outbox relay, against waiting for each acknowledgement, on real PostgreSQL and NATS."""

import asyncio
import time
from pathlib import Path

import asyncpg
from nats.aio.client import Client
from nats.js import JetStreamContext

from bench import lanes
from bench.figures import Figure
from chassis import ids
from chassis.broker.connection import connect, jetstream
from chassis.broker.topology import read_contract
from chassis.relay import Relay
from dev.broker import CONTRACT, running

EVENTS = 5_000
ROUNDS = 3
_FILL = """INSERT INTO outbox (council, ordering_key, event_id, nats_subject, envelope)
    SELECT 'citytown', 'citytown.address.property.' || n, gen_random_uuid(),
        'townhall.citytown.address.property.changed', $2
    FROM generate_series(1, $1::int) AS n"""
_ENVELOPE = (
    '{"specversion":"1.0","id":"%s","source":"urn:townhall:address","type":"address.property.changed.v1",'
    '"subject":"907900000001","time":"2026-01-01T00:00:00Z","datacontenttype":"application/json",'
    '"council":"citytown","sequence":2,"data":{"uprn":"907900000001","changed":["easting","northing"],'
    '"easting":375145.97,"northing":164685.43,"postcode":"BA1 1ND"}}'
)


async def measure(folder: Path, database_url: str) -> list[Figure]:
    """Measure events per second of both ways; the best of several rounds."""
    with running(folder / "nats", read_contract(CONTRACT)) as broker:
        client = await connect(broker.access("address"), "bench")
        js = jetstream(client)
        connection = await asyncpg.connect(database_url)
        relay_rate = max([await _relay_rate(connection, client) for _ in range(ROUNDS)])
        naive_rate = max([await _naive_rate(js) for _ in range(ROUNDS)])
        await connection.close()
        await client.close()
    return [
        Figure("outbox relay", relay_rate, "events/s"),
        Figure("awaiting each publish", naive_rate, "events/s"),
        Figure("relay / awaiting each", relay_rate / naive_rate, "x", least=3.0),
        *await lanes.measure(folder, database_url, _ENVELOPE % ids.show(ids.new())),
    ]


async def _relay_rate(connection: asyncpg.Connection, client: Client) -> float:
    """Relay a full outbox until it is empty: read, publish, await the acknowledgements, delete."""
    await connection.execute(_FILL, EVENTS, _ENVELOPE % ids.show(ids.new()))
    start = time.perf_counter()
    relay = Relay(connection, client)
    while await relay.drain():
        pass
    return EVENTS / (time.perf_counter() - start)


async def _naive_rate(js: JetStreamContext) -> float:
    """Publish one event after another, and wait for each acknowledgement; without a database."""
    body = (_ENVELOPE % ids.show(ids.new())).encode()
    start = time.perf_counter()
    for _ in range(EVENTS // 5):
        headers = {"Nats-Msg-Id": ids.show(ids.new())}
        await js.publish("townhall.citytown.address.property.changed", body, headers=headers)
    await asyncio.sleep(0)
    return (EVENTS // 5) / (time.perf_counter() - start)
