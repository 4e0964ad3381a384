"""Statements that erase cases whole: whichever table refers to a case, its rows go with it."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Delete, Row, Table, any_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from casework.attachments.tables import attachment
from casework.cases.tables import case_entry, case_note, case_record
from casework.retention.tables import case_tombstone
from casework.shared.tables import metadata
from chassis.database import ReadSession, Session
from chassis.tables import ID

_CASE, _ENTRY = case_record.c, case_entry.c
_IDS = bindparam("cases", type_=ARRAY(ID))
_LOCK = (
    select(
        *(_CASE.id, _CASE.reference, _CASE.mode, _CASE.code, _CASE.state, _CASE.person, _CASE.version),
        *(_CASE.closed_at, _CASE.dispose_on),
    )
    .where(_CASE.council == bindparam("council"), _CASE.id == any_(_IDS))
    .order_by(_CASE.id)
    .with_for_update()
)
_ENTRIES = (
    select(case_entry)
    .where(_ENTRY.council == bindparam("council"), _ENTRY.case_id == any_(_IDS))
    .order_by(_ENTRY.case_id, _ENTRY.n)
)
_BLOBS = select(attachment.c.id, attachment.c.copy_id).where(
    attachment.c.council == bindparam("council"), attachment.c.case_id == any_(_IDS)
)
_REMAINING = select(_CASE.reference).where(
    _CASE.council == bindparam("council"),
    _CASE.reference == any_(bindparam("references", type_=ARRAY(_CASE.reference.type))),
)
_NOTES = select(func.count()).where(
    case_note.c.council == bindparam("council"), case_note.c.case_id == bindparam("case_id")
)
_CLOSE_VERSIONS = (
    update(case_record)
    .where(_CASE.council == bindparam("council_"), _CASE.id == any_(_IDS))
    .values(version=_CASE.version + 1)
)
_BURY = insert(case_tombstone)


async def lock_cases(session: Session, council: str, cases: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    """Lock cases until the transaction ends; those that are gone are left out."""
    rows = await session.all(_LOCK, {"council": council, "cases": list(cases)})
    return {row.id: row for row in rows}


async def list_remaining(session: ReadSession, council: str, references: Sequence[str]) -> set[str]:
    """List which references are those of cases that are still there."""
    if not references:
        return set()
    rows = await session.all(_REMAINING, {"council": council, "references": list(references)})
    return {row.reference for row in rows}


async def list_entries(session: ReadSession, council: str, cases: Sequence[UUID]) -> Sequence[Row[Any]]:
    """List the histories of cases, by case and number."""
    return await session.all(_ENTRIES, {"council": council, "cases": list(cases)})


async def count_notes(session: ReadSession, council: str, case_id: UUID) -> int:
    """Count the notes of a case: they are no part of its version."""
    return int(await session.scalar(_NOTES, {"council": council, "case_id": case_id}))


async def list_blobs(session: ReadSession, council: str, cases: Sequence[UUID]) -> list[UUID]:
    """List the blobs of cases."""
    rows = await session.all(_BLOBS, {"council": council, "cases": list(cases)})
    return [blob for row in rows for blob in (row.id, row.copy_id)]


async def bury(session: Session, tombstones: Sequence[Mapping[str, Any]]) -> None:
    """Write what is left of cases."""
    await session.execute(_BURY, tombstones)


async def close_versions(session: Session, council: str, cases: Sequence[UUID]) -> None:
    """Give locked cases their last version: that of the event which says that they go."""
    await session.execute(_CLOSE_VERSIONS, {"council_": council, "cases": list(cases)})


async def delete_cases(session: Session, council: str, cases: Sequence[UUID]) -> None:
    """Delete cases, and the rows of every table that refer to them. Their tombstones are written before."""
    for statement in list_deletions():
        await session.execute(statement, {"council": council, "cases": list(cases)})


@cache
def list_deletions() -> tuple[Delete, ...]:
    """List what deletes cases: rows that refer to others before those."""
    columns = find_case_columns()
    tables = [table for table in reversed(metadata.sorted_tables) if table in columns]
    conditions = [
        (table, or_(*(column == any_(_IDS) for column in columns[table])))
        for table in tables
        if table is not case_record
    ]
    deletions = [
        delete(table).where(table.c.council == bindparam("council"), where) for table, where in conditions
    ]
    whole = delete(case_record).where(_CASE.council == bindparam("council"), _CASE.id == any_(_IDS))
    return (*deletions, whole)


def find_case_columns() -> Mapping[Table, Sequence[Column[Any]]]:
    """Find the columns of every table that hold a case's id, by their foreign keys."""
    columns: dict[Table, list[Column[Any]]] = {case_record: [_CASE.id]}
    while True:
        additions = [
            (table, element.parent)
            for table in metadata.sorted_tables
            for key in table.foreign_key_constraints
            for element in key.elements
            if element.column in columns.get(element.column.table, [])
            and element.parent not in columns.get(table, [])
        ]
        if not additions:
            return columns
        for table, column in additions:
            columns.setdefault(table, []).append(column)
