"""The record of roles, in the audit: who made, changed, gave or took which, and when.

Roles that come with a directory's groups are not recorded here: the directory keeps that record.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import audit, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from identity.staff.schemas.staff import Role, RoleChange
from identity.staff.store import role_changes as store

_NIL = UUID(int=0)
_MEMBERS = {"title", "scopes", "groups"}


async def record_definition(
    session: Session, council: str, caller: Caller, name: str, before: Role | None, after: Role | None
) -> None:
    """Record that a role was made (no ``before``), changed, or removed (no ``after``)."""
    act = "made" if before is None else "removed" if after is None else "changed"
    old, new = (role.model_dump(include=_MEMBERS) if role else {} for role in (before, after))
    changes = audit.compare(old, new)
    await audit.record(session, council, audit.by_staff(caller), act, store.ROLE, name, changes=changes)


async def record_assignment(
    session: Session, council: str, caller: Caller, act: str, staff_id: UUID, name: str
) -> None:
    """Record that a role was ``given`` to a member of staff or ``taken`` from them."""
    changes = {"role": [None, name] if act == "given" else [name, None]}
    member = (store.STAFF, ids.show(staff_id))
    await audit.record(session, council, audit.by_staff(caller), act, *member, changes=changes)


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
    """Convert an entry of the audit to the API's model."""
    entry = row._asdict()
    if row.aggregate == store.ROLE:
        return RoleChange(**entry, role=row.aggregate_id, staff=None)
    [role] = filter(None, entry.pop("changes")["role"])
    return RoleChange(**entry, role=role, staff=row.aggregate_id, changes={})
