"""Publish a load of any format: history, events and the record of the load."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from address.events import PropertyCreated, StreetCreated
from address.loading.actions.outcome import LoadFile, LoadOutcome
from address.loading.store import announcements, comparison, csv_writes
from chassis import ids
from chassis.database import Session


async def publish_changes(session: Session, params: dict[str, Any]) -> None:
    """Write history and an event for each touched street and property: about 100,000 a second."""
    for statement in (
        *comparison.COMPARE_STREETS,
        announcements.INSERT_STREET_HISTORY,
        announcements.INSERT_HISTORY,
    ):
        await session.execute(statement, params)
    for statement, event in (
        (announcements.INSERT_STREET_EVENTS, StreetCreated),
        (announcements.INSERT_PROPERTY_EVENTS, PropertyCreated),
    ):
        subject = event.nats_subject(params["council"]).removesuffix("created")
        await session.execute(
            statement, {**_event_params(), "council": params["council"], "subject": subject}
        )


def _event_params() -> dict[str, str]:
    """Return the prefix of new event ids, whose last 36 bits count the events, and the time."""
    base = ids.new().hex[:-9]
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {"id_hex": base, "id_text": ids.show(UUID(hex=base + "0" * 9))[:-7], "time": now}


async def record_load(
    session: Session, file: LoadFile, outcome: LoadOutcome, rows: int, *, keys: int
) -> None:
    """Record the load. ``keys``: how many of the council's record keys it took."""
    counts = {"created": outcome.created, "unchanged": outcome.unchanged}
    edition = {"council": file.council, "today": file.today, "created": keys}
    await session.execute(csv_writes.INCREMENT_EDITION, edition)
    await session.execute(
        csv_writes.INSERT_LOAD,
        {
            "council": file.council,
            "id": outcome.load,
            "file": file.name[:200],
            "sha256": file.facts.sha256,
            "rows": rows,
            "changed": outcome.changed + outcome.retired,
            **counts,
        },
    )
