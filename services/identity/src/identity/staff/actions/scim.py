"""A council's directory keeps its staff up to date by SCIM 2.0: joiners, movers, leavers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from chassis import ids
from chassis.database import ReadSession, Session
from chassis.problems import Problem
from identity.issuer.actions.signing_keys import Issuer
from identity.staff.actions import access_changes, staff
from identity.staff.rules import scim, scim_resources
from identity.staff.store import scim as store
from identity.staff.store import staff as people

_TAKEN = "userName or externalId is another user's here."
_NAME_TAKEN = "There is a group of this displayName."


async def users(
    session: ReadSession, council: str, terms: dict[str, str], offset: int, count: int
) -> tuple[int, Sequence[Row[Any]]]:
    """How many users fit, and a part of them. Raises Problem 400."""
    return await store.users(session, council, _usable(terms, store.USER_FILTERS), offset, count)


async def user(session: ReadSession, council: str, user_id: UUID) -> Row[Any]:
    """Raises Problem 404."""
    return _there(await people.one(session, council, user_id))


async def add_user(session: Session, council: str, body: scim_resources.User) -> Row[Any]:
    """A joiner. Raises Problem 409."""
    user_id = ids.new()
    if not await people.add(session, council, user_id, _said(body), _now()):
        raise Problem(409, "uniqueness", _TAKEN)
    return await user(session, council, user_id)


async def put_user(
    session: Session,
    issuer: Issuer,
    council: str,
    user_id: UUID,
    body: scim_resources.User,
    version: int | None,
) -> Row[Any]:
    """The user as it is to be. Raises Problem 404, 409, 412."""
    before = await _locked(session, council, user_id, version)
    return await _keep(session, issuer, council, before, body)


async def patch_user(
    session: Session,
    issuer: Issuer,
    council: str,
    user_id: UUID,
    operations: Sequence[scim.Operation],
    version: int | None,
) -> Row[Any]:
    """The user after the operations. Raises Problem 400, 404, 409, 412."""
    before = await _locked(session, council, user_id, version)
    body = scim_resources.patch_user(_user(before), operations)
    return await _keep(session, issuer, council, before, body)


async def delete_user(
    session: Session, issuer: Issuer, council: str, user_id: UUID, version: int | None
) -> None:
    """A leaver, for good: what is personal goes. Raises Problem 404, 412."""
    before = await _locked(session, council, user_id, version)
    await people.remove(session, council, user_id, _now())
    if before.account is not None:
        await staff.leave(session, issuer, council, before.account)


async def groups(
    session: ReadSession, council: str, terms: dict[str, str], offset: int, count: int
) -> tuple[int, Sequence[Row[Any]]]:
    """How many groups fit, and a part of them. Raises Problem 400."""
    return await store.groups(session, council, _usable(terms, store.GROUP_FILTERS), offset, count)


async def members(session: ReadSession, council: str, group_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Who is in the groups."""
    found: dict[UUID, list[UUID]] = {one: [] for one in group_ids}
    for row in await store.members(session, council, group_ids):
        found[row.group_id].append(row.staff)
    return found


async def group(session: ReadSession, council: str, group_id: UUID) -> Row[Any]:
    """Raises Problem 404."""
    return _there(await store.group(session, council, group_id))


async def add_group(session: Session, council: str, body: scim_resources.GroupChange) -> Row[Any]:
    """A new group. Raises Problem 400, 409."""
    await access_changes.defining(session, council)
    group_id, name = ids.new(), body.display_name or ""
    if not await store.add_group(session, council, group_id, name, body.external_id, _now()):
        raise Problem(409, "uniqueness", _NAME_TAKEN)
    await _move(session, council, group_id, body)
    return await group(session, council, group_id)


async def change_group(
    session: Session,
    issuer: Issuer,
    council: str,
    group_id: UUID,
    change: scim_resources.GroupChange,
    version: int | None,
) -> Row[Any]:
    """The group after the change; who has left it has lost its roles. Raises Problem 400, 404, 409, 412."""
    await access_changes.defining(session, council)
    before = _there(await store.group_locked(session, council, group_id))
    _still(before, version)
    name = change.display_name or before.display_name
    external = change.external_id or before.external_id
    async with access_changes.of_group(session, issuer, council, group_id):
        try:
            await store.keep_group(session, council, group_id, name, external, _now())
        except IntegrityError as error:
            raise Problem(409, "uniqueness", _NAME_TAKEN) from error
        await _move(session, council, group_id, change)
    return await group(session, council, group_id)


async def delete_group(
    session: Session, issuer: Issuer, council: str, group_id: UUID, version: int | None
) -> None:
    """Its members have lost its roles. Raises Problem 404, 412."""
    await access_changes.defining(session, council)
    _still(_there(await store.group_locked(session, council, group_id)), version)
    async with access_changes.of_group(session, issuer, council, group_id):
        await store.drop_group(session, council, group_id)


async def _move(session: Session, council: str, group_id: UUID, change: scim_resources.GroupChange) -> None:
    if change.clear:
        await store.empty(session, council, group_id)
    await store.leave(session, council, group_id, change.remove)
    if missing := change.add - await store.there(session, council, change.add):
        named = ids.show(min(missing))
        raise Problem(400, "invalidValue", f"{named} is no user here; groups within groups are not kept.")
    await store.join(session, council, group_id, change.add)


async def _keep(
    session: Session, issuer: Issuer, council: str, before: Row[Any], body: scim_resources.User
) -> Row[Any]:
    try:
        await people.keep(session, council, before.id, _said(body), _now())
    except IntegrityError as error:
        raise Problem(409, "uniqueness", _TAKEN) from error
    if before.account is not None and before.active and not body.active:
        await staff.leave(session, issuer, council, before.account)
    return await user(session, council, before.id)


async def _locked(session: Session, council: str, user_id: UUID, version: int | None) -> Row[Any]:
    row = _there(await people.locked(session, council, user_id))
    _still(row, version)
    return row


def _still(row: Row[Any], version: int | None) -> None:
    if version is not None and row.version != version:
        raise Problem(412, "version-changed", "The resource has changed since. Read it again.")


def _there(row: Row[Any] | None) -> Row[Any]:
    if row is None:
        raise Problem(404, "not-found", "There is no resource with this id.")
    return row


def _usable(terms: dict[str, str], known: frozenset[str]) -> dict[str, Any]:
    """The terms of a filter as the database compares them. Raises Problem 400."""
    if unknown := set(terms) - known:
        detail = f"{min(unknown)[:60]} cannot be filtered by; use one of {', '.join(sorted(known))}."
        raise Problem(400, "invalidFilter", detail)
    usable: dict[str, Any] = {}
    for name, value in terms.items():
        usable[name] = value.casefold() if name == "username" else value
        if name in {"id", "members", "members.value"}:
            usable[name] = _id(value)
    return usable


def _id(text: str) -> UUID:
    """An id that can be nobody's finds nothing."""
    try:
        return ids.read(text)
    except ValueError:
        return UUID(int=0)


def _said(body: scim_resources.User) -> dict[str, Any]:
    return {name: getattr(body, name) for name in scim_resources.User.__slots__} | {"user_key": body.key}


def _user(row: Row[Any]) -> scim_resources.User:
    return scim_resources.User(**{name: getattr(row, name) for name in scim_resources.User.__slots__})


def _now() -> datetime:
    return datetime.now(UTC)
