"""The record of roles: who made, changed, gave or took which, and when. The database keeps it as written.

Roles that come with a directory's groups are not recorded here: the directory keeps that record.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from identity.staff.schemas.staff import Role, RoleChange
from identity.staff.store import role_changes as store

_NIL = UUID(int=0)
_MEMBERS = ("title", "scopes", "groups")


async def record_definition(
    session: Session, council: str, caller: Caller, name: str, before: Role | None, after: Role | None
) -> None:
    """Record that a role was made (no ``before``), changed, or removed (no ``after``)."""
    act = "made" if before is None else "removed" if after is None else "changed"
    pairs = {member: [getattr(role, member, None) for role in (before, after)] for member in _MEMBERS}
    changes = {member: pair for member, pair in pairs.items() if pair[0] != pair[1]}
    await _add(session, council, caller, act, name, None, changes)


async def record_assignment(
    session: Session, council: str, caller: Caller, act: str, staff_id: UUID, name: str
) -> None:
    """Record that a role was ``given`` to a member of staff or ``taken`` from them."""
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
    await store.insert_role_change(session, council, {**values, "changes": changes, "at": clock.now()})


async def list_role_changes(
    session: ReadSession,
    council: str,
    staff_id: UUID | None,
    role: str | None,
    after: UUID | None,
    fetch: int,
) -> Sequence[Row[Any]]:
    """List the record, the oldest first, of one member of staff or one role if named."""
    return await store.list_page(session, council, staff_id, role, after or _NIL, fetch)


def to_role_change(row: Row[Any]) -> RoleChange:
    """Convert a row to the API's model."""
    return RoleChange.model_validate(row, from_attributes=True)
