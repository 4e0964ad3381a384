"""SQL of a council's staff: what its directory says of them, until when, and their accounts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Row, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.accounts.tables import upstream_account
from identity.staff.tables import staff, staff_group_member, staff_person, staff_role

_COUNCIL: BindParameter[str] = bindparam("council_")
AT_WORK = (staff.c.council == _COUNCIL, staff.c.active, staff.c.left_at.is_(None))
_PERSON = (staff_person.c.council == staff.c.council) & (staff_person.c.staff == staff.c.id)
_MEMBERS = select(
    staff,
    staff_person.c.user_name,
    staff_person.c.external_id,
    staff_person.c.given_name,
    staff_person.c.family_name,
    staff_person.c.display_name,
    staff_person.c.email,
).join(staff_person, _PERSON)
_PAGE = (
    _MEMBERS.where(
        staff.c.council == _COUNCIL,
        staff.c.left_at.is_(None),
        staff.c.id > bindparam("after", type_=staff.c.id.type),
    )
    .order_by(staff.c.id)
    .limit(bindparam("most"))
)
_GET = _MEMBERS.where(staff.c.council == _COUNCIL, staff.c.id == bindparam("id_"), staff.c.left_at.is_(None))
_LOCKED = _GET.with_for_update(of=staff)
_WORKING_BY_EXTERNAL_ID = _MEMBERS.where(
    *AT_WORK, staff_person.c.external_id == bindparam("external_")
).with_for_update(of=staff)
_BY_EXTERNAL_ID = _MEMBERS.where(
    staff.c.council == _COUNCIL,
    staff.c.left_at.is_(None),
    staff_person.c.external_id == bindparam("external_"),
).with_for_update(of=staff)
_PROVISIONED_JIT = select(staff.c.id).where(staff.c.council == _COUNCIL, staff.c.vouched_until.is_not(None))
_RELEASE_NAME = (
    update(staff_person)
    .where(
        staff_person.c.council == _COUNCIL,
        staff_person.c.user_key == bindparam("key_"),
        staff_person.c.external_id != bindparam("external_"),
        staff_person.c.staff.in_(_PROVISIONED_JIT),
    )
    .values(user_name=staff_person.c.external_id, user_key=func.lower(staff_person.c.external_id))
)
_NAME_TAKEN = select(staff_person.c.staff).where(
    staff_person.c.council == _COUNCIL,
    staff_person.c.user_key == bindparam("key_"),
    func.coalesce(staff_person.c.external_id, "") != bindparam("external_"),
)
_LOCK_EXTERNAL_ID = text("SELECT pg_advisory_xact_lock(7420504, hashtext(:council || ' ' || :external))")
_VOUCH = (
    update(staff)
    .where(staff.c.council == _COUNCIL, staff.c.id == bindparam("id_"))
    .values(vouched_until=bindparam("until"))
)
_LINKED = select(upstream_account.c.account).where(
    upstream_account.c.council == _COUNCIL, upstream_account.c.upstream == bindparam("upstream_")
)
_VOUCH_LINKED = (
    update(staff)
    .where(staff.c.council == _COUNCIL, staff.c.vouched_until.is_(None), staff.c.account.in_(_LINKED))
    .values(vouched_until=bindparam("until"))
)
_CLEAR_VOUCHING = (
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
_ABSENT = (
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
_BY_ACCOUNT = _MEMBERS.where(*AT_WORK, staff.c.account == bindparam("account_"))
_ADD = insert(staff)
_ADD_PERSON = upsert(staff_person).on_conflict_do_nothing().returning(staff_person.c.staff)
_UPDATE = (
    update(staff)
    .where(staff.c.council == _COUNCIL, staff.c.id == bindparam("id_"))
    .values(active=bindparam("active_"), updated_at=bindparam("at"), version=staff.c.version + 1)
)
_UPDATE_PERSON = update(staff_person).where(
    staff_person.c.council == _COUNCIL, staff_person.c.staff == bindparam("id_")
)
_NAMES = ("user_name", "user_key", "external_id", "given_name", "family_name", "display_name", "email")
_UPDATE_PERSON = _UPDATE_PERSON.values({name: bindparam(f"p_{name}") for name in _NAMES})
_REMOVE = (
    update(staff)
    .where(staff.c.council == _COUNCIL, staff.c.id == bindparam("id_"))
    .values(active=False, left_at=bindparam("at"), updated_at=bindparam("at"), version=staff.c.version + 1)
)
_ERASE = tuple(
    delete(table).where(table.c.council == _COUNCIL, table.c.staff == bindparam("id_"))
    for table in (staff_person, staff_role, staff_group_member)
)


async def list_page(session: ReadSession, council: str, after: UUID, fetch: int) -> Sequence[Row[Any]]:
    """List members of staff in order of creation; at most ``fetch``."""
    return await session.all(_PAGE, {"council_": council, "after": after, "most": fetch})


async def get_member(session: ReadSession, council: str, staff_id: UUID) -> Row[Any] | None:
    """Get a member of staff, at work or not."""
    return await session.first(_GET, {"council_": council, "id_": staff_id})


async def get_locked(session: Session, council: str, staff_id: UUID) -> Row[Any] | None:
    """Get a member of staff, at work or not; locked."""
    return await session.first(_LOCKED, {"council_": council, "id_": staff_id})


async def get_working_by_external_id(session: Session, council: str, external_id: str) -> Row[Any] | None:
    """Get a member of staff at work by the directory's key of them; locked."""
    return await session.first(_WORKING_BY_EXTERNAL_ID, {"council_": council, "external_": external_id})


async def get_by_external_id(session: Session, council: str, external_id: str) -> Row[Any] | None:
    """Get a member of staff, at work or not, by the directory's key of them; locked."""
    return await session.first(_BY_EXTERNAL_ID, {"council_": council, "external_": external_id})


async def lock_external_id(session: Session, council: str, external_id: str) -> None:
    """Lock a directory's key until the transaction ends, so that only one sign-in adds its member."""
    await session.execute(_LOCK_EXTERNAL_ID, {"council": council, "external": external_id})


async def take_user_name(session: Session, council: str, user_key: str, external_id: str) -> bool:
    """Free a user name for a member of staff; false when it belongs to one whom SCIM brought.

    With just-in-time provisioning nobody reports leavers, and a directory may give their name to somebody
    else: the latest sign-in gets it.
    """
    values = {"council_": council, "key_": user_key, "external_": external_id}
    await session.execute(_RELEASE_NAME, values)
    return await session.first(_NAME_TAKEN, values) is None


async def vouch_for(session: Session, council: str, staff_id: UUID, until: datetime) -> None:
    """Let a member's roles count until then: the directory has just let them in."""
    await session.execute(_VOUCH, {"council_": council, "id_": staff_id, "until": until})


async def vouch_for_linked(session: Session, council: str, upstream_id: UUID, until: datetime) -> None:
    """Let the roles of all staff linked to an upstream count until then, if they have no date yet."""
    await session.execute(_VOUCH_LINKED, {"council_": council, "upstream_": upstream_id, "until": until})


async def clear_vouching(session: Session, council: str, account: UUID) -> None:
    """Let a member's roles count without a date: the directory reports leavers by SCIM."""
    await session.execute(_CLEAR_VOUCHING, {"council_": council, "account_": account})


async def get_vouched_until(session: ReadSession, account: UUID) -> datetime | None:
    """Get when an account must sign in at its directory again. The session sees every council."""
    until: datetime | None = await session.scalar(_VOUCHED_UNTIL, {"account_": account})
    return until


async def list_absent(session: Session, before: datetime, most: int) -> Sequence[Row[Any]]:
    """List staff provisioned just in time who did not sign in since: ``council`` and ``id``; locked.

    The session sees every council.
    """
    return await session.all(_ABSENT, {"before": before, "most": most})


async def get_by_account(session: ReadSession, council: str, account: UUID) -> Row[Any] | None:
    """Get a member of staff at work by their account."""
    return await session.first(_BY_ACCOUNT, {"council_": council, "account_": account})


async def set_account(
    session: Session, council: str, staff_id: UUID, account: UUID | None, at: datetime
) -> None:
    """Set the account that a member of staff signs in with, or None."""
    await session.execute(_LINK, {"council_": council, "id_": staff_id, "account_": account, "at": at})


async def unlink_account(session: Session, account: UUID, at: datetime) -> None:
    """Unlink an account from all staff. The session sees every council."""
    await session.execute(_UNLINK, {"account_": account, "at": at})


async def insert_member(
    session: Session, council: str, staff_id: UUID, person: Mapping[str, Any], at: datetime
) -> bool:
    """Add a member of staff; false when the user name or the directory's key is taken.

    ``person``: ``active`` and the columns of ``staff_person``.
    """
    values = {"council": council, "id": staff_id, "active": person["active"], "version": 1}
    await session.execute(_ADD, {**values, "created_at": at, "updated_at": at})
    person_values = {"council": council, "staff": staff_id, **{name: person[name] for name in _NAMES}}
    return await session.scalar(_ADD_PERSON, person_values) is not None


async def update_member(
    session: Session, council: str, staff_id: UUID, person: Mapping[str, Any], at: datetime
) -> None:
    """Change what the directory says of a member. Raises IntegrityError when a name is taken."""
    where = {"council_": council, "id_": staff_id}
    await session.execute(_UPDATE, {**where, "active_": person["active"], "at": at})
    await session.execute(_UPDATE_PERSON, {**where, **{f"p_{name}": person[name] for name in _NAMES}})


async def remove_member(session: Session, council: str, staff_id: UUID, at: datetime) -> None:
    """Remove a member of staff: their personal data, roles and groups are deleted."""
    await session.execute(_REMOVE, {"council_": council, "id_": staff_id, "at": at})
    for statement in _ERASE:
        await session.execute(statement, {"council_": council, "id_": staff_id})
