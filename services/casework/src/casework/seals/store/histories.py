"""Statements that read every history of a council, and what is left of those that were erased."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from casework.cases.tables import case_entry, case_entry_personal, case_record
from casework.retention.tables import case_tombstone
from chassis.database import ReadSession
from chassis.tables import ID

_CASE, _ENTRY, _TOMBSTONE = case_record.c, case_entry.c, case_tombstone.c
_CASES = (
    select(_CASE.id, _CASE.version, _CASE.engine, _CASE.team, _CASE.assignee)
    .where(_CASE.council == bindparam("council"), _CASE.id > bindparam("after"))
    .order_by(_CASE.id)
    .limit(bindparam("fetch"))
)
_ENTRIES = (
    select(case_entry, case_entry_personal.c.changes, case_entry_personal.c.salt)
    .outerjoin(
        case_entry_personal,
        (case_entry_personal.c.council == _ENTRY.council)
        & (case_entry_personal.c.case_id == _ENTRY.case_id)
        & (case_entry_personal.c.n == _ENTRY.n),
    )
    .where(
        _ENTRY.council == bindparam("council"), _ENTRY.case_id == any_(bindparam("cases", type_=ARRAY(ID)))
    )
    .order_by(_ENTRY.case_id, _ENTRY.n)
)
_TOMBSTONES = (
    select(case_tombstone)
    .where(_TOMBSTONE.council == bindparam("council"), _TOMBSTONE.case_id > bindparam("after"))
    .order_by(_TOMBSTONE.case_id)
    .limit(bindparam("fetch"))
)


async def list_cases(session: ReadSession, council: str, after: UUID, fetch: int) -> Sequence[Row[Any]]:
    """List cases of both modes, by id."""
    return await session.all(_CASES, {"council": council, "after": after, "fetch": fetch})


async def list_entries(session: ReadSession, council: str, cases: Sequence[UUID]) -> Sequence[Row[Any]]:
    """List the histories of cases, by case and number, with what of them is personal."""
    return await session.all(_ENTRIES, {"council": council, "cases": list(cases)})


async def list_tombstones(session: ReadSession, council: str, after: UUID, fetch: int) -> Sequence[Row[Any]]:
    """List what is left of cases, by id."""
    return await session.all(_TOMBSTONES, {"council": council, "after": after, "fetch": fetch})
