"""Statements that find all that is held of a person, and the exports of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, func, insert, or_, select, update

from casework.attachments.tables import attachment
from casework.cases.tables import case_contact, case_entry, case_note, case_personal, case_record
from casework.disclosure.tables import person_export
from chassis.batches import delete_batch
from chassis.database import ReadSession, Session

_CASE, _CONTACT, _EXPORT = case_record.c, case_contact.c, person_export.c
_IS_THEIRS = or_(
    _CASE.person == bindparam("person"),
    func.lower(_CONTACT.email) == func.lower(bindparam("email")),
    _CONTACT.phone == bindparam("phone"),
)
_CASES = (
    select(
        *(_CASE.id, _CASE.reference, _CASE.code, _CASE.type_version, _CASE.state, _CASE.result),
        *(_CASE.opened_at, _CASE.closed_at, _CASE.engine, _CASE.restricted, _CASE.person, _CASE.uprn),
        case_personal.c.fields.label("personal"),
        *(_CONTACT.email, _CONTACT.phone, _CONTACT.language),
        func.coalesce(_IS_THEIRS, False).label("is_theirs"),
    )
    .outerjoin(
        case_personal, and_(case_personal.c.council == _CASE.council, case_personal.c.case_id == _CASE.id)
    )
    .outerjoin(case_contact, and_(_CONTACT.council == _CASE.council, _CONTACT.case_id == _CASE.id))
    .where(
        _CASE.council == bindparam("council"),
        _CASE.mode == bindparam("mode"),
        or_(_IS_THEIRS, _CASE.uprn == bindparam("uprn")),
    )
    .order_by(func.coalesce(_IS_THEIRS, False).desc(), _CASE.id)
    .limit(bindparam("fetch"))
)
_ENTRIES = (
    select(case_entry.c.n, case_entry.c.at, case_entry.c.kind, case_entry.c.act, case_entry.c.actor)
    .where(case_entry.c.council == bindparam("council"), case_entry.c.case_id == bindparam("case_id"))
    .order_by(case_entry.c.n)
)
_NOTES = (
    select(case_note.c.at, case_note.c.kind, case_note.c.direction, case_note.c.text)
    .where(case_note.c.council == bindparam("council"), case_note.c.case_id == bindparam("case_id"))
    .order_by(case_note.c.id)
)
_FILES = (
    select(attachment)
    .where(attachment.c.council == bindparam("council"), attachment.c.case_id == bindparam("case_id"))
    .order_by(attachment.c.id)
)
_GET = select(person_export).where(
    _EXPORT.council == bindparam("council"),
    _EXPORT.id == bindparam("export"),
    _EXPORT.expires_at > bindparam("now"),
)
_PURGE = delete_batch(person_export, _EXPORT.expires_at <= bindparam("now")).returning(
    _EXPORT.council, _EXPORT.id
)


async def list_cases(
    session: ReadSession, council: str, mode: str, about: Mapping[str, Any], fetch: int
) -> Sequence[Row[Any]]:
    """List the cases of a person, then others of the property, each with whether it is theirs."""
    params = {name: about.get(name) for name in ("person", "email", "phone", "uprn")}
    return await session.all(_CASES, {"council": council, "mode": mode, "fetch": fetch, **params})


async def list_entries(session: ReadSession, council: str, case_id: UUID) -> Sequence[Row[Any]]:
    """List what was done to a case."""
    return await session.all(_ENTRIES, {"council": council, "case_id": case_id})


async def list_notes(session: ReadSession, council: str, case_id: UUID) -> Sequence[Row[Any]]:
    """List the notes of a case."""
    return await session.all(_NOTES, {"council": council, "case_id": case_id})


async def list_files(session: ReadSession, council: str, case_id: UUID) -> Sequence[Row[Any]]:
    """List the attachments of a case, in whichever state."""
    return await session.all(_FILES, {"council": council, "case_id": case_id})


async def insert_export(session: Session, row: Mapping[str, Any]) -> None:
    """Write an export that is going to be built."""
    await session.execute(insert(person_export), row)


async def find_export(session: ReadSession, council: str, export: UUID, now: datetime) -> Row[Any] | None:
    """Find an export that has not expired."""
    return await session.first(_GET, {"council": council, "export": export, "now": now})


async def finish_export(session: Session, council: str, export: UUID, **values: Any) -> None:
    """Write that an export is ready."""
    statement = update(person_export).where(_EXPORT.council == council, _EXPORT.id == export)
    await session.execute(statement.values(state="ready", **values))


async def purge(session: Session, now: datetime, most: int) -> Sequence[Row[Any]]:
    """Delete exports that have expired."""
    return await session.all(_PURGE, {"now": now, "most": most})
