"""The record of roles: who made or changed one, who gave or took it, when. The database lets none be altered.

What a directory's groups give or take is not here: the directory keeps that record, and a role names the
groups that have it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from identity.staff.schemas.staff import Role, RoleChange
from identity.staff.store import role_changes as store

_NIL = UUID(int=0)
_MEMBERS = ("title", "scopes", "groups")


async def defined(
    session: Session, council: str, caller: Caller, name: str, before: Role | None, after: Role | None
) -> None:
    """A role was made (no ``before``), changed, or removed (no ``after``)."""
    act = "made" if before is None else "removed" if after is None else "changed"
    pairs = {member: [getattr(one, member, None) for one in (before, after)] for member in _MEMBERS}
    changes = {member: pair for member, pair in pairs.items() if pair[0] != pair[1]}
    await _add(session, council, caller, act, name, None, changes)


async def moved(session: Session, council: str, caller: Caller, act: str, staff_id: UUID, name: str) -> None:
    """A role was ``given`` to somebody or ``taken`` from him."""
    await _add(session, council, caller, act, name, staff_id, {})


async def _add(
    session: Session,
    council: str,
    caller: Caller,
    act: str,
    name: str,
    staff_id: UUID | None,
    changes: dict[str, Any],
) -> None:
    values = {"id": ids.new(), "act": act, "role": name, "staff": staff_id, "actor": caller.subject}
    await store.add(session, council, {**values, "changes": changes, "at": datetime.now(UTC)})


async def page(
    session: ReadSession,
    council: str,
    staff_id: UUID | None,
    role: str | None,
    after: UUID | None,
    fetch: int,
) -> Sequence[Row[Any]]:
    """What was done, oldest first; of one member of staff or one role, if named."""
    return await store.page(session, council, staff_id, role, after or _NIL, fetch)


def show(row: Row[Any]) -> RoleChange:
    """A row as the API lists it."""
    return RoleChange.model_validate(row, from_attributes=True)
