"""A consumer that catches up: mapping's own, on a backlog of address's events, beside another's load."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import uvloop
from nats.aio.client import Client

from bench.figures import Figure
from bench.gazetteer import PASSWORD
from chassis import ids
from chassis.broker.connection import BrokerClient, connect, jetstream
from chassis.broker.topology import read_contract
from chassis.delivery.runner import ConsumerRunner
from chassis.migrations import migrate
from chassis.provision import provision
from dev.broker import CONTRACT, running
from mapping.app import service as mapping

BACKLOG = 20_000
ROUNDS = 3
_BATCH = 500
_SUBJECT = "townhall.citytown.address.property.changed"
_ENVELOPE = (
    '{"specversion":"1.0","id":"%s","source":"urn:townhall:address","type":"address.property.changed.v1",'
    '"subject":"%d","time":"2026-01-01T00:00:00Z","datacontenttype":"application/json",'
    '"council":"citytown","sequence":2,"data":{"uprn":"%d","changed":["easting","northing"],'
    '"easting":375145.97,"northing":164685.43,"postcode":"BA1 1ND"}}'
)
_LOAD = "CREATE TEMPORARY TABLE load AS SELECT n, md5(n::text) FROM generate_series(1, 50000000) AS n"


async def measure(folder: Path, admin_url: str, other_url: str) -> list[Figure]:
    """Measure events per second of the consumer and of a client that only fetches and acknowledges."""
    return await asyncio.to_thread(uvloop.run, _measure(folder, admin_url, other_url))  # as the worker runs


async def _measure(folder: Path, admin_url: str, other_url: str) -> list[Figure]:
    database_url = await _create_database(admin_url)
    with running(folder / "nats-consumers", read_contract(CONTRACT)) as broker:
        owner = await connect(broker.access("owner"), "bench")
        client = await connect(broker.access("mapping"), "bench")
        await _publish(owner)
        rate = max([await _consume(client, owner, database_url) for _ in range(ROUNDS)])
        async with _loading(other_url):
            loaded_rate = max([await _consume(client, owner, database_url) for _ in range(ROUNDS)])
        limit = max([await _fetch(owner) for _ in range(ROUNDS)])
        await client.close()
        await owner.close()
    return [
        Figure("mapping's consumer, from a backlog of 20,000", rate, "events/s", least=4_000),
        Figure("the same while another service loads", loaded_rate, "events/s", least=4_000),
        Figure("fetching and acknowledging alone", limit, "events/s"),
        Figure("consumer / fetching and acknowledging alone", rate / limit, "x"),
    ]


async def _create_database(admin_url: str) -> str:
    await provision(admin_url, "mapping", owner_password=PASSWORD, password=PASSWORD)
    server = admin_url.rpartition("@")[2].partition("/")[0]
    await migrate("mapping", f"postgresql://mapping_owner:{PASSWORD}@{server}/mapping")
    return f"postgresql://mapping:{PASSWORD}@{server}/mapping"


async def _publish(client: Client) -> None:
    js = jetstream(client)
    for start in range(0, BACKLOG, _BATCH):
        bodies = [
            _ENVELOPE % (ids.show(ids.new()), 900_000_000_000 + number, 900_000_000_000 + number)
            for number in range(start, start + _BATCH)
        ]
        await asyncio.gather(*(js.publish(_SUBJECT, body.encode()) for body in bodies))


async def _consume(client: BrokerClient, owner: Client, database_url: str) -> float:
    """Start with nothing read and no inbox, and wait until nothing is left."""
    consumer = mapping.consumers[0]
    database = mapping.database(mapping.settings(database_url=database_url))
    runner = ConsumerRunner("mapping", consumer, database, client)
    await _rewind(owner, runner.durable)
    connection = await asyncpg.connect(database_url)
    await connection.execute("DELETE FROM inbox")
    await connection.execute("DELETE FROM property_point")
    start = time.perf_counter()
    task = asyncio.create_task(runner.run())
    while await connection.fetchval("SELECT count(*) FROM inbox") < BACKLOG:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    seconds = time.perf_counter() - start
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await connection.close()
    await database.close()
    return BACKLOG / seconds


async def _rewind(owner: Client, durable: str) -> None:
    """Let the durable deliver the stream from its beginning."""
    body = b'{"seq": 1}'
    answer = await owner.request(f"$JS.API.CONSUMER.RESET.ADDRESS.{durable}", body, timeout=5)
    if b'"error"' in answer.data:
        raise RuntimeError(answer.data.decode())


@asynccontextmanager
async def _loading(database_url: str) -> AsyncIterator[None]:
    """Run one large transaction in another service's database meanwhile."""
    connection = await asyncpg.connect(database_url)
    load = asyncio.create_task(connection.execute(_LOAD))
    try:
        yield
        if load.done():
            raise RuntimeError("the load ended before the measurement did")
    finally:
        connection.terminate()
        load.cancel()
        with suppress(asyncio.CancelledError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await load


async def _fetch(owner: Client) -> float:
    await _rewind(owner, "mapping-properties")
    pull = await jetstream(owner).pull_subscribe_bind(consumer="mapping-properties", stream="ADDRESS")
    start = time.perf_counter()
    for _ in range(BACKLOG // _BATCH):
        for message in await pull.fetch(_BATCH, timeout=5):
            await message.ack()
    await owner.flush()
    seconds = time.perf_counter() - start
    await pull.unsubscribe()
    return BACKLOG / seconds
