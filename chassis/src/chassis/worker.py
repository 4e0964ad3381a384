"""The worker process of a service: it relays the outbox, consumes events and purges old rows. No HTTP.

A service may give it tasks of its own: coroutines that run for ever and end when cancelled. They share the
event loop with the relay, so work that takes the CPU belongs in a process of its own.
"""

import asyncio
import logging
import signal
from contextlib import suppress
from functools import partial

from nats.aio.client import Client
from sqlalchemy import bindparam, delete, func

from chassis import idempotency, relay, revocations, tables, telemetry
from chassis.app import Service
from chassis.broker.connection import access_of, connect
from chassis.consumer import run_forever
from chassis.database import Database
from chassis.deliveries import ConsumerRunner
from chassis.settings import Settings

log = logging.getLogger(__name__)

_PURGE_INTERVAL = 3600.0  # seconds
# Longer than the streams keep events, so that an event delivered again is always recognised.
_INBOX_DAYS = 32
_PURGE_INBOX = delete(tables.inbox).where(
    tables.inbox.c.received_at < func.now() - func.make_interval(0, 0, 0, bindparam("days"))
)


async def run(service: Service, settings: Settings) -> None:
    """Run the worker until SIGTERM or SIGINT. It survives the loss of the database and of NATS."""
    telemetry.start(f"{service.name}-worker", settings)
    stopping = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stopping.set)
    work = asyncio.create_task(_work(service, settings))
    await asyncio.wait([work, asyncio.create_task(stopping.wait())], return_when=asyncio.FIRST_COMPLETED)
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work


async def _work(service: Service, settings: Settings) -> None:
    database = service.database(settings)
    client = await connect(access_of(service.name, settings), f"{service.name}-worker")
    log.info(
        "%s: relaying, and consuming %s", service.name, [consumer.name for consumer in service.all_consumers]
    )
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(run_forever("relay", lambda: _relay(database, client)))
            group.create_task(run_forever("purge", lambda: _purge(database)))
            for name, task in service.tasks.items():
                group.create_task(run_forever(name, partial(task, database, settings)))
            for consumer in service.all_consumers:
                runner = ConsumerRunner(
                    service.name, consumer, database, client, pause_after=settings.pause_after
                )
                group.create_task(run_forever(runner.durable, runner.run))
    finally:
        await client.close()
        await database.close()


async def _relay(database: Database, client: Client) -> None:
    connection = await relay.connect(database)
    try:
        await relay.Relay(connection, client).run()
    finally:
        connection.terminate()


async def _purge(database: Database) -> None:
    """Delete rows that have expired, every hour."""
    while True:
        async with database.writing() as session:
            await idempotency.purge(session)
            await revocations.purge(session)
            await session.execute(_PURGE_INBOX, {"days": _INBOX_DAYS})
        await asyncio.sleep(_PURGE_INTERVAL)
