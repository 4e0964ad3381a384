"""SQL of the record of roles in the audit: who made, changed, gave or took which, and when."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, bindparam, func, or_, select

from chassis import ids
from chassis.database import ReadSession
from chassis.tables import audit

ROLE, STAFF = "identity.role", "identity.staff"
_ENTRY = audit.c
_DEFINED = _ENTRY.aggregate == ROLE
_ASSIGNED = (_ENTRY.aggregate == STAFF) & _ENTRY.act.in_(("given", "taken"))
_ROLE = bindparam("role_", type_=Text)
_PAGE = (
    select(audit)
    .where(
        _ENTRY.council == bindparam("council_"),
        _ENTRY.id > bindparam("after", type_=_ENTRY.id.type),
        or_(
            _ROLE.is_(None),
            _DEFINED & (_ENTRY.aggregate_id == _ROLE),
            _ENTRY.changes["role"].contains(func.to_jsonb(_ROLE)),
        ),
    )
    .order_by(_ENTRY.id)
    .limit(bindparam("most"))
)
_LIST = _PAGE.where(or_(_DEFINED, _ASSIGNED))
_BY_STAFF = _PAGE.where(_ASSIGNED, _ENTRY.aggregate_id == bindparam("staff_"))


async def list_page(
    session: ReadSession, council: str, staff_id: UUID | None, role: str | None, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List the record, the oldest first, of one member of staff or one role if named; at most ``fetch``."""
    values = {"council_": council, "role_": role, "after": after, "most": fetch}
    if staff_id is None:
        return await session.all(_LIST, values)
    return await session.all(_BY_STAFF, {**values, "staff_": ids.show(staff_id)})
