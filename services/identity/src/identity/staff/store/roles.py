"""Roles, who has them, and what they come to."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Row, any_, bindparam, delete, func, select, union, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.staff.store.staff import AT_WORK
from identity.staff.tables import role, staff, staff_group, staff_group_member, staff_role

_COUNCIL: BindParameter[str] = bindparam("council_")
_THIS = (role.c.council == _COUNCIL, role.c.name == bindparam("name_"))
_PAGE = (
    select(role)
    .where(role.c.council == _COUNCIL, role.c.name > bindparam("after"))
    .order_by(role.c.name)
    .limit(bindparam("most"))
)
_ONE = select(role).where(*_THIS)
_ADD = upsert(role).on_conflict_do_nothing().returning(role)
_CHANGE = (
    update(role)
    .where(*_THIS, role.c.version == bindparam("version_"))
    .values({name: bindparam(f"p_{name}") for name in ("title", "scopes", "groups", "updated_at")})
    .values(version=role.c.version + 1)
    .returning(role)
)
_DROP = delete(role).where(*_THIS)
NAMED = (role.c.council == staff_group.c.council) & (
    (staff_group.c.display_name == any_(role.c.groups)) | (staff_group.c.external_id == any_(role.c.groups))
)
"""A role names a group of the directory: as people call it, or by the directory's own id."""
HAS = select(staff_role.c.council, staff_role.c.staff, staff_role.c.role)
BY_GROUP = (
    select(staff_group_member.c.council, staff_group_member.c.staff, role.c.name.label("role"))
    .join(
        staff_group,
        (staff_group.c.council == staff_group_member.c.council)
        & (staff_group.c.id == staff_group_member.c.group_id),
    )
    .join(role, NAMED)
)
_HELD = union(HAS, BY_GROUP).subquery("held")
_VOUCHED = staff.c.vouched_until.is_(None) | (staff.c.vouched_until > func.now())
_SCOPES = (
    select(func.unnest(role.c.scopes).label("scope"))
    .select_from(staff)
    .join(_HELD, (_HELD.c.council == staff.c.council) & (_HELD.c.staff == staff.c.id))
    .join(role, (role.c.council == _HELD.c.council) & (role.c.name == _HELD.c.role))
    .where(*AT_WORK, _VOUCHED, staff.c.account == bindparam("account_"))
    .distinct()
)
_ALL_SCOPES = select(func.unnest(role.c.scopes).label("scope")).where(role.c.council == _COUNCIL).distinct()
_SCOPES_OF_STAFF = (
    select(func.unnest(role.c.scopes).label("scope"))
    .select_from(_HELD)
    .join(role, (role.c.council == _HELD.c.council) & (role.c.name == _HELD.c.role))
    .where(_HELD.c.council == _COUNCIL, _HELD.c.staff == bindparam("staff_"))
    .distinct()
)
_OF_STAFF = (
    select(_HELD.c.role)
    .where(_HELD.c.council == _COUNCIL, _HELD.c.staff == bindparam("staff_"))
    .order_by(_HELD.c.role)
)
_GIVE = upsert(staff_role).on_conflict_do_nothing()
_TAKE = delete(staff_role).where(
    staff_role.c.council == _COUNCIL,
    staff_role.c.staff == bindparam("staff_"),
    staff_role.c.role == bindparam("name_"),
)
_GROUPS = select(func.unnest(role.c.groups).label("name")).where(role.c.council == _COUNCIL).distinct()


async def page(session: ReadSession, council: str, after: str, fetch: int) -> Sequence[Row[Any]]:
    """Roles in order of name; at most ``fetch``."""
    return await session.all(_PAGE, {"council_": council, "after": after, "most": fetch})


async def one(session: ReadSession, council: str, name: str) -> Row[Any] | None:
    return await session.first(_ONE, {"council_": council, "name_": name})


async def add(session: Session, council: str, values: Mapping[str, Any]) -> Row[Any] | None:
    """The role added at version 1; None when there is one of this name."""
    return await session.first(_ADD, {**values, "council": council, "version": 1})


async def change(
    session: Session, council: str, name: str, version: int, values: Mapping[str, Any]
) -> Row[Any] | None:
    """The role after the change; None when its version is no longer ``version``."""
    bound = {f"p_{key}": value for key, value in values.items() if key != "name"}
    return await session.first(_CHANGE, {**bound, "council_": council, "name_": name, "version_": version})


async def drop(session: Session, council: str, name: str) -> bool:
    """Whether there was one. Nobody has it any more."""
    return await session.execute(_DROP, {"council_": council, "name_": name}) == 1


async def scopes(session: ReadSession, council: str, account: UUID) -> Sequence[Row[Any]]:
    """The scopes of a member of staff at work, by roles given by hand and by the directory's groups.

    Where sign-ins make staff: for as long as the directory's word holds.
    """
    return await session.all(_SCOPES, {"council_": council, "account_": account})


async def all_scopes(session: ReadSession, council: str) -> Sequence[Row[Any]]:
    """All scopes that a role of the council has."""
    return await session.all(_ALL_SCOPES, {"council_": council})


async def of_staff(session: ReadSession, council: str, staff_id: UUID) -> Sequence[Row[Any]]:
    """The names of the roles a member of staff has, either way."""
    return await session.all(_OF_STAFF, {"council_": council, "staff_": staff_id})


async def scopes_of(session: ReadSession, council: str, staff_id: UUID) -> Sequence[Row[Any]]:
    """The scopes of all roles of a member of staff, at work or not."""
    return await session.all(_SCOPES_OF_STAFF, {"council_": council, "staff_": staff_id})


async def give(session: Session, council: str, staff_id: UUID, name: str, by: str, at: datetime) -> bool:
    """False when he had it by hand already."""
    values = {"council": council, "staff": staff_id, "role": name, "given_by": by, "given_at": at}
    return await session.execute(_GIVE, values) == 1


async def take(session: Session, council: str, staff_id: UUID, name: str) -> bool:
    """False when he did not have it by hand."""
    return await session.execute(_TAKE, {"council_": council, "staff_": staff_id, "name_": name}) == 1


async def groups(session: ReadSession, council: str, named: Sequence[str]) -> set[str]:
    """Those of the groups that a role of the council names."""
    return {row.name for row in await session.all(_GROUPS, {"council_": council})} & set(named)
