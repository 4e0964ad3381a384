"""Statements that read every history of a council."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text, tuple_

from casework.cases.tables import case_entry, case_entry_personal, case_record
from chassis.database import ReadSession

_CASE, _ENTRY = case_record.c, case_entry.c
_ENTRIES = (
    select(
        case_entry,
        case_entry_personal.c.changes,
        case_entry_personal.c.salt,
        _CASE.version.label("case_version"),
    )
    .join(case_record, (_CASE.council == _ENTRY.council) & (_CASE.id == _ENTRY.case_id))
    .outerjoin(
        case_entry_personal,
        (case_entry_personal.c.council == _ENTRY.council)
        & (case_entry_personal.c.case_id == _ENTRY.case_id)
        & (case_entry_personal.c.n == _ENTRY.n),
    )
)
_WITHOUT_HISTORY = text("""SELECT c.id FROM case_record c WHERE c.council = :council AND NOT EXISTS
    (SELECT FROM case_entry e WHERE e.council = c.council AND e.case_id = c.id) LIMIT :most""")


async def list_entries(
    session: ReadSession, council: str, after: tuple[UUID, int] | None, fetch: int
) -> Sequence[Row[Any]]:
    """List the entries of all histories, by case and number, each with its case's version."""
    key = tuple_(_ENTRY.case_id, _ENTRY.n)
    statement = _ENTRIES.where(_ENTRY.council == council).order_by(_ENTRY.case_id, _ENTRY.n).limit(fetch)
    return await session.all(statement if after is None else statement.where(key > tuple_(*after)))


async def list_without_history(session: ReadSession, council: str, most: int) -> Sequence[UUID]:
    """List cases that have no history at all."""
    rows = await session.all(_WITHOUT_HISTORY, {"council": council, "most": most})
    return [row.id for row in rows]
