"""Settles a batch of events in their order: each takes effect once, waits, or goes to the dead letters."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice, takewhile

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import MsgAlreadyAckdError
from opentelemetry import trace
from pydantic import ValidationError

from chassis import heartbeats
from chassis.broker.streams import ACK_WAIT
from chassis.broker.topology import durable_name
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.delivery import dead_letters, inbox
from chassis.delivery.metrics import EVENTS, PAUSED_SINCE
from chassis.events import Envelope, ForgedEventError
from chassis.failures import Fault, classify, describe
from chassis.grace import finish
from chassis.pause import Pause

log = logging.getLogger(__name__)

BATCH = 500
PAUSE_AFTER = 5
_GRACE = 5.0  # seconds that a transaction may go on after the worker was told to stop
_BEAT = ACK_WAIT / 3  # seconds between messages that the events in hand are in progress
_RETRY_DELAYS = (0.1, 0.5, 2.0)  # seconds before each further try of an event that fails alone


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message of NATS with the event in it, or with the error that it goes to the dead letters for."""

    message: Msg
    envelope: Envelope | None
    error: Exception | None = None


def end_if_cancelled() -> None:
    """Raise CancelledError if this task was cancelled and something on the way has swallowed it.

    ``asyncio.wait_for`` of Python 3.11, which the client of NATS uses, does so when a message comes at the
    same moment. A worker told to stop would work on.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _read(message: Msg) -> Delivery:
    try:
        return Delivery(message, inbox.read_envelope(message.subject, message.data))
    except (ValidationError, ForgedEventError) as error:
        return Delivery(message, None, error)


class Settler:
    """Settles the events of one consumer.

    ``pause_after``: so many events of one type in a row may be buried for the same reason in a handler. Then
    it is rather the handler's fault, a mistake of this version, and the next ones wait.
    """

    def __init__(
        self, service: str, consumer: Consumer, database: Database, client: Client, pause_after: int
    ) -> None:
        self._service = service
        self._consumer = consumer
        self._durable = durable_name(service, consumer.name)
        self.pause = Pause(self._durable, PAUSED_SINCE.labels(self._durable))
        self._database = database
        self._client = client
        self._pause_after = pause_after
        self._tries = 0  # of the first event
        self._failures: dict[str, tuple[str, int]] = {}  # type to reason, and events in a row

    async def settle(self, messages: Sequence[Msg]) -> None:
        """Settle messages. Returns when the last one has taken effect or lies in the dead letters."""
        pending = deque(_read(message) for message in messages)
        beat = asyncio.create_task(self._beat(pending))
        size = len(pending)
        try:
            while pending:
                end_if_cancelled()
                size = await self._step(pending, size)
        finally:
            beat.cancel()

    async def _beat(self, pending: deque[Delivery]) -> None:
        """Tell NATS that the events in hand are in progress, so that it does not deliver them again."""
        while True:
            await asyncio.sleep(_BEAT)
            for delivery in list(pending):
                with suppress(NatsError):  # NATS is away: the inbox knows an event that comes again
                    await delivery.message.in_progress()

    async def _step(self, pending: deque[Delivery], size: int) -> int:
        """Settle the first events, or try to. Returns how many to take in the next step."""
        heartbeats.beat()
        batch = list(takewhile(lambda delivery: delivery.error is None, islice(pending, size)))
        try:
            if batch:
                await finish(self._apply(batch), _GRACE)
            else:
                await self._bury(pending[0])
        except Exception as error:  # noqa: BLE001 - whatever it is, it is judged
            return await self._judge(pending, len(batch), error)
        self.pause.end()
        self._tries = 0
        for _ in range(len(batch) or 1):
            pending.popleft()
        return min(size * 2, BATCH)

    async def _apply(self, batch: Sequence[Delivery]) -> None:
        envelopes = [delivery.envelope for delivery in batch if delivery.envelope]
        processed = await inbox.apply(self._database, self._consumer, envelopes)
        for kind in {envelope.type for envelope in processed}:
            self._failures.pop(kind, None)
        for delivery in batch:
            with suppress(MsgAlreadyAckdError):  # the try before this one failed at a later event
                await delivery.message.ack()
        EVENTS.labels(self._durable, "processed").inc(len(processed))
        EVENTS.labels(self._durable, "repeated").inc(len(batch) - len(processed))

    async def _judge(self, pending: deque[Delivery], size: int, error: Exception) -> int:
        """Decide what follows from a failure of the first ``size`` events; 0 is of burying the first."""
        fault, reason = classify(error), describe(error)
        if fault is Fault.SERVICE or size == 0:
            await self.pause.wait(reason)
            return max(size // 2, 1)  # a smaller transaction may do where a large one takes too long
        if size > 1:
            return size // 2
        if fault is Fault.HANDLER and not await self._give_up(pending[0], reason):
            return 1
        pending[0] = replace(pending[0], error=error)
        return 1

    async def _give_up(self, delivery: Delivery, reason: str) -> bool:
        """Decide whether an event that failed alone goes to the dead letters; wait before its next try."""
        kind = delivery.envelope.type if delivery.envelope else ""
        if self._tries < len(_RETRY_DELAYS):
            log.warning("%s: %s failed, try %d: %s", self._durable, kind, self._tries + 1, reason)
            await asyncio.sleep(_RETRY_DELAYS[self._tries])
            self._tries += 1
            return False
        last_reason, count = self._failures.get(kind, ("", 0))
        count = count if last_reason == reason else 0
        if count >= self._pause_after:
            await self.pause.wait(f"{count} events in a row were buried, the next is kept: {kind}: {reason}")
            return False
        self._failures[kind] = (reason, count + 1)
        return True

    async def _bury(self, delivery: Delivery) -> None:
        """Send an event to the dead letters with the reason, and take it off the consumer."""
        error = delivery.error or ValueError("no reason")
        reason, message = describe(error), delivery.message
        detail = f"{type(error).__name__}: {error}"
        is_new = await dead_letters.bury(
            self._client, self._service, self._consumer.name, message, reason, detail
        )
        log.error(
            "%s: event %d of %s %s the dead letters: %s",
            self._durable,
            message.metadata.sequence.stream,
            message.subject,
            "goes to" if is_new else "was in",
            reason,
        )
        trace.get_current_span().add_event("dead letter", {"reason": reason})
        with suppress(MsgAlreadyAckdError):
            await message.term()
        EVENTS.labels(self._durable, "dead_letter").inc()
