"""Roles, who has them, and what they come to."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Row, any_, bindparam, delete, func, insert, select, text, union, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.tables import role, staff, staff_group, staff_group_member, staff_person, staff_role

_COUNCIL: BindParameter[str] = bindparam("council_")
_ROLE = (role.c.council == _COUNCIL, role.c.name == bindparam("name_"))
_ROLES = (
    select(role)
    .where(role.c.council == _COUNCIL, role.c.name > bindparam("after"))
    .order_by(role.c.name)
    .limit(bindparam("most"))
)
_ONE_ROLE = select(role).where(*_ROLE)
_ADD_ROLE = upsert(role).on_conflict_do_nothing().returning(role)
_CHANGE_ROLE = (
    update(role)
    .where(*_ROLE, role.c.version == bindparam("version_"))
    .values({name: bindparam(f"p_{name}") for name in ("title", "scopes", "groups", "updated_at")})
    .values(version=role.c.version + 1)
    .returning(role)
)
_DROP_ROLE = delete(role).where(*_ROLE)
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
AT_WORK = (staff.c.council == _COUNCIL, staff.c.active, staff.c.left_at.is_(None))
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
_SCOPES_OF = (
    select(func.unnest(role.c.scopes).label("scope"))
    .select_from(_HELD)
    .join(role, (role.c.council == _HELD.c.council) & (role.c.name == _HELD.c.role))
    .where(_HELD.c.council == _COUNCIL, _HELD.c.staff == bindparam("staff_"))
    .distinct()
)
_ROLES_OF = (
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
_PERSON = (staff_person.c.council == staff.c.council) & (staff_person.c.staff == staff.c.id)
_SHOWN = select(
    staff,
    staff_person.c.user_name,
    staff_person.c.external_id,
    staff_person.c.given_name,
    staff_person.c.family_name,
    staff_person.c.display_name,
    staff_person.c.email,
).join(staff_person, _PERSON)
_PAGE = (
    _SHOWN.where(
        staff.c.council == _COUNCIL,
        staff.c.left_at.is_(None),
        staff.c.id > bindparam("after", type_=staff.c.id.type),
    )
    .order_by(staff.c.id)
    .limit(bindparam("most"))
)
_ONE = _SHOWN.where(staff.c.council == _COUNCIL, staff.c.id == bindparam("id_"), staff.c.left_at.is_(None))
_LOCKED = _ONE.with_for_update(of=staff)
_BY_EXTERNAL = _SHOWN.where(*AT_WORK, staff_person.c.external_id == bindparam("external_")).with_for_update(
    of=staff
)
_KNOWN_AS = _SHOWN.where(
    staff.c.council == _COUNCIL,
    staff.c.left_at.is_(None),
    staff_person.c.external_id == bindparam("external_"),
).with_for_update(of=staff)
_OF_CLAIMS = select(staff.c.id).where(staff.c.council == _COUNCIL, staff.c.vouched_until.is_not(None))
_YIELD_NAME = (
    update(staff_person)
    .where(
        staff_person.c.council == _COUNCIL,
        staff_person.c.user_key == bindparam("key_"),
        staff_person.c.external_id != bindparam("external_"),
        staff_person.c.staff.in_(_OF_CLAIMS),
    )
    .values(user_name=staff_person.c.external_id, user_key=func.lower(staff_person.c.external_id))
)
_NAME_TAKEN = select(staff_person.c.staff).where(
    staff_person.c.council == _COUNCIL,
    staff_person.c.user_key == bindparam("key_"),
    func.coalesce(staff_person.c.external_id, "") != bindparam("external_"),
)
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7420504, hashtext(:council || ' ' || :external))")
_VOUCH = (
    update(staff)
    .where(staff.c.council == _COUNCIL, staff.c.id == bindparam("id_"))
    .values(vouched_until=bindparam("until"))
)
_GOVERNED = (
    update(staff)
    .where(
        staff.c.council == _COUNCIL,
        staff.c.account == bindparam("account_"),
        staff.c.vouched_until.is_not(None),
    )
    .values(vouched_until=None)
)
_VOUCHED_UNTIL = select(func.min(staff.c.vouched_until)).where(
    staff.c.account == bindparam("account_"), staff.c.left_at.is_(None), staff.c.vouched_until > func.now()
)
_GROUPS_OF_ROLES = (
    select(func.unnest(role.c.groups).label("name")).where(role.c.council == _COUNCIL).distinct()
)
_LONG_GONE = (
    select(staff.c.council, staff.c.id)
    .where(staff.c.left_at.is_(None), staff.c.vouched_until < bindparam("before", type_=staff.c.left_at.type))
    .order_by(staff.c.council, staff.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LINK = (
    update(staff)
    .where(staff.c.council == _COUNCIL, staff.c.id == bindparam("id_"))
    .values(account=bindparam("account_"), updated_at=bindparam("at"))
)
_UNLINK = (
    update(staff)
    .where(staff.c.account == bindparam("account_"))
    .values(account=None, updated_at=bindparam("at"))
)
_OF_ACCOUNT = _SHOWN.where(*AT_WORK, staff.c.account == bindparam("account_"))
_ADD = insert(staff)
_ADD_PERSON = upsert(staff_person).on_conflict_do_nothing().returning(staff_person.c.staff)
_KEEP = (
    update(staff)
    .where(staff.c.council == _COUNCIL, staff.c.id == bindparam("id_"))
    .values(active=bindparam("active_"), updated_at=bindparam("at"), version=staff.c.version + 1)
)
_KEEP_PERSON = update(staff_person).where(
    staff_person.c.council == _COUNCIL, staff_person.c.staff == bindparam("id_")
)
_NAMES = ("user_name", "user_key", "external_id", "given_name", "family_name", "display_name", "email")
_KEEP_PERSON = _KEEP_PERSON.values({name: bindparam(f"p_{name}") for name in _NAMES})
_GONE = (
    update(staff)
    .where(staff.c.council == _COUNCIL, staff.c.id == bindparam("id_"))
    .values(active=False, left_at=bindparam("at"), updated_at=bindparam("at"), version=staff.c.version + 1)
)
_FORGET = tuple(
    delete(table).where(table.c.council == _COUNCIL, table.c.staff == bindparam("id_"))
    for table in (staff_person, staff_role, staff_group_member)
)


async def roles(session: ReadSession, council: str, after: str, fetch: int) -> Sequence[Row[Any]]:
    """Roles in order of name; at most ``fetch``."""
    return await session.all(_ROLES, {"council_": council, "after": after, "most": fetch})


async def one_role(session: ReadSession, council: str, name: str) -> Row[Any] | None:
    return await session.first(_ONE_ROLE, {"council_": council, "name_": name})


async def add_role(session: Session, council: str, values: Mapping[str, Any]) -> Row[Any] | None:
    """The role added at version 1; None when there is one of this name."""
    return await session.first(_ADD_ROLE, {**values, "council": council, "version": 1})


async def change_role(
    session: Session, council: str, name: str, version: int, values: Mapping[str, Any]
) -> Row[Any] | None:
    """The role after the change; None when its version is no longer ``version``."""
    bound = {f"p_{key}": value for key, value in values.items() if key != "name"}
    return await session.first(
        _CHANGE_ROLE, {**bound, "council_": council, "name_": name, "version_": version}
    )


async def drop_role(session: Session, council: str, name: str) -> bool:
    """Whether there was one. Nobody has it any more."""
    return await session.execute(_DROP_ROLE, {"council_": council, "name_": name}) == 1


async def scopes(session: ReadSession, council: str, account: UUID) -> Sequence[Row[Any]]:
    """The scopes of a member of staff at work, by roles given by hand and by the directory's groups.

    Where sign-ins make staff: for as long as the directory's word holds.
    """
    return await session.all(_SCOPES, {"council_": council, "account_": account})


async def all_scopes(session: ReadSession, council: str) -> Sequence[Row[Any]]:
    """All scopes that a role of the council has."""
    return await session.all(_ALL_SCOPES, {"council_": council})


async def roles_of(session: ReadSession, council: str, staff_id: UUID) -> Sequence[Row[Any]]:
    """The names of the roles a member of staff has, either way."""
    return await session.all(_ROLES_OF, {"council_": council, "staff_": staff_id})


async def scopes_of(session: ReadSession, council: str, staff_id: UUID) -> Sequence[Row[Any]]:
    """The scopes of all roles of a member of staff, at work or not."""
    return await session.all(_SCOPES_OF, {"council_": council, "staff_": staff_id})


async def give(session: Session, council: str, staff_id: UUID, name: str, by: str, at: datetime) -> bool:
    """False when he had it by hand already."""
    values = {"council": council, "staff": staff_id, "role": name, "given_by": by, "given_at": at}
    return await session.execute(_GIVE, values) == 1


async def take(session: Session, council: str, staff_id: UUID, name: str) -> bool:
    """False when he did not have it by hand."""
    return await session.execute(_TAKE, {"council_": council, "staff_": staff_id, "name_": name}) == 1


async def page(session: ReadSession, council: str, after: UUID, fetch: int) -> Sequence[Row[Any]]:
    """Members of staff in order of creation; at most ``fetch``."""
    return await session.all(_PAGE, {"council_": council, "after": after, "most": fetch})


async def one(session: ReadSession, council: str, staff_id: UUID) -> Row[Any] | None:
    return await session.first(_ONE, {"council_": council, "id_": staff_id})


async def locked(session: Session, council: str, staff_id: UUID) -> Row[Any] | None:
    return await session.first(_LOCKED, {"council_": council, "id_": staff_id})


async def by_external(session: Session, council: str, external_id: str) -> Row[Any] | None:
    """A member of staff at work by the directory's own key of him; locked."""
    return await session.first(_BY_EXTERNAL, {"council_": council, "external_": external_id})


async def known_as(session: Session, council: str, external_id: str) -> Row[Any] | None:
    """A member of staff, at work or not, by the directory's own key of him; locked."""
    return await session.first(_KNOWN_AS, {"council_": council, "external_": external_id})


async def one_at_a_time(session: Session, council: str, external_id: str) -> None:
    """Wait until nobody else makes this member of staff; held to the end of the transaction."""
    await session.execute(_ONE_AT_A_TIME, {"council": council, "external": external_id})


async def take_name(session: Session, council: str, user_key: str, external_id: str) -> bool:
    """Free a user name for this member of staff; false when it is one's whom SCIM brought.

    Names change hands, and nobody tells us of a leaver where sign-ins make staff: the last word counts.
    """
    wanted = {"council_": council, "key_": user_key, "external_": external_id}
    await session.execute(_YIELD_NAME, wanted)
    return await session.first(_NAME_TAKEN, wanted) is None


async def vouch(session: Session, council: str, staff_id: UUID, until: datetime) -> None:
    """The directory has let him in: his roles count until then."""
    await session.execute(_VOUCH, {"council_": council, "id_": staff_id, "until": until})


async def governed(session: Session, council: str, account: UUID) -> None:
    """The directory tells of leavers by SCIM: what it said at a sign-in holds until it says otherwise."""
    await session.execute(_GOVERNED, {"council_": council, "account_": account})


async def vouched_until(session: ReadSession, account: UUID) -> datetime | None:
    """When a directory must be asked again about an account. The session sees every council."""
    found: datetime | None = await session.scalar(_VOUCHED_UNTIL, {"account_": account})
    return found


async def groups_of_roles(session: ReadSession, council: str, named: Sequence[str]) -> set[str]:
    """Those of the groups that a role of the council names."""
    return {row.name for row in await session.all(_GROUPS_OF_ROLES, {"council_": council})} & set(named)


async def long_gone(session: Session, before: datetime, most: int) -> Sequence[Row[Any]]:
    """Staff by claims of whom the directory has said nothing since: ``council`` and ``id``; locked.

    The session sees every council.
    """
    return await session.all(_LONG_GONE, {"before": before, "most": most})


async def of_account(session: ReadSession, council: str, account: UUID) -> Row[Any] | None:
    """A member of staff at work by his account."""
    return await session.first(_OF_ACCOUNT, {"council_": council, "account_": account})


async def link(session: Session, council: str, staff_id: UUID, account: UUID | None, at: datetime) -> None:
    """Say with which account a member of staff signs in, or that it is none."""
    await session.execute(_LINK, {"council_": council, "id_": staff_id, "account_": account, "at": at})


async def unlink(session: Session, account: UUID, at: datetime) -> None:
    """Nobody signs in with this account any more. The session sees every council."""
    await session.execute(_UNLINK, {"account_": account, "at": at})


async def add(session: Session, council: str, staff_id: UUID, said: Mapping[str, Any], at: datetime) -> bool:
    """Add a member of staff; false when the user name or the directory's key is taken.

    ``said``: ``active`` and the columns of ``staff_person``.
    """
    values = {"council": council, "id": staff_id, "active": said["active"], "version": 1}
    await session.execute(_ADD, {**values, "created_at": at, "updated_at": at})
    person = {"council": council, "staff": staff_id, **{name: said[name] for name in _NAMES}}
    return await session.scalar(_ADD_PERSON, person) is not None


async def keep(session: Session, council: str, staff_id: UUID, said: Mapping[str, Any], at: datetime) -> None:
    """Write what the directory says now. Raises IntegrityError when a name is taken."""
    where = {"council_": council, "id_": staff_id}
    await session.execute(_KEEP, {**where, "active_": said["active"], "at": at})
    await session.execute(_KEEP_PERSON, {**where, **{f"p_{name}": said[name] for name in _NAMES}})


async def remove(session: Session, council: str, staff_id: UUID, at: datetime) -> None:
    """Take somebody out of the staff: what is personal goes, and so do his roles and groups."""
    await session.execute(_GONE, {"council_": council, "id_": staff_id, "at": at})
    for statement in _FORGET:
        await session.execute(statement, {"council_": council, "id_": staff_id})
