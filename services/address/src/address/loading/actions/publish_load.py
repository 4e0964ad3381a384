"""What follows a load whichever its file was: the read model, history, events, the record of the load."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from address.events import PropertyCreated, StreetCreated
from address.loading.actions.outcome import File, Outcome
from address.loading.store import announcements, comparison, csv_writes
from chassis import ids
from chassis.database import Session


async def announce(session: Session, named: dict[str, Any]) -> None:
    """History and one event for each touched street and property: 100,000 in a second or so."""
    for statement in (*comparison.STREETS, announcements.STREET_HISTORY, announcements.HISTORY):
        await session.execute(statement, named)
    for statement, event in (
        (announcements.STREETS, StreetCreated),
        (announcements.PROPERTIES, PropertyCreated),
    ):
        subject = event.nats_subject(named["council"]).removesuffix("created")
        await session.execute(statement, {**_numbers(), "council": named["council"], "subject": subject})


def _numbers() -> dict[str, str]:
    """A new id, of which the last 36 bits are left to count with, and the time."""
    base = ids.new().hex[:-9]
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {"id_hex": base, "id_text": ids.show(UUID(hex=base + "0" * 9))[:-7], "time": now}


async def record(session: Session, file: File, outcome: Outcome, rows: int, *, keys: int) -> None:
    """Note the load. ``keys`` is how many of the council's own keys it gave."""
    counts = {"created": outcome.created, "unchanged": outcome.unchanged}
    edition = {"council": file.council, "today": file.today, "created": keys}
    await session.execute(csv_writes.NEXT_EDITION, edition)
    await session.execute(
        csv_writes.RECORD,
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
