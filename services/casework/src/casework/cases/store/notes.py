"""Statements of notes and correspondence of cases."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import insert

from casework.cases.tables import case_note
from chassis import clock, ids
from chassis.database import Session

_ADD = insert(case_note)


async def add_note(
    session: Session,
    council: str,
    case_id: UUID,
    author: Mapping[str, str],
    text: str,
    direction: str | None = None,
    *,
    for_person: bool = False,
) -> UUID:
    """Write a note; with a direction, correspondence that came in or went out.

    ``for_person``: whom the case is about reads it as theirs.
    """
    row = {
        "council": council,
        "id": ids.new(),
        "case_id": case_id,
        "kind": "note" if direction is None else "correspondence",
        "direction": direction,
        "text": text,
        "author": dict(author),
        "at": clock.now(),
        "for_person": for_person,
    }
    await session.execute(_ADD, row)
    return UUID(str(row["id"]))
