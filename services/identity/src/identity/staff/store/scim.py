"""SQL of SCIM: users by filter, groups by filter, and the members of groups."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Row, Select, Text, any_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from chassis.database import ReadSession, Session
from identity.staff.tables import staff, staff_group, staff_group_member, staff_person

_COUNCIL: BindParameter[str] = bindparam("council_")
_PERSON = (staff_person.c.council == staff.c.council) & (staff_person.c.staff == staff.c.id)
_USER_BY = {
    "id": staff.c.id,
    "username": staff_person.c.user_key,
    "externalid": staff_person.c.external_id,
    "displayname": staff_person.c.display_name,
    "emails": staff_person.c.email,
    "emails.value": staff_person.c.email,
}
_MEMBER = select(staff_group_member.c.group_id).where(
    staff_group_member.c.council == _COUNCIL, staff_group_member.c.staff == bindparam("member_")
)
_GROUP_BY = {
    "id": staff_group.c.id,
    "displayname": staff_group.c.display_name,
    "externalid": staff_group.c.external_id,
}
USER_FILTERS = frozenset(_USER_BY)
GROUP_FILTERS = frozenset({*_GROUP_BY, "members", "members.value"})
_USERS = (
    select(
        staff,
        staff_person.c.user_name,
        staff_person.c.external_id,
        staff_person.c.given_name,
        staff_person.c.family_name,
        staff_person.c.display_name,
        staff_person.c.email,
    )
    .join(staff_person, _PERSON)
    .where(staff.c.council == _COUNCIL, staff.c.left_at.is_(None))
)
_GROUPS = select(staff_group).where(staff_group.c.council == _COUNCIL)
_GROUP = _GROUPS.where(staff_group.c.id == bindparam("id_"))
_GROUP_LOCKED = _GROUP.with_for_update()
_ADD_GROUP = insert(staff_group).on_conflict_do_nothing().returning(staff_group.c.id)
_UPDATE_GROUP = (
    update(staff_group)
    .where(staff_group.c.council == _COUNCIL, staff_group.c.id == bindparam("id_"))
    .values(
        display_name=bindparam("name_"),
        external_id=bindparam("external_"),
        updated_at=bindparam("at"),
        version=staff_group.c.version + 1,
    )
)
_DELETE_GROUP = delete(staff_group).where(
    staff_group.c.council == _COUNCIL, staff_group.c.id == bindparam("id_")
)
_MEMBERS = (
    select(staff_group_member.c.group_id, staff_group_member.c.staff)
    .where(
        staff_group_member.c.council == _COUNCIL,
        staff_group_member.c.group_id.in_(bindparam("groups_", expanding=True)),
    )
    .order_by(staff_group_member.c.staff)
)
_EXISTING = select(staff.c.id).where(
    staff.c.council == _COUNCIL, staff.c.left_at.is_(None), staff.c.id.in_(bindparam("ids_", expanding=True))
)
_ADD_MEMBERS = insert(staff_group_member).on_conflict_do_nothing()
_OF_GROUP = (staff_group_member.c.council == _COUNCIL, staff_group_member.c.group_id == bindparam("id_"))
_REMOVE_ALL_MEMBERS = delete(staff_group_member).where(*_OF_GROUP)
_ANY_NAME = any_(bindparam("names_", type_=ARRAY(Text)))
_NAMED = (
    staff_group.c.council == _COUNCIL,
    (staff_group.c.display_name == _ANY_NAME) | (staff_group.c.external_id == _ANY_NAME),
)
_NAMES = select(staff_group.c.display_name, staff_group.c.external_id).where(*_NAMED)
_ADD_TO_GROUPS = insert(staff_group_member).from_select(
    ["council", "group_id", "staff"],
    select(staff_group.c.council, staff_group.c.id, bindparam("id_", type_=staff.c.id.type)).where(*_NAMED),
)
_ADD_TO_GROUPS = _ADD_TO_GROUPS.on_conflict_do_nothing()
_REMOVE_FROM_OTHERS = delete(staff_group_member).where(
    staff_group_member.c.council == _COUNCIL,
    staff_group_member.c.staff == bindparam("id_"),
    staff_group_member.c.group_id.not_in(select(staff_group.c.id).where(*_NAMED)),
)
_REMOVE_MEMBERS = _REMOVE_ALL_MEMBERS.where(staff_group_member.c.staff.in_(bindparam("ids_", expanding=True)))


async def list_users(
    session: ReadSession, council: str, terms: Mapping[str, Any], offset: int, count: int
) -> tuple[int, Sequence[Row[Any]]]:
    """Count the users that match the terms (keys of USER_FILTERS), and list ``count`` from ``offset``."""
    query = _USERS
    for name, value in terms.items():
        query = query.where(_USER_BY[name] == value)
    return await _list_counted(session, query, staff.c.id, {"council_": council}, offset, count)


async def list_groups(
    session: ReadSession, council: str, terms: Mapping[str, Any], offset: int, count: int
) -> tuple[int, Sequence[Row[Any]]]:
    """Count and list groups as ``list_users`` does users (keys of GROUP_FILTERS)."""
    query, bound = _GROUPS, {"council_": council}
    for name, value in terms.items():
        if name in _GROUP_BY:
            query = query.where(_GROUP_BY[name] == value)
        else:
            query = query.where(staff_group.c.id.in_(_MEMBER))
            bound = {**bound, "member_": value}
    return await _list_counted(session, query, staff_group.c.id, bound, offset, count)


async def _list_counted(
    session: ReadSession, query: Select[Any], key: Any, bound: Mapping[str, Any], offset: int, count: int
) -> tuple[int, Sequence[Row[Any]]]:
    total = await session.scalar(select(func.count()).select_from(query.subquery()), bound)
    rows = await session.all(query.order_by(key).offset(offset).limit(count), bound) if count else []
    return int(total), rows


async def get_group(session: ReadSession, council: str, group_id: UUID) -> Row[Any] | None:
    """Get a group."""
    return await session.first(_GROUP, {"council_": council, "id_": group_id})


async def get_locked_group(session: Session, council: str, group_id: UUID) -> Row[Any] | None:
    """Get a group, locked."""
    return await session.first(_GROUP_LOCKED, {"council_": council, "id_": group_id})


async def insert_group(
    session: Session, council: str, group_id: UUID, name: str, external_id: str | None, at: datetime
) -> bool:
    """Add a group; false when its name is taken."""
    fields = {"council": council, "id": group_id, "display_name": name, "external_id": external_id}
    row = {**fields, "version": 1, "created_at": at, "updated_at": at}
    return await session.scalar(_ADD_GROUP, row) is not None


async def update_group(
    session: Session, council: str, group_id: UUID, name: str, external_id: str | None, at: datetime
) -> None:
    """Change a group. Raises IntegrityError when the name is taken."""
    values = {"name_": name, "external_": external_id, "at": at}
    await session.execute(_UPDATE_GROUP, {**values, "council_": council, "id_": group_id})


async def delete_group(session: Session, council: str, group_id: UUID) -> bool:
    """Delete a group; false when there is none."""
    return await session.execute(_DELETE_GROUP, {"council_": council, "id_": group_id}) == 1


async def list_members(session: ReadSession, council: str, group_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """List the members of these groups: ``group_id`` and ``staff``."""
    if not group_ids:
        return []
    return await session.all(_MEMBERS, {"council_": council, "groups_": list(group_ids)})


async def select_users(session: ReadSession, council: str, staff_ids: Iterable[UUID]) -> set[UUID]:
    """Select the ids that are a user's."""
    rows = await session.all(_EXISTING, {"council_": council, "ids_": list(staff_ids)})
    return {row.id for row in rows}


async def add_members(session: Session, council: str, group_id: UUID, staff_ids: Iterable[UUID]) -> None:
    """Add members to a group."""
    rows = [{"council": council, "group_id": group_id, "staff": staff_id} for staff_id in staff_ids]
    if rows:
        await session.execute(_ADD_MEMBERS, rows)


async def remove_members(session: Session, council: str, group_id: UUID, staff_ids: Iterable[UUID]) -> None:
    """Remove members from a group."""
    leaving = list(staff_ids)
    if leaving:
        await session.execute(_REMOVE_MEMBERS, {"council_": council, "id_": group_id, "ids_": leaving})


async def remove_all_members(session: Session, council: str, group_id: UUID) -> None:
    """Remove every member from a group."""
    await session.execute(_REMOVE_ALL_MEMBERS, {"council_": council, "id_": group_id})


async def list_group_names(session: ReadSession, council: str, group_names: Iterable[str]) -> set[str]:
    """List the names and directory's ids of the groups that have one of these."""
    rows = await session.all(_NAMES, {"council_": council, "names_": list(group_names)})
    return {name for row in rows for name in (row.display_name, row.external_id) if name}


async def set_groups(session: Session, council: str, staff_id: UUID, group_names: Iterable[str]) -> None:
    """Put a member of staff into the groups with these names or ids, and no others."""
    values = {"council_": council, "id_": staff_id, "names_": list(group_names)}
    await session.execute(_REMOVE_FROM_OTHERS, values)
    await session.execute(_ADD_TO_GROUPS, values)
