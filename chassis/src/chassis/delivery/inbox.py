"""The inbox: the row ``(council, consumer, event_id)`` commits with the event's effect: it happens once."""

from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import ARRAY, UUID, insert
from sqlalchemy.sql import bindparam
from sqlalchemy.types import Text

from chassis import tables
from chassis.consumer import Consumer
from chassis.database import Database, Session
from chassis.events import Envelope, unwrap
from chassis.telemetry import linked_span

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


def read_envelope(nats_subject: str, body: bytes) -> Envelope:
    """Read an event as it was delivered. Raises pydantic.ValidationError or ForgedEventError."""
    envelope = Envelope.model_validate_json(body)
    envelope.check_origin(nats_subject)
    return envelope


async def apply(database: Database, consumer: Consumer, envelopes: Sequence[Envelope]) -> Sequence[Envelope]:
    """Write the inbox rows and the effect of events not seen before, in one transaction, in their order.

    Returns the events that took effect now. Raises what a handler, pydantic or the database raises: then
    nothing has happened.
    """
    async with database.writing() as session:
        await session.set_all_councils()
        unseen = await _insert_unseen(session, consumer.name, envelopes)
        handled = [envelope for envelope in unseen if consumer.projection or not envelope.snapshot]
        for kind, run in groupby(handled, key=lambda envelope: envelope.type):
            handler = consumer.handlers.get(kind)
            if handler is not None:
                batch = list(run)
                with linked_span(f"process {kind}", [envelope.traceparent for envelope in batch]):
                    await handler.handle(session, [unwrap(envelope, handler.view) for envelope in batch])
    return unseen


async def _insert_unseen(session: Session, consumer: str, envelopes: Sequence[Envelope]) -> list[Envelope]:
    """Insert the inbox rows and return the events that had none."""
    by_id = {envelope.id: envelope for envelope in envelopes}
    rows = await session.all(
        _INSERT_UNSEEN,
        {
            "councils": [envelope.council for envelope in by_id.values()],
            "consumer": consumer,
            "event_ids": list(by_id),
        },
    )
    unseen = {row.event_id for row in rows}
    return [envelope for event_id, envelope in by_id.items() if event_id in unseen]
