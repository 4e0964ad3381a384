"""Delivers events to consumers: in order, each takes effect once, and an outage waits instead of burying.

A batch is one transaction. When it fails, ``chassis.failures`` says whose fault it is. The service's: the
batch is held and tried again until it succeeds; meanwhile NATS hears that it is in progress, and nothing more
is fetched. Otherwise the batch is halved until the event at fault stands alone. That one is tried again in
place, which keeps the order, and then goes to the dead letters; later events of its aggregate go on.

One worker at a time works for a consumer. It begins by resetting the durable, so that what a dead worker had
in hand comes at once and before later events. It does so again when deliveries were lost on the way.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext

from chassis import heartbeats
from chassis.broker.connection import BrokerClient, jetstream
from chassis.broker.topology import durable_name, stream_name
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.delivery import metrics as consumer_metrics
from chassis.delivery.lock import ConsumerLock
from chassis.delivery.settlement import BATCH, PAUSE_AFTER, Settler, end_if_cancelled
from chassis.failures import Fault, classify, describe

log = logging.getLogger(__name__)

_FETCH_TIMEOUT = 5.0  # seconds a pull waits for events
_LOCK_POLL = 1.0  # seconds between a standby's attempts
_MEASURE_INTERVAL = 15.0  # seconds
_FLUSH_TIMEOUT = 1  # seconds


class ConsumerRunner:
    """Runs one consumer of one service on its durable consumer in NATS."""

    def __init__(
        self,
        service: str,
        consumer: Consumer,
        database: Database,
        client: BrokerClient,
        *,
        pause_after: int = PAUSE_AFTER,
    ) -> None:
        self.consumer = consumer
        self.durable = durable_name(service, consumer.name)
        self._service = service
        self._stream = stream_name(consumer.capability)
        self._database = database
        self._client = client
        self._settler = Settler(service, consumer, database, client, pause_after)
        self._active = consumer_metrics.ACTIVE.labels(self.durable)

    async def run(self) -> None:
        """Process events for ever. While the database or NATS is away, wait for it."""
        while True:
            try:
                async with self._locked() as lock:
                    await self._work(lock)
            except Exception as error:
                if classify(error) is not Fault.SERVICE:
                    raise
                await self._settler.pause.wait(describe(error))

    @asynccontextmanager
    async def _locked(self) -> AsyncIterator[ConsumerLock]:
        """Wait until no other worker works for this consumer."""
        lock = ConsumerLock(self._database, self.durable)
        self._active.set(0)
        try:
            while not await lock.try_take():
                self._settler.pause.end()
                await asyncio.sleep(_LOCK_POLL)
            yield lock
        finally:
            self._active.set(0)
            lock.release()

    async def _work(self, lock: ConsumerLock) -> None:
        measuring = asyncio.create_task(self._measure())
        try:
            while True:
                await self._client.call_consumer("RESET", self._stream, self.durable)
                subscription = await jetstream(self._client).pull_subscribe_bind(
                    consumer=self.durable, stream=self._stream
                )
                self._active.set(1)
                try:
                    await self._deliver(subscription, lock)
                finally:
                    await self._end(subscription)
                log.warning("%s: deliveries were lost on the way; they begin again", self.durable)
        finally:
            measuring.cancel()

    async def _deliver(self, subscription: JetStreamContext.PullSubscription, lock: ConsumerLock) -> None:
        """Process what is delivered, until some is missing between one delivery and the next."""
        last = 0
        while True:
            heartbeats.beat()
            await lock.check()
            if not self._client.is_connected:
                raise NatsError("not connected")
            messages: list[Msg] = []
            with suppress(NatsTimeoutError, TimeoutError):
                messages = await subscription.fetch(BATCH, timeout=_FETCH_TIMEOUT)
            end_if_cancelled()
            self._settler.pause.end()
            if not messages:
                continue
            numbers = [messages[at].metadata.sequence.consumer for at in (0, -1)]
            if numbers != [last + 1, last + len(messages)]:
                return
            last = numbers[1]
            await self._settler.settle(messages)

    async def _end(self, subscription: JetStreamContext.PullSubscription) -> None:
        """Let the server hand no more events to this pull, and send what was acknowledged."""
        with suppress(NatsError, TimeoutError):
            await subscription.unsubscribe()
            await self._client.flush(_FLUSH_TIMEOUT)

    async def _measure(self) -> None:
        while True:
            try:
                await consumer_metrics.measure(self._client, self._service, self._stream, self.durable)
            except (NatsError, TimeoutError) as error:
                log.info("%s: lag cannot be read: %r", self.durable, error)
            await asyncio.sleep(_MEASURE_INTERVAL)
