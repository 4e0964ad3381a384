"""Who made, changed, gave or took which role, when: written once."""

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


async def add(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """What was done, by whom: it stays as written."""
    await session.execute(_ADD, {**values, "council": council})


async def page(
    session: ReadSession, council: str, staff_id: UUID | None, role: str | None, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """What was done, oldest first, of one member of staff or one role if named; at most ``fetch``."""
    wanted = {"council_": council, "staff_": staff_id, "role_": role, "after": after, "most": fetch}
    return await session.all(_PAGE, wanted)
