"""A council's staff: what its directory tells of them, until when, and whose account is whose."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Row, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.staff.tables import staff, staff_group_member, staff_person, staff_role

_COUNCIL: BindParameter[str] = bindparam("council_")
AT_WORK = (staff.c.council == _COUNCIL, staff.c.active, staff.c.left_at.is_(None))
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
