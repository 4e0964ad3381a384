"""What follows a load whichever its file was: the read model, history, events, the record of the load."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from address.events import PropertyCreated, StreetCreated
from address.loading.actions.outcome import File, Outcome
from address.loading.store import announcements, comparison, csv_writes
from address.read_model.store import read_model
from address.shared import codelists
from chassis import ids
from chassis.database import Session


async def project(session: Session, council: str, *, fresh: bool) -> None:
    """Write the read model of the touched properties again; ``fresh`` when the gazetteer was empty."""
    asked = {"council": council}
    classes = {**asked, "names": codelists.classifications_json()}
    if fresh:
        await session.execute(read_model.MAKE_FRESH, classes)
        await session.execute(read_model.GROUP_FRESH, asked)
        return
    old = [row.group_id for row in await session.all(comparison.OLD_GROUPS, asked)]
    await session.execute(read_model.FORGET_LOADED, asked)
    await session.execute(read_model.MAKE_LOADED, classes)
    await session.execute(read_model.GROUP_LOADED, asked)
    if old:
        await session.execute(read_model.DROP_GROUPS, {**asked, "groups": old})


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
