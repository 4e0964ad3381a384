"""Delivers events to consumers: each takes effect once, and a poisonous one ends in the dead letters.

The inbox row ``(council, consumer, event_id)`` commits with the effect. A batch is one transaction. When it
fails, its events are tried one by one, so that only the one at fault is retried, with growing delays. After
the last try it goes to the dead-letter stream with the reason; ``replay`` tries it again.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.errors import NotFoundError
from opentelemetry import trace
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import ARRAY, UUID, insert
from sqlalchemy.sql import bindparam
from sqlalchemy.types import Text

from chassis import ids, tables
from chassis.broker.connection import jetstream
from chassis.broker.topology import dead_letter_stream, stream_name
from chassis.consumer import Consumer
from chassis.database import Database, Session
from chassis.events import Envelope, unwrap
from chassis.telemetry import linked_span

log = logging.getLogger(__name__)

_BATCH = 500
_FETCH_TIMEOUT = 5.0  # seconds a pull waits for events
_RETRY_DELAYS = (0.2, 1.0, 5.0, 15.0)  # seconds before each further try; then the dead letters
_INSERT_UNSEEN = (
    insert(tables.inbox)
    .from_select(
        ["council", "consumer", "event_id"],
        select(
            func.unnest(bindparam("councils", type_=ARRAY(Text))),
            bindparam("consumer", type_=Text),
            func.unnest(bindparam("event_ids", type_=ARRAY(UUID(as_uuid=True)))),
        ),
    )
    .on_conflict_do_nothing()
    .returning(tables.inbox.c.event_id)
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message of NATS and the event in it."""

    message: Msg
    envelope: Envelope


class ConsumerRunner:
    """Runs one consumer of one service on its durable consumer in NATS."""

    def __init__(self, service: str, consumer: Consumer, database: Database, client: Client) -> None:
        self.consumer = consumer
        self.durable = f"{service}-{consumer.name}"
        self._dead_letter_stream = dead_letter_stream(service)
        self._dead_letter_subject = f"dead.{service}.{consumer.name}"
        self._database = database
        self._client = client
        self._js = jetstream(client)

    async def run(self) -> None:
        """Process events for ever. Raises when NATS is lost for good; call it again."""
        stream = stream_name(self.consumer.capability)
        subscription = await self._js.pull_subscribe_bind(consumer=self.durable, stream=stream)
        try:
            while True:
                try:
                    messages = await subscription.fetch(_BATCH, timeout=_FETCH_TIMEOUT)
                except (NatsTimeoutError, TimeoutError):
                    continue
                await self.process(messages)
        finally:  # else the server would hand the next events to a pull nobody waits for
            await subscription.unsubscribe()

    async def process(self, messages: Sequence[Msg]) -> None:
        """Process a batch: in one transaction if possible, else one by one."""
        deliveries = await self._parse(messages)
        if not deliveries:
            return
        try:
            await self._apply([delivery.envelope for delivery in deliveries])
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is settled one event at a time
            log.info("%s: batch of %d failed (%r), now one by one", self.durable, len(deliveries), error)
            for delivery in deliveries:
                await self.process_one(delivery)
        else:
            for delivery in deliveries:
                await delivery.message.ack()

    async def _parse(self, messages: Sequence[Msg]) -> list[Delivery]:
        """Read the envelopes; a message without one goes to the dead letters."""
        deliveries = []
        for message in messages:
            try:
                deliveries.append(Delivery(message, Envelope.model_validate_json(message.data)))
            except ValidationError as error:
                await self.dead_letter(message, f"not an event: {error.errors(include_input=False)[:3]}")
        return deliveries

    async def process_one(self, delivery: Delivery) -> None:
        """Process one event: acknowledge it, ask for it again later, or send it to the dead letters."""
        message, envelope = delivery.message, delivery.envelope
        try:
            await self._apply([envelope])
        except ValidationError as error:
            await self.dead_letter(message, f"does not fit: {error.errors(include_input=False)[:3]}")
        except Exception as error:  # noqa: BLE001 - retried, then sent to the dead letters with the reason
            tries = message.metadata.num_delivered or 1
            log.warning("%s: %s failed, try %d: %r", self.durable, ids.show(envelope.id), tries, error)
            if tries > len(_RETRY_DELAYS):
                await self.dead_letter(message, repr(error)[:500])
            else:
                await message.nak(delay=_RETRY_DELAYS[tries - 1])
        else:
            await message.ack()

    async def _apply(self, envelopes: Sequence[Envelope]) -> None:
        """Write the inbox rows and the effect of events not seen before, in one transaction."""
        async with self._database.writing() as session:
            if self._database.rows_secured:
                await session.set_all_councils()
            unseen = await self._insert_unseen(session, envelopes)
            for kind, run in groupby(unseen, key=lambda envelope: envelope.type):
                handler = self.consumer.handlers.get(kind)
                if handler is not None:
                    batch = list(run)
                    with linked_span(f"process {kind}", [envelope.traceparent for envelope in batch]):
                        await handler.handle(session, [unwrap(envelope, handler.view) for envelope in batch])

    async def _insert_unseen(self, session: Session, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Insert the inbox rows and return the events that had none."""
        by_id = {envelope.id: envelope for envelope in envelopes}
        rows = await session.all(
            _INSERT_UNSEEN,
            {
                "councils": [envelope.council for envelope in by_id.values()],
                "consumer": self.consumer.name,
                "event_ids": list(by_id),
            },
        )
        unseen = {row.event_id for row in rows}
        return [envelope for event_id, envelope in by_id.items() if event_id in unseen]

    async def dead_letter(self, message: Msg, reason: str) -> None:
        """Send a message to the dead letters with the reason, and take it off the consumer."""
        sequence = message.metadata.sequence.stream
        log.error("%s: event %s to the dead letters: %s", self.durable, sequence, reason)
        trace.get_current_span().add_event("dead letter", {"reason": reason})
        headers = {
            "Nats-Msg-Id": f"{self.durable}:{message.metadata.stream}:{sequence}",
            "Townhall-Subject": message.subject,
            "Townhall-Reason": reason.replace("\n", " "),
        }
        await self._js.publish(self._dead_letter_subject, message.data, headers=headers)
        await message.term()

    async def replay(self) -> tuple[int, int]:
        """Try this consumer's dead letters again; those that succeed leave. Returns (done, still dead)."""
        done = left = 0
        sequence = 0
        while (letter := await self._read_dead_letter(sequence)) is not None:
            sequence, body = letter
            try:
                await self._apply([Envelope.model_validate_json(body)])
            except Exception:
                left += 1
                log.exception("dead letter %d fails again; it stays", sequence)
            else:
                done += 1
                await self._js.delete_msg(self._dead_letter_stream, sequence)
        return done, left

    async def _read_dead_letter(self, after: int) -> tuple[int, bytes] | None:
        """Read this consumer's next dead letter after a sequence number of the stream."""
        try:
            message = await self._js.get_msg(
                self._dead_letter_stream, seq=after + 1, subject=self._dead_letter_subject, next=True
            )
        except NotFoundError:
            return None
        return message.seq or 0, message.data or b""
