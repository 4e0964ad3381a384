"""SQL of the record of roles: who made, changed, gave or took which, and when."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, or_, select

from chassis.database import ReadSession, Session
from identity.staff.tables import role_change

_ADD = insert(role_change)
_STAFF = bindparam("staff_", type_=role_change.c.staff.type)
_ROLE = bindparam("role_", type_=role_change.c.role.type)
_PAGE = (
    select(role_change)
    .where(
        role_change.c.council == bindparam("council_"),
        role_change.c.id > bindparam("after", type_=role_change.c.id.type),
        or_(_STAFF.is_(None), role_change.c.staff == _STAFF),
        or_(_ROLE.is_(None), role_change.c.role == _ROLE),
    )
    .order_by(role_change.c.id)
    .limit(bindparam("most"))
)


async def insert_role_change(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """Add an entry to the record, which is kept as written."""
    await session.execute(_ADD, {**values, "council": council})


async def list_page(
    session: ReadSession, council: str, staff_id: UUID | None, role: str | None, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List the record, the oldest first, of one member of staff or one role if named; at most ``fetch``."""
    values = {"council_": council, "staff_": staff_id, "role_": role, "after": after, "most": fetch}
    return await session.all(_PAGE, values)
