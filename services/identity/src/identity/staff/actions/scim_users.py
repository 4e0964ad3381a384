"""SCIM users: a council's directory adds, changes and removes its staff (RFC 7644)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from chassis import clock, ids
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import Problem
from identity.issuer.actions.signing_keys import Issuer
from identity.staff.actions import members
from identity.staff.rules import scim_patch
from identity.staff.rules.scim_patch import PatchOperation
from identity.staff.rules.scim_resources import User
from identity.staff.store import members as store
from identity.staff.store import scim as scim_store

_TAKEN = "userName or externalId is another user's here."


async def list_users(
    session: ReadSession, council: str, terms: dict[str, str], offset: int, count: int
) -> tuple[int, Sequence[Row[Any]]]:
    """Count the users that match, and list a part of them. Raises Problem 400."""
    values = read_terms(terms, scim_store.USER_FILTERS)
    return await scim_store.list_users(session, council, values, offset, count)


async def get_user(session: ReadSession, council: str, user_id: UUID) -> Row[Any]:
    """Get a user. Raises Problem 404."""
    return require(await store.get_member(session, council, user_id))


async def create_user(session: Session, council: str, user: User) -> Row[Any]:
    """Add a user to the staff. Raises Problem 409."""
    user_id = ids.new()
    if not await store.insert_member(session, council, user_id, _to_values(user), _now()):
        raise Problem(409, "uniqueness", _TAKEN)
    return await get_user(session, council, user_id)


async def replace_user(
    session: Session,
    issuer: Issuer,
    council: str,
    user_id: UUID,
    user: User,
    precondition: Precondition | None,
) -> Row[Any]:
    """Replace a user. Raises Problem 404, 409, 412."""
    before = await _get_locked(session, council, user_id, precondition)
    return await _update(session, issuer, council, before, user)


async def patch_user(
    session: Session,
    issuer: Issuer,
    council: str,
    user_id: UUID,
    operations: Sequence[PatchOperation],
    precondition: Precondition | None,
) -> Row[Any]:
    """Apply the operations of a PATCH to a user. Raises ScimError, Problem 404, 409, 412."""
    before = await _get_locked(session, council, user_id, precondition)
    user = scim_patch.patch_user(_from_row(before), operations)
    return await _update(session, issuer, council, before, user)


async def delete_user(
    session: Session, issuer: Issuer, council: str, user_id: UUID, precondition: Precondition | None
) -> None:
    """Remove a user from the staff, and erase their personal data. Raises Problem 404, 412."""
    before = await _get_locked(session, council, user_id, precondition)
    await store.remove_member(session, council, user_id, _now())
    if before.account is not None:
        await members.revoke_access(session, issuer, council, before.account)


async def _update(session: Session, issuer: Issuer, council: str, before: Row[Any], user: User) -> Row[Any]:
    try:
        await store.update_member(session, council, before.id, _to_values(user), _now())
    except IntegrityError as error:
        raise Problem(409, "uniqueness", _TAKEN) from error
    if before.account is not None and before.active and not user.active:
        await members.revoke_access(session, issuer, council, before.account)
    return await get_user(session, council, before.id)


async def _get_locked(
    session: Session, council: str, user_id: UUID, precondition: Precondition | None
) -> Row[Any]:
    row = require(await store.get_locked(session, council, user_id))
    check_version(row, precondition)
    return row


def require(row: Row[Any] | None) -> Row[Any]:
    """Return a resource's row. Raises Problem 404 for none."""
    if row is None:
        raise Problem(404, "not-found", "There is no resource with this id.")
    return row


def check_version(row: Row[Any], precondition: Precondition | None) -> None:
    """Check the precondition of a change, if one is given. Raises Problem 412."""
    if precondition is not None:
        precondition.check(row.version, "resource")


def read_terms(terms: dict[str, str], supported: frozenset[str]) -> dict[str, Any]:
    """Convert a filter's terms to the values that the database compares. Raises Problem 400."""
    if unknown := set(terms) - supported:
        detail = f"{min(unknown)[:60]} cannot be filtered by; use one of {', '.join(sorted(supported))}."
        raise Problem(400, "invalidFilter", detail)
    values: dict[str, Any] = {}
    for name, value in terms.items():
        values[name] = value.casefold() if name == "username" else value
        if name in {"id", "members", "members.value"}:
            values[name] = _read_id(value)
    return values


def _read_id(text: str) -> UUID:
    """Read an id; a text that is none becomes the nil UUID, which matches nothing."""
    try:
        return ids.read(text)
    except ValueError:
        return UUID(int=0)


def _to_values(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in User.__slots__} | {"user_key": user.key}


def _from_row(row: Row[Any]) -> User:
    return User(**{name: getattr(row, name) for name in User.__slots__})


def _now() -> datetime:
    return clock.now()
