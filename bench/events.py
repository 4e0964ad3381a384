"""The outbox relay against awaiting each publish, on real PostgreSQL and NATS."""

import asyncio
import time
from pathlib import Path

import asyncpg
from nats.aio.client import Client
from nats.js import JetStreamContext

from bench.report import Figure
from chassis import ids, relay, streams
from dev import nats

EVENTS = 5_000
ROUNDS = 3
_FILL = """INSERT INTO outbox (council, event_id, nats_subject, envelope)
    SELECT 'citytown', gen_random_uuid(), 'townhall.citytown.address.property.changed', $2
    FROM generate_series(1, $1::int) AS n"""
_ENVELOPE = (
    '{"specversion":"1.0","id":"%s","source":"urn:townhall:address","type":"address.property.changed.v1",'
    '"subject":"907900000001","time":"2026-01-01T00:00:00Z","datacontenttype":"application/json",'
    '"council":"citytown","sequence":2,"data":{"uprn":"907900000001","changed":["easting","northing"],'
    '"easting":375145.97,"northing":164685.43,"postcode":"BA1 1ND"}}'
)


async def measure(folder: Path, database_url: str) -> list[Figure]:
    """Events per second of both ways; the best of several rounds."""
    with nats.running(folder / "nats") as server:
        client = await streams.connect(server.url, "bench")
        js = streams.jetstream(client)
        await streams.ensure(client, "address")
        connection = await asyncpg.connect(database_url)
        relayed = max([await _relayed(connection, client) for _ in range(ROUNDS)])
        awaited = max([await _awaited(js) for _ in range(ROUNDS)])
        await connection.close()
        await client.close()
    return [
        Figure("outbox relay", relayed, "events/s"),
        Figure("awaiting each publish", awaited, "events/s"),
        Figure("relay / awaiting each", relayed / awaited, "x", goal=3.0),
    ]


async def _relayed(connection: asyncpg.Connection, client: Client) -> float:
    """From rows in the outbox to an empty outbox: reading, publishing, acknowledgements, deleting."""
    await connection.execute(_FILL, EVENTS, _ENVELOPE % ids.show(ids.new()))
    start = time.perf_counter()
    while await relay.drain(connection, client):
        pass
    return EVENTS / (time.perf_counter() - start)


async def _awaited(js: JetStreamContext) -> float:
    """The limit of the naive way, without a database: publish, wait for the acknowledgement, the next."""
    body = (_ENVELOPE % ids.show(ids.new())).encode()
    start = time.perf_counter()
    for _ in range(EVENTS // 5):
        headers = {"Nats-Msg-Id": ids.show(ids.new())}
        await js.publish("townhall.citytown.address.property.changed", body, headers=headers)
    await asyncio.sleep(0)
    return (EVENTS // 5) / (time.perf_counter() - start)
