"""SCIM groups: a council's directory puts its staff into groups, which roles name (RFC 7644)."""

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
from identity.staff.actions import access_changes
from identity.staff.actions.scim_users import check_version, read_terms, require
from identity.staff.rules.scim_resources import GroupChange
from identity.staff.store import scim as store

_NAME_TAKEN = "There is a group of this displayName."


async def list_groups(
    session: ReadSession, council: str, terms: dict[str, str], offset: int, count: int
) -> tuple[int, Sequence[Row[Any]]]:
    """Count the groups that match, and list a part of them. Raises Problem 400."""
    values = read_terms(terms, store.GROUP_FILTERS)
    return await store.list_groups(session, council, values, offset, count)


async def list_members(
    session: ReadSession, council: str, group_ids: Sequence[UUID]
) -> dict[UUID, list[UUID]]:
    """List the members of each of these groups."""
    members: dict[UUID, list[UUID]] = {group_id: [] for group_id in group_ids}
    for row in await store.list_members(session, council, group_ids):
        members[row.group_id].append(row.staff)
    return members


async def get_group(session: ReadSession, council: str, group_id: UUID) -> Row[Any]:
    """Get a group. Raises Problem 404."""
    return require(await store.get_group(session, council, group_id))


async def create_group(session: Session, council: str, change: GroupChange) -> Row[Any]:
    """Add a group. Raises Problem 400, 409."""
    await access_changes.lock_roles_exclusive(session, council)
    group_id, name = ids.new(), change.display_name or ""
    if not await store.insert_group(session, council, group_id, name, change.external_id, _now()):
        raise Problem(409, "uniqueness", _NAME_TAKEN)
    await _change_members(session, council, group_id, change)
    return await get_group(session, council, group_id)


async def update_group(
    session: Session,
    issuer: Issuer,
    council: str,
    group_id: UUID,
    change: GroupChange,
    precondition: Precondition | None,
) -> Row[Any]:
    """Change a group. Members who leave it lose its roles. Raises Problem 400, 404, 409, 412."""
    await access_changes.lock_roles_exclusive(session, council)
    before = require(await store.get_locked_group(session, council, group_id))
    check_version(before, precondition)
    name = change.display_name or before.display_name
    external_id = change.external_id or before.external_id
    async with access_changes.revoke_lost_scopes_of_group(session, issuer, council, group_id):
        try:
            await store.update_group(session, council, group_id, name, external_id, _now())
        except IntegrityError as error:
            raise Problem(409, "uniqueness", _NAME_TAKEN) from error
        await _change_members(session, council, group_id, change)
    return await get_group(session, council, group_id)


async def delete_group(
    session: Session, issuer: Issuer, council: str, group_id: UUID, precondition: Precondition | None
) -> None:
    """Delete a group. Its members lose its roles. Raises Problem 404, 412."""
    await access_changes.lock_roles_exclusive(session, council)
    check_version(require(await store.get_locked_group(session, council, group_id)), precondition)
    async with access_changes.revoke_lost_scopes_of_group(session, issuer, council, group_id):
        await store.delete_group(session, council, group_id)


async def _change_members(session: Session, council: str, group_id: UUID, change: GroupChange) -> None:
    if change.clear:
        await store.remove_all_members(session, council, group_id)
    await store.remove_members(session, council, group_id, change.remove)
    if missing := change.add - await store.select_users(session, council, change.add):
        user_id = ids.show(min(missing))
        raise Problem(400, "invalidValue", f"{user_id} is no user here; groups within groups are not kept.")
    await store.add_members(session, council, group_id, change.add)


def _now() -> datetime:
    return clock.now()
