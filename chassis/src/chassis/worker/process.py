"""The worker process of a service: it relays the outbox, consumes events and runs jobs.

By HTTP it answers nothing but its health and metrics (``chassis.worker.monitor``).

A service may give it tasks of its own: coroutines that run for ever and end when cancelled. They share the
event loop with the relay, so work that takes the CPU belongs in a process of its own.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nats.aio.client import Client

from chassis import metrics, relay, telemetry
from chassis.app import Service
from chassis.broker.connection import access_of, connect
from chassis.consumer import run_forever
from chassis.database import Database
from chassis.delivery.runner import ConsumerRunner
from chassis.jobs.runner import JobRunner
from chassis.settings import Settings
from chassis.worker import http_port as worker_http
from chassis.worker.monitor import Monitor

log = logging.getLogger(__name__)

_STOP_TIMEOUT = 8.0  # seconds; a consumer finishes a transaction for five


async def run(service: Service, settings: Settings, host: str, port: int) -> None:
    """Run the worker until SIGTERM or SIGINT. It survives the loss of the database and of NATS.

    Raises ListenError if its port is occupied.
    """
    service.check(settings)
    telemetry.start(f"{service.name}-worker", settings)
    stopping = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stopping.set)
    async with _monitored(service, settings, host, port) as monitor:
        work = asyncio.create_task(_work(service, settings, monitor))
        stopped = asyncio.create_task(stopping.wait())
        await asyncio.wait([work, stopped], return_when=asyncio.FIRST_COMPLETED)
        await _stop(work)


async def _stop(work: asyncio.Task[None]) -> None:
    """Cancel the work, and wait for its end for a bounded time. Raises what ended it before, if that did."""
    work.cancel()
    await asyncio.wait([work], timeout=_STOP_TIMEOUT)
    if not work.done():
        log.error("the worker's tasks do not end; it stops without them")
    elif not work.cancelled():
        work.result()


@asynccontextmanager
async def _monitored(service: Service, settings: Settings, host: str, port: int) -> AsyncIterator[Monitor]:
    """Answer the worker's health and metrics while the block runs."""
    monitor = Monitor(service, service.database(settings))
    try:
        async with worker_http.serving(monitor.answer, host, port):
            yield monitor
    finally:
        await monitor.close()


async def _work(service: Service, settings: Settings, monitor: Monitor) -> None:
    database = monitor.database
    client = await connect(access_of(service.name, settings), f"{service.name}-worker")
    monitor.watch(client)
    log.info(
        "%s: relaying, and consuming %s", service.name, [consumer.name for consumer in service.all_consumers]
    )
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(run_forever("relay", lambda: _relay(database, client)))
            group.create_task(run_forever("loop lag", metrics.measure_loop_lag))
            jobs = JobRunner(service.name, service.all_jobs, service.all_schedules, database, settings)
            group.create_task(run_forever("jobs", jobs.run))
            for consumer in service.all_consumers:
                runner = ConsumerRunner(
                    service.name, consumer, database, client, pause_after=settings.pause_after
                )
                group.create_task(run_forever(runner.durable, runner.run))
    finally:
        await client.close()


async def _relay(database: Database, client: Client) -> None:
    connection = await relay.connect(database)
    try:
        await relay.Relay(connection, client).run()
    finally:
        connection.terminate()
