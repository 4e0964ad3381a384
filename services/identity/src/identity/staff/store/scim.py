"""What a council's directory tells by SCIM: users looked up, groups and who is in them."""

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
_KEEP_GROUP = (
    update(staff_group)
    .where(staff_group.c.council == _COUNCIL, staff_group.c.id == bindparam("id_"))
    .values(
        display_name=bindparam("name_"),
        external_id=bindparam("external_"),
        updated_at=bindparam("at"),
        version=staff_group.c.version + 1,
    )
)
_DROP_GROUP = delete(staff_group).where(
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
_THERE = select(staff.c.id).where(
    staff.c.council == _COUNCIL, staff.c.left_at.is_(None), staff.c.id.in_(bindparam("ids_", expanding=True))
)
_JOIN = insert(staff_group_member).on_conflict_do_nothing()
_OF_GROUP = (staff_group_member.c.council == _COUNCIL, staff_group_member.c.group_id == bindparam("id_"))
_EMPTY = delete(staff_group_member).where(*_OF_GROUP)
_CALLED = any_(bindparam("names_", type_=ARRAY(Text)))
_SO_CALLED = (
    staff_group.c.council == _COUNCIL,
    (staff_group.c.display_name == _CALLED) | (staff_group.c.external_id == _CALLED),
)
_NAMES = select(staff_group.c.display_name, staff_group.c.external_id).where(*_SO_CALLED)
_BE_IN = insert(staff_group_member).from_select(
    ["council", "group_id", "staff"],
    select(staff_group.c.council, staff_group.c.id, bindparam("id_", type_=staff.c.id.type)).where(
        *_SO_CALLED
    ),
)
_BE_IN = _BE_IN.on_conflict_do_nothing()
_BE_IN_NO_OTHER = delete(staff_group_member).where(
    staff_group_member.c.council == _COUNCIL,
    staff_group_member.c.staff == bindparam("id_"),
    staff_group_member.c.group_id.not_in(select(staff_group.c.id).where(*_SO_CALLED)),
)
_LEAVE = _EMPTY.where(staff_group_member.c.staff.in_(bindparam("ids_", expanding=True)))


async def users(
    session: ReadSession, council: str, terms: Mapping[str, Any], offset: int, count: int
) -> tuple[int, Sequence[Row[Any]]]:
    """How many users fit the terms (keys of USER_FILTERS), and those from ``offset``, ``count`` at most."""
    found = _USERS
    for name, value in terms.items():
        found = found.where(_USER_BY[name] == value)
    return await _counted(session, found, staff.c.id, {"council_": council}, offset, count)


async def groups(
    session: ReadSession, council: str, terms: Mapping[str, Any], offset: int, count: int
) -> tuple[int, Sequence[Row[Any]]]:
    """The same of groups (keys of GROUP_FILTERS)."""
    found, bound = _GROUPS, {"council_": council}
    for name, value in terms.items():
        if name in _GROUP_BY:
            found = found.where(_GROUP_BY[name] == value)
        else:
            found = found.where(staff_group.c.id.in_(_MEMBER))
            bound = {**bound, "member_": value}
    return await _counted(session, found, staff_group.c.id, bound, offset, count)


async def _counted(
    session: ReadSession, found: Select[Any], key: Any, bound: Mapping[str, Any], offset: int, count: int
) -> tuple[int, Sequence[Row[Any]]]:
    total = await session.scalar(select(func.count()).select_from(found.subquery()), bound)
    rows = await session.all(found.order_by(key).offset(offset).limit(count), bound) if count else []
    return int(total), rows


async def group(session: ReadSession, council: str, group_id: UUID) -> Row[Any] | None:
    return await session.first(_GROUP, {"council_": council, "id_": group_id})


async def group_locked(session: Session, council: str, group_id: UUID) -> Row[Any] | None:
    return await session.first(_GROUP_LOCKED, {"council_": council, "id_": group_id})


async def add_group(
    session: Session, council: str, group_id: UUID, name: str, external_id: str | None, at: datetime
) -> bool:
    """Add a group; false when its name is taken."""
    values = {"council": council, "id": group_id, "display_name": name, "external_id": external_id}
    made = {**values, "version": 1, "created_at": at, "updated_at": at}
    return await session.scalar(_ADD_GROUP, made) is not None


async def keep_group(
    session: Session, council: str, group_id: UUID, name: str, external_id: str | None, at: datetime
) -> None:
    """Write what the directory says now. Raises IntegrityError when the name is taken."""
    values = {"name_": name, "external_": external_id, "at": at}
    await session.execute(_KEEP_GROUP, {**values, "council_": council, "id_": group_id})


async def drop_group(session: Session, council: str, group_id: UUID) -> bool:
    """Whether there was one."""
    return await session.execute(_DROP_GROUP, {"council_": council, "id_": group_id}) == 1


async def members(session: ReadSession, council: str, group_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Who is in these groups: ``group_id`` and ``staff``."""
    if not group_ids:
        return []
    return await session.all(_MEMBERS, {"council_": council, "groups_": list(group_ids)})


async def there(session: ReadSession, council: str, staff_ids: Iterable[UUID]) -> set[UUID]:
    """Those of them that are users."""
    rows = await session.all(_THERE, {"council_": council, "ids_": list(staff_ids)})
    return {row.id for row in rows}


async def join(session: Session, council: str, group_id: UUID, staff_ids: Iterable[UUID]) -> None:
    rows = [{"council": council, "group_id": group_id, "staff": one} for one in staff_ids]
    if rows:
        await session.execute(_JOIN, rows)


async def leave(session: Session, council: str, group_id: UUID, staff_ids: Iterable[UUID]) -> None:
    gone = list(staff_ids)
    if gone:
        await session.execute(_LEAVE, {"council_": council, "id_": group_id, "ids_": gone})


async def empty(session: Session, council: str, group_id: UUID) -> None:
    """Nobody is in the group any more."""
    await session.execute(_EMPTY, {"council_": council, "id_": group_id})


async def names(session: ReadSession, council: str, called: Iterable[str]) -> set[str]:
    """The names and directory's keys of the groups called so."""
    rows = await session.all(_NAMES, {"council_": council, "names_": list(called)})
    return {name for row in rows for name in (row.display_name, row.external_id) if name}


async def be_in(session: Session, council: str, staff_id: UUID, called: Iterable[str]) -> None:
    """He is in the groups of these names or keys, and in no other."""
    wanted = {"council_": council, "id_": staff_id, "names_": list(called)}
    await session.execute(_BE_IN_NO_OTHER, wanted)
    await session.execute(_BE_IN, wanted)
