"""Statements that read notes and correspondence of cases."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select, true

from casework.cases.tables import case_note
from chassis.database import ReadSession

_NOTE = case_note.c
_LIST = (
    select(case_note)
    .where(_NOTE.council == bindparam("council"), _NOTE.case_id == bindparam("case_id"))
    .order_by(_NOTE.id)
    .limit(bindparam("fetch"))
)


async def list_notes(
    session: ReadSession, council: str, case_id: UUID, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List a case's notes from the beginning."""
    statement = _LIST.where(true() if after is None else _NOTE.id > after)
    return await session.all(statement, {"council": council, "case_id": case_id, "fetch": fetch})
