"""Roles of a council: named sets of scopes, and who is given them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition, refuse_without_version
from chassis.problems import not_found
from identity.issuer.actions import revocations
from identity.issuer.actions.signing_keys import Issuer
from identity.shared.rules.tokens import Mode
from identity.staff.actions import access_changes, members, role_changes
from identity.staff.schemas.staff import NewRole, Role
from identity.staff.store import roles as store

_ANY_MODE: Mode = "sandbox"


async def get_scopes(session: ReadSession, council: str, account: UUID) -> frozenset[str]:
    """Get the scopes that an account's roles give at a council; none unless they work there."""
    return frozenset(row.scope for row in await store.list_scopes(session, council, account))


async def list_all_scopes(session: ReadSession, council: str) -> list[str]:
    """List every scope that a role of the council has."""
    return [row.scope for row in await store.list_all_scopes(session, council)]


async def list_roles(session: ReadSession, council: str, after: str, fetch: int) -> Sequence[Row[Any]]:
    """List the council's roles, in order of name."""
    return await store.list_page(session, council, after, fetch)


async def get_role(session: ReadSession, council: str, name: str) -> Role:
    """Get a role. Raises Problem 404."""
    row = await store.get_role(session, council, name)
    if row is None:
        raise not_found("role of this name")
    return to_role(row)


async def put_role(
    session: Session,
    issuer: Issuer,
    council: str,
    caller: Caller,
    name: str,
    body: NewRole,
    precondition: Precondition | None,
) -> tuple[Role, bool]:
    """Create a role, or change the one for which the precondition holds; the flag tells whether it is new.

    Raises Problem 403 for a scope the caller lacks, 412 when the role has changed since, 428 when it exists
    and no precondition was given.
    """
    revocations.check_can_grant(caller, body.scopes, _ANY_MODE, region=False)
    values = {**body.model_dump(), "name": name, "updated_at": _now()}
    if precondition is not None:
        return await _update_role(session, issuer, council, caller, values, precondition), False
    row = await store.insert_role(session, council, values)
    if row is None:
        raise refuse_without_version("role")
    role = to_role(row)
    await role_changes.record_definition(session, council, caller, name, None, role)
    return role, True


async def _update_role(
    session: Session,
    issuer: Issuer,
    council: str,
    caller: Caller,
    values: dict[str, Any],
    precondition: Precondition,
) -> Role:
    name = values["name"]
    await access_changes.lock_roles_exclusive(session, council)
    async with access_changes.revoke_lost_scopes_of_role(session, issuer, council, name):
        before = await get_role(session, council, name)
        precondition.check(before.version, "role")
        row = await store.update_role(session, council, name, values)
        if row is None:
            raise not_found("role of this name")
        after = to_role(row)
        await role_changes.record_definition(session, council, caller, name, before, after)
    return after


async def remove_role(session: Session, issuer: Issuer, council: str, caller: Caller, name: str) -> None:
    """Remove a role from everybody who has it. Raises Problem 404."""
    await access_changes.lock_roles_exclusive(session, council)
    async with access_changes.revoke_lost_scopes_of_role(session, issuer, council, name):
        before = await get_role(session, council, name)
        await store.delete_role(session, council, name)
        await role_changes.record_definition(session, council, caller, name, before, None)


async def give_role(session: Session, council: str, caller: Caller, staff_id: UUID, name: str) -> None:
    """Give a role to a member of staff. Giving it again is no error.

    Raises Problem 403 for a role with a scope the caller lacks, 404.
    """
    await access_changes.lock_roles_shared(session, council)
    role = await get_role(session, council, name)
    revocations.check_can_grant(caller, role.scopes, _ANY_MODE, region=False)
    await members.lock_member(session, council, staff_id)
    if await store.give_role(session, council, staff_id, name, caller.subject, _now()):
        await role_changes.record_assignment(session, council, caller, "given", staff_id, name)


async def take_role(
    session: Session, issuer: Issuer, council: str, caller: Caller, staff_id: UUID, name: str
) -> None:
    """Take away a role that was given by hand. Taking it again is no error. Raises Problem 404."""
    await members.lock_member(session, council, staff_id)
    async with access_changes.revoke_lost_scopes_of_members(session, issuer, council, [staff_id]):
        if await store.take_role(session, council, staff_id, name):
            await role_changes.record_assignment(session, council, caller, "taken", staff_id, name)


def to_role(row: Row[Any]) -> Role:
    """Convert a row to the API's model."""
    return Role.model_validate(row, from_attributes=True)


def _now() -> datetime:
    return clock.now()
