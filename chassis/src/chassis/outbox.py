"""The transactional outbox: an event is a row in its cause's transaction; ``chassis.relay`` takes it on."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert

from chassis import tables
from chassis.database import Session
from chassis.events import EventData, wrap

_INSERT = insert(tables.outbox)
_LARGEST = 500_000  # bytes of an envelope; NATS takes a million, and one too large would hold all others up


async def add(session: Session, data: EventData, *, council: str, subject: str, sequence: int) -> None:
    """Publish an event when this transaction commits.

    ``subject`` is the aggregate's id, ``sequence`` its version: call it after the aggregate's row is
    written, so that events of one aggregate stand in the order of its changes. Raises ValueError for an
    event over 500,000 bytes.
    """
    await session.execute(_INSERT, _row(data, council, subject, sequence))


async def add_all(
    session: Session, events: Sequence[tuple[str, EventData]], *, council: str, sequence: int
) -> None:
    """The same of many, each with its subject, with one statement."""
    if events:
        rows = [_row(data, council, subject, sequence) for subject, data in events]
        await session.execute(_INSERT, rows)


def _row(data: EventData, council: str, subject: str, sequence: int) -> dict[str, Any]:
    source = f"urn:townhall:{data.capability()}"
    envelope = wrap(data, source=source, council=council, subject=subject, sequence=sequence)
    body = envelope.model_dump_json(exclude_none=True)
    if len(body) > _LARGEST:
        raise ValueError(f"{data.event_type} is {len(body)} characters; an event is thin")
    return {
        "council": council,
        "event_id": envelope.id,
        "nats_subject": data.nats_subject(council),
        "envelope": body,
    }
