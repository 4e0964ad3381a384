"""Durable consumers: an event's effect happens once, and a poisonous event ends in the dead letters.

The inbox row ``(council, consumer, event_id)`` commits with the effect. A batch is one transaction; when it
fails, its events are tried one by one, so that only the one at fault is retried, with growing delays, and
after the last try goes to the dead-letter stream with the reason. ``replay`` tries those again.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError
from opentelemetry import trace
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import ARRAY, UUID, insert
from sqlalchemy.sql import bindparam
from sqlalchemy.types import Text

from chassis import ids, streams, tables
from chassis.consumer import Consumer
from chassis.database import Database, Session
from chassis.events import Envelope, unwrap
from chassis.telemetry import linked_span

log = logging.getLogger(__name__)

_BATCH = 500
_WAIT = 5.0  # seconds a pull waits for events
_ACK_WAIT = 60.0  # seconds until the server delivers an unacknowledged event again
_DELAYS = (0.2, 1.0, 5.0, 15.0)  # seconds before each further try; then the dead letters
_FRESH = (
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
class _Letter:
    """An event as it came from NATS."""

    message: Msg
    envelope: Envelope


class Worker:
    """Runs one consumer of one service."""

    def __init__(self, service: str, consumer: Consumer, database: Database, client: Client) -> None:
        self.consumer = consumer
        self.durable = f"{service}-{consumer.name}"
        self._dead = streams.DEAD_SUBJECT.format(service=service, consumer=consumer.name)
        self._database = database
        self._client = client
        self._js = streams.jetstream(client)

    async def run(self) -> None:
        """Consume for ever. Raises when NATS is lost for good; call it again."""
        await streams.ensure(self._client, self.consumer.capability)
        config = ConsumerConfig(
            durable_name=self.durable,
            filter_subjects=self.consumer.subjects(),
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            ack_wait=_ACK_WAIT,
            max_ack_pending=_BATCH * 4,
        )
        stream = streams.stream_name(self.consumer.capability)
        await self._js.add_consumer(stream, config)
        pull = await self._js.pull_subscribe_bind(consumer=self.durable, stream=stream)
        try:
            while True:
                try:
                    messages = await pull.fetch(_BATCH, timeout=_WAIT)
                except (NatsTimeoutError, TimeoutError):
                    continue
                await self.take(messages)
        finally:  # else the server would hand the next events to a pull nobody waits for
            await pull.unsubscribe()

    async def take(self, messages: Sequence[Msg]) -> None:
        """Take a batch in: together if possible, else one by one."""
        letters = await self._read(messages)
        if not letters:
            return
        try:
            await self._effect([letter.envelope for letter in letters])
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is settled one event at a time
            log.info("%s: batch of %d failed (%r), now one by one", self.durable, len(letters), error)
            for letter in letters:
                await self._alone(letter)
        else:
            for letter in letters:
                await letter.message.ack()

    async def _read(self, messages: Sequence[Msg]) -> list[_Letter]:
        letters = []
        for message in messages:
            try:
                letters.append(_Letter(message, Envelope.model_validate_json(message.data)))
            except ValidationError as error:
                await self._bury(message, f"not an event: {error.errors(include_input=False)[:3]}")
        return letters

    async def _alone(self, letter: _Letter) -> None:
        try:
            await self._effect([letter.envelope])
        except ValidationError as error:
            await self._bury(letter.message, f"does not fit: {error.errors(include_input=False)[:3]}")
        except Exception as error:  # noqa: BLE001 - retried, then buried with the reason
            tries = letter.message.metadata.num_delivered or 1
            log.warning("%s: %s failed, try %d: %r", self.durable, ids.show(letter.envelope.id), tries, error)
            if tries > len(_DELAYS):
                await self._bury(letter.message, repr(error)[:500])
            else:
                await letter.message.nak(delay=_DELAYS[tries - 1])
        else:
            await letter.message.ack()

    async def _effect(self, envelopes: Sequence[Envelope]) -> None:
        """The inbox rows and the effect of those events not taken in before, in one transaction."""
        async with self._database.writing() as session:
            if self._database.rows_secured:
                await session.across_councils()
            fresh = await self._fresh(session, envelopes)
            for kind, run in groupby(fresh, key=lambda envelope: envelope.type):
                handler = self.consumer.handlers.get(kind)
                if handler is not None:
                    batch = list(run)
                    with linked_span(f"process {kind}", [envelope.traceparent for envelope in batch]):
                        await handler.handle(session, [unwrap(envelope, handler.view) for envelope in batch])

    async def _fresh(self, session: Session, envelopes: Sequence[Envelope]) -> list[Envelope]:
        by_id = {envelope.id: envelope for envelope in envelopes}
        rows = await session.all(
            _FRESH,
            {
                "councils": [envelope.council for envelope in by_id.values()],
                "consumer": self.consumer.name,
                "event_ids": list(by_id),
            },
        )
        unseen = {row.event_id for row in rows}
        return [envelope for event_id, envelope in by_id.items() if event_id in unseen]

    async def _bury(self, message: Msg, reason: str) -> None:
        """To the dead letters, with the reason, then out of the stream's hands."""
        place = message.metadata.sequence.stream
        log.error("%s: event %s to the dead letters: %s", self.durable, place, reason)
        span = trace.get_current_span()
        span.add_event("dead letter", {"reason": reason})
        headers = {
            "Nats-Msg-Id": f"{self.durable}:{message.metadata.stream}:{place}",
            "Townhall-Subject": message.subject,
            "Townhall-Reason": reason.replace("\n", " "),
        }
        await self._js.publish(self._dead, message.data, headers=headers)
        await message.term()

    async def replay(self) -> tuple[int, int]:
        """Try this consumer's dead letters again; those that succeed leave. Answers (done, still dead)."""
        await streams.ensure_dead_letters(self._client)
        done = left = 0
        last = 0
        while (found := await self._next_dead(last)) is not None:
            last, body = found
            try:
                await self._effect([Envelope.model_validate_json(body)])
            except Exception:
                left += 1
                log.exception("dead letter %d fails again; it stays", last)
            else:
                done += 1
                await self._js.delete_msg(streams.DEAD, last)
        return done, left

    async def _next_dead(self, after: int) -> tuple[int, bytes] | None:
        try:
            message = await self._js.get_msg(streams.DEAD, seq=after + 1, subject=self._dead, next=True)
        except NotFoundError:
            return None
        return message.seq or 0, message.data or b""
