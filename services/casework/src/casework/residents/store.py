"""Statements of a person's own cases, and of the look-up of guests."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, bindparam, func, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from casework.cases.tables import (
    case_access,
    case_contact,
    case_entry,
    case_entry_personal,
    case_note,
    case_record,
    role_holder,
)
from chassis.database import ReadSession

_CASE, _NOTE, _ENTRY = case_record.c, case_note.c, case_entry.c
_MOST_NOTES, _MOST_ENTRIES, _MOST_ACCESSES = 200, 200, 200
_OWN = (
    _CASE.council == bindparam("council"),
    _CASE.mode == bindparam("mode"),
    _CASE.person == bindparam("person"),
    _CASE.restricted.is_(None),
)
_VERSIONS = select(_CASE.type_version).where(*_OWN).distinct()
_LIST = (
    select(case_record)
    .where(*_OWN, _CASE.type_version.in_(bindparam("versions", expanding=True)))
    .order_by(_CASE.id.desc())
    .limit(bindparam("fetch"))
)
_FIND = select(_CASE.id).where(*_OWN, _CASE.reference == bindparam("reference"))
_NOTES = (
    select(_NOTE.id, _NOTE.direction, _NOTE.text, _NOTE.author, _NOTE.at)
    .where(
        _NOTE.council == bindparam("council"),
        _NOTE.case_id == bindparam("case_id"),
        _NOTE.for_person.is_(true()),
    )
    .order_by(_NOTE.id.desc())
    .limit(_MOST_NOTES)
)
_STATE = _ENTRY.after["state"].astext
_TIMELINE = (
    select(
        *(_ENTRY.kind, _ENTRY.act, _ENTRY.at, _STATE.label("state")),
        _ENTRY.actor["sub"].astext.label("sub"),
        _ENTRY.actor["act"].astext.label("delegate"),
    )
    .where(
        _ENTRY.council == bindparam("council"),
        _ENTRY.case_id == bindparam("case_id"),
        or_(
            _STATE.isnot(None),
            (_ENTRY.kind == "action") & (_ENTRY.act == func.any(bindparam("acts", type_=ARRAY(Text)))),
        ),
    )
    .order_by(_ENTRY.n.desc())
    .limit(_MOST_ENTRIES)
)
_ACCESSES = (
    select(case_access.c.hour, role_holder.c.roles)
    .outerjoin(
        role_holder,
        (role_holder.c.council == case_access.c.council) & (role_holder.c.subject == case_access.c.subject),
    )
    .where(case_access.c.council == bindparam("council"), case_access.c.case_id == bindparam("case_id"))
    .order_by(case_access.c.hour.desc(), case_access.c.id)
    .limit(_MOST_ACCESSES)
)
_LOOK_UP = (
    select(case_record, case_contact.c.email, case_contact.c.phone, case_entry_personal.c.changes)
    .outerjoin(case_contact, (case_contact.c.council == _CASE.council) & (case_contact.c.case_id == _CASE.id))
    .outerjoin(
        case_entry_personal,
        (case_entry_personal.c.council == _CASE.council)
        & (case_entry_personal.c.case_id == _CASE.id)
        & (case_entry_personal.c.n == 1),
    )
    .where(
        _CASE.council == bindparam("council"),
        _CASE.reference == bindparam("reference"),
        _CASE.restricted.is_(None),
    )
)


async def list_versions(session: ReadSession, owner: Mapping[str, str]) -> list[UUID]:
    """List the versions of case types by which somebody's cases run. ``owner``: council, mode, person."""
    return [row.type_version for row in await session.all(_VERSIONS, dict(owner))]


async def list_cases(
    session: ReadSession,
    owner: Mapping[str, str],
    versions: Collection[UUID],
    after: UUID | None,
    fetch: int,
) -> Sequence[Row[Any]]:
    """List somebody's cases of some versions, the last opened first."""
    statement = _LIST.where(true() if after is None else _CASE.id < after)
    return await session.all(statement, {**owner, "versions": list(versions), "fetch": fetch})


async def find_case(session: ReadSession, owner: Mapping[str, str], reference: str) -> UUID | None:
    """Find somebody's case by its reference, without separators."""
    case_id: UUID | None = await session.scalar(_FIND, {**owner, "reference": reference})
    return case_id


async def list_messages(session: ReadSession, council: str, case_id: UUID) -> Sequence[Row[Any]]:
    """List what went to and fro between a person and the council, the latest first."""
    return await session.all(_NOTES, {"council": council, "case_id": case_id})


async def list_timeline(
    session: ReadSession, council: str, case_id: UUID, acts: Collection[str]
) -> Sequence[Row[Any]]:
    """List what moved a case, and any of some acts, the latest first."""
    return await session.all(_TIMELINE, {"council": council, "case_id": case_id, "acts": sorted(acts)})


async def list_accesses(session: ReadSession, council: str, case_id: UUID) -> Sequence[Row[Any]]:
    """List in which hours a case was opened, and the roles that whoever opened it has; the latest first."""
    return await session.all(_ACCESSES, {"council": council, "case_id": case_id})


async def look_up(session: ReadSession, council: str, reference: str) -> Row[Any] | None:
    """Look a case up by its reference, with what its opener is known by; one statement either way."""
    return await session.first(_LOOK_UP, {"council": council, "reference": reference})
