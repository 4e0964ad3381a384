"""SQL of roles, who has them, and their scopes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Row, any_, bindparam, delete, func, select, union, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.staff.store.members import AT_WORK
from identity.staff.tables import role, staff, staff_group, staff_group_member, staff_role

_COUNCIL: BindParameter[str] = bindparam("council_")
_THIS = (role.c.council == _COUNCIL, role.c.name == bindparam("name_"))
_PAGE = (
    select(role)
    .where(role.c.council == _COUNCIL, role.c.name > bindparam("after"))
    .order_by(role.c.name)
    .limit(bindparam("most"))
)
_GET = select(role).where(*_THIS)
_ADD = upsert(role).on_conflict_do_nothing().returning(role)
_UPDATE = (
    update(role)
    .where(*_THIS)
    .values({name: bindparam(f"p_{name}") for name in ("title", "scopes", "groups", "updated_at")})
    .values(version=role.c.version + 1)
    .returning(role)
)
_DELETE = delete(role).where(*_THIS)
NAMES_GROUP = (role.c.council == staff_group.c.council) & (
    (staff_group.c.display_name == any_(role.c.groups)) | (staff_group.c.external_id == any_(role.c.groups))
)
"""The role names the group, by its name or by the directory's own id."""
BY_HAND = select(staff_role.c.council, staff_role.c.staff, staff_role.c.role)
BY_GROUP = (
    select(staff_group_member.c.council, staff_group_member.c.staff, role.c.name.label("role"))
    .join(
        staff_group,
        (staff_group.c.council == staff_group_member.c.council)
        & (staff_group.c.id == staff_group_member.c.group_id),
    )
    .join(role, NAMES_GROUP)
)
_ASSIGNED = union(BY_HAND, BY_GROUP).subquery("held")
_VOUCHED = staff.c.vouched_until.is_(None) | (staff.c.vouched_until > func.now())
_SCOPES = (
    select(func.unnest(role.c.scopes).label("scope"))
    .select_from(staff)
    .join(_ASSIGNED, (_ASSIGNED.c.council == staff.c.council) & (_ASSIGNED.c.staff == staff.c.id))
    .join(role, (role.c.council == _ASSIGNED.c.council) & (role.c.name == _ASSIGNED.c.role))
    .where(*AT_WORK, _VOUCHED, staff.c.account == bindparam("account_"))
    .distinct()
)
_ALL_SCOPES = select(func.unnest(role.c.scopes).label("scope")).where(role.c.council == _COUNCIL).distinct()
_SCOPES_OF_MEMBER = (
    select(func.unnest(role.c.scopes).label("scope"))
    .select_from(_ASSIGNED)
    .join(role, (role.c.council == _ASSIGNED.c.council) & (role.c.name == _ASSIGNED.c.role))
    .where(_ASSIGNED.c.council == _COUNCIL, _ASSIGNED.c.staff == bindparam("staff_"))
    .distinct()
)
_BY_MEMBER = (
    select(_ASSIGNED.c.role)
    .where(_ASSIGNED.c.council == _COUNCIL, _ASSIGNED.c.staff == bindparam("staff_"))
    .order_by(_ASSIGNED.c.role)
)
_GIVE = upsert(staff_role).on_conflict_do_nothing()
_TAKE = delete(staff_role).where(
    staff_role.c.council == _COUNCIL,
    staff_role.c.staff == bindparam("staff_"),
    staff_role.c.role == bindparam("name_"),
)
_GROUPS = select(func.unnest(role.c.groups).label("name")).where(role.c.council == _COUNCIL).distinct()


async def list_page(session: ReadSession, council: str, after: str, fetch: int) -> Sequence[Row[Any]]:
    """List roles in order of name; at most ``fetch``."""
    return await session.all(_PAGE, {"council_": council, "after": after, "most": fetch})


async def get_role(session: ReadSession, council: str, name: str) -> Row[Any] | None:
    """Get a role."""
    return await session.first(_GET, {"council_": council, "name_": name})


async def insert_role(session: Session, council: str, values: Mapping[str, Any]) -> Row[Any] | None:
    """Add a role at version 1; None when there is one of this name."""
    return await session.first(_ADD, {**values, "council": council, "version": 1})


async def update_role(
    session: Session, council: str, name: str, values: Mapping[str, Any]
) -> Row[Any] | None:
    """Change a role; None when there is none."""
    bound = {f"p_{key}": value for key, value in values.items() if key != "name"}
    return await session.first(_UPDATE, {**bound, "council_": council, "name_": name})


async def delete_role(session: Session, council: str, name: str) -> bool:
    """Delete a role, from everybody who has it; false when there is none."""
    return await session.execute(_DELETE, {"council_": council, "name_": name}) == 1


async def list_scopes(session: ReadSession, council: str, account: UUID) -> Sequence[Row[Any]]:
    """List the scopes of a member of staff at work, from roles by hand and by the directory's groups.

    Those of a member with a date (``vouched_until``) that has passed are none.
    """
    return await session.all(_SCOPES, {"council_": council, "account_": account})


async def list_all_scopes(session: ReadSession, council: str) -> Sequence[Row[Any]]:
    """List every scope that a role of the council has."""
    return await session.all(_ALL_SCOPES, {"council_": council})


async def list_by_member(session: ReadSession, council: str, staff_id: UUID) -> Sequence[Row[Any]]:
    """List the names of a member's roles, by hand or by group."""
    return await session.all(_BY_MEMBER, {"council_": council, "staff_": staff_id})


async def list_scopes_of_member(session: ReadSession, council: str, staff_id: UUID) -> Sequence[Row[Any]]:
    """List the scopes of a member's roles, whether they are at work or not."""
    return await session.all(_SCOPES_OF_MEMBER, {"council_": council, "staff_": staff_id})


async def give_role(session: Session, council: str, staff_id: UUID, name: str, by: str, at: datetime) -> bool:
    """Give a role by hand; false when the member has it by hand already."""
    values = {"council": council, "staff": staff_id, "role": name, "given_by": by, "given_at": at}
    return await session.execute(_GIVE, values) == 1


async def take_role(session: Session, council: str, staff_id: UUID, name: str) -> bool:
    """Take away a role given by hand; false when the member does not have it so."""
    return await session.execute(_TAKE, {"council_": council, "staff_": staff_id, "name_": name}) == 1


async def select_named_groups(session: ReadSession, council: str, group_names: Sequence[str]) -> set[str]:
    """Select the groups that a role of the council names."""
    return {row.name for row in await session.all(_GROUPS, {"council_": council})} & set(group_names)
