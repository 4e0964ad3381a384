"""The relay's lanes: how long a small change waits while a load of the same service drains."""

import asyncio
import time
from contextlib import suppress
from pathlib import Path
from statistics import quantiles

import asyncpg
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import DeliverPolicy

from address.app import service
from bench.figures import Figure
from chassis import ids, relay
from chassis.broker.connection import connect, jetstream
from chassis.broker.topology import read_contract
from chassis.database import Database
from dev.broker import CONTRACT, running

LOAD = 100_000  # events
_PAUSE = 0.02  # seconds between small changes
_WAITS = 500  # for the last of them, at most
_SMALL = "townhall.citytown.address.street.changed"
_FILL = """INSERT INTO outbox (council, ordering_key, bulk, event_id, nats_subject, envelope)
    SELECT 'citytown', 'citytown.address.property.' || n, true, gen_random_uuid(),
        'townhall.citytown.address.property.changed', $2
    FROM generate_series(1, $1::int) AS n"""
_WRITE = """INSERT INTO outbox (council, ordering_key, event_id, nats_subject, envelope)
    VALUES ('citytown', 'citytown.address.street.1', $1, $2, $3)"""
_IS_DRAINED = "SELECT NOT EXISTS (SELECT FROM outbox WHERE bulk)"


async def measure(folder: Path, database_url: str, envelope: str) -> list[Figure]:
    """Measure the latency of small changes from commit to stream, and the rate of the load beside them."""
    database = service.database(service.settings(database_url=database_url))
    with running(folder / "nats-lanes", read_contract(CONTRACT)) as broker:
        client = await connect(broker.access("address"), "bench")
        owner = await connect(broker.access("owner"), "bench")
        # A queue has no good statistics, and a scan of the whole table would cost more than the relay.
        connection = await asyncpg.connect(database_url, server_settings={"enable_seqscan": "off"})
        await connection.execute(_FILL, LOAD, envelope)
        try:
            latencies, seconds = await _drain_beside_changes(database, connection, (client, owner), envelope)
        finally:
            await connection.close()
            await client.close()
            await owner.close()
            await database.close()
    percentiles = quantiles(latencies, n=100)
    return [
        Figure("lanes: events of a load drained", LOAD / seconds, "events/s"),
        Figure("lanes: small change beside it, p50", percentiles[49] * 1000, "ms"),
        Figure("lanes: small change beside it, p99", percentiles[98] * 1000, "ms", most=100),
    ]


async def _drain_beside_changes(
    database: Database, connection: asyncpg.Connection, clients: tuple[Client, Client], envelope: str
) -> tuple[list[float], float]:
    """Relay until the load is drained, with a small change now and then. Return latencies and seconds.

    ``clients``: the service's, which relays, and the owner's, which sees what is stored.
    """
    client, owner = clients
    committed: dict[str, float] = {}
    stored_at: dict[str, float] = {}

    async def receive(message: Msg) -> None:
        stored_at[(message.headers or {})["Nats-Msg-Id"]] = time.perf_counter()

    await jetstream(owner).subscribe(
        _SMALL, cb=receive, ordered_consumer=True, deliver_policy=DeliverPolicy.NEW
    )
    relaying = await relay.connect(database)
    start = time.perf_counter()
    task = asyncio.create_task(relay.Relay(relaying, client).run())
    while not await connection.fetchval(_IS_DRAINED):
        event = ids.new()
        await connection.execute(_WRITE, event, _SMALL, envelope)
        committed[event.hex] = time.perf_counter()
        await asyncio.sleep(_PAUSE)
    seconds = time.perf_counter() - start
    for _ in range(_WAITS):
        if len(stored_at) == len(committed):
            break
        await asyncio.sleep(_PAUSE)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    relaying.terminate()
    return [stored_at[event] - moment for event, moment in committed.items()], seconds
