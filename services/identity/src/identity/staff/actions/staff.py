"""A council's staff: roles as sets of scopes, who has them, and what happens when somebody leaves."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import Problem, conflict, not_found
from identity.accounts.actions import sessions
from identity.grants.actions import grants, subjects
from identity.issuer.actions import revocations
from identity.issuer.actions.signing_keys import Issuer
from identity.proofs.actions import proofs
from identity.shared.rules import crypto, tokens
from identity.shared.rules.tokens import Mode
from identity.staff.actions import access_changes, role_changes
from identity.staff.schemas.staff import NewRole, Role, StaffMember
from identity.staff.store import roles as stored_roles
from identity.staff.store import staff as store

_NIL = UUID(int=0)
_ANY_MODE: Mode = "sandbox"


async def scopes(session: ReadSession, council: str, account: UUID) -> frozenset[str]:
    """What the roles of an account come to at a council; nothing for whoever is not at work there."""
    return frozenset(row.scope for row in await stored_roles.scopes(session, council, account))


async def link(session: Session, council: str, external_id: str, account: UUID) -> bool:
    """Somebody has signed in through the council's directory: he is the member of staff it calls so.

    ``external_id`` is the directory's own key of him (Entra ID: ``oid``), as SCIM brought it. False when it
    names nobody at work. Raises Problem 409 when either is linked with another already: accounts change
    hands by no one's mistake.
    """
    row = await store.by_external(session, council, external_id)
    if row is None:
        return False
    if row.account == account:
        return True
    if row.account is not None or await store.of_account(session, council, account) is not None:
        raise conflict("linked-already", "This account or this member of staff is linked already.")
    await store.link(session, council, row.id, account, _now())
    return True


async def link_in_person(session: Session, council: str, caller: Caller, staff_id: UUID, code: str) -> None:
    """Where no directory signs in: he shows the desk code of the account he is to sign in with.

    Raises Problem 403 for somebody with more scopes than the caller, 404, 409.
    """
    await access_changes.gaining(session, council)
    row = await _member(session, council, staff_id)
    held = [one.scope for one in await stored_roles.scopes_of(session, council, staff_id)]
    revocations.may_grant(caller, held, _ANY_MODE, region=False)
    account = await proofs.use_desk_code(session, code)
    if account is None:
        raise Problem(404, "no-such-code", "This desk code is nobody's. Ask for a new one.")
    if row.account is not None or await store.of_account(session, council, account) is not None:
        raise conflict("linked-already", "This account or this member of staff is linked already.")
    await store.link(session, council, staff_id, account, _now())


async def part(session: Session, issuer: Issuer, council: str, staff_id: UUID) -> None:
    """It is his account no more: its tokens at this council and its sessions end. Raises Problem 404."""
    row = await _member(session, council, staff_id)
    if row.account is not None:
        await store.link(session, council, staff_id, None, _now())
        await leave(session, issuer, council, row.account)


async def unlink(session: Session, account: UUID) -> None:
    """The account is closed: whoever signed in with it may link another.

    The session sees every council afterwards.
    """
    await session.across_councils()
    await store.unlink(session, account, _now())


async def leave(session: Session, issuer: Issuer, council: str, account: UUID) -> None:
    """A member of staff has left: his grants end, his tokens of this council are refused, his sessions end.

    His row must be locked. The tokens are refused by his subject too, which also meets one that is being
    issued; those issued from the next second on, should he come back, are not. Sessions before grants, as
    signing out locks them.
    """
    await sessions.end_all(session, account, "leaver")
    await grants.end_account(session, account, council)
    now = _now()
    last = now + timedelta(seconds=tokens.ACCESS_SECONDS + crypto.GRACE)
    subject = subjects.subject(issuer, council, account)
    await revocations.refuse(session, council, subject, last, now, claim="sub")


async def roles(session: ReadSession, council: str, after: str, fetch: int) -> Sequence[Row[Any]]:
    """The council's roles, in order of name."""
    return await stored_roles.page(session, council, after, fetch)


async def role(session: ReadSession, council: str, name: str) -> Role:
    """Raises Problem 404."""
    return _role(await _found(session, council, name))


async def put_role(
    session: Session,
    issuer: Issuer,
    council: str,
    caller: Caller,
    name: str,
    body: NewRole,
    version: int | None,
) -> tuple[Role, bool]:
    """Make a role, or change the one at ``version``; whether it is new.

    Raises Problem 403 for a scope the caller lacks, 412 when the role has changed since, 428 when there is
    one and no version was given.
    """
    revocations.may_grant(caller, body.scopes, _ANY_MODE, region=False)
    values = {**body.model_dump(), "name": name, "updated_at": _now()}
    if version is None:
        row = await stored_roles.add(session, council, values)
        if row is None:
            raise Problem(428, "version-needed", "There is such a role. Send its ETag as If-Match.")
        made = _role(row)
        await role_changes.defined(session, council, caller, name, None, made)
        return made, True
    await access_changes.defining(session, council)
    async with access_changes.of_role(session, issuer, council, name):
        before = await role(session, council, name)
        row = await stored_roles.change(session, council, name, version, values)
        if row is None:
            raise Problem(412, "version-changed", "The role has changed since. Read it again.")
        changed = _role(row)
        await role_changes.defined(session, council, caller, name, before, changed)
    return changed, False


async def drop_role(session: Session, issuer: Issuer, council: str, caller: Caller, name: str) -> None:
    """Remove a role from everybody. Raises Problem 404."""
    await access_changes.defining(session, council)
    async with access_changes.of_role(session, issuer, council, name):
        before = await role(session, council, name)
        await stored_roles.drop(session, council, name)
        await role_changes.defined(session, council, caller, name, before, None)


async def page(session: ReadSession, council: str, after: UUID | None, fetch: int) -> Sequence[Row[Any]]:
    """The members of staff, the oldest first."""
    return await store.page(session, council, after or _NIL, fetch)


async def member(session: ReadSession, council: str, staff_id: UUID) -> StaffMember:
    """One member of staff with his roles. Raises Problem 404."""
    row = await store.one(session, council, staff_id)
    if row is None:
        raise not_found("member of staff with this id")
    held = await stored_roles.of_staff(session, council, staff_id)
    return show(row).model_copy(update={"roles": [one.role for one in held]})


async def give(session: Session, council: str, caller: Caller, staff_id: UUID, name: str) -> None:
    """Give a role. Again is no error. Raises Problem 403 for a role with a scope the caller lacks, 404."""
    await access_changes.gaining(session, council)
    found = await _found(session, council, name)
    revocations.may_grant(caller, found.scopes, _ANY_MODE, region=False)
    await _member(session, council, staff_id)
    if await stored_roles.give(session, council, staff_id, name, caller.subject, _now()):
        await role_changes.moved(session, council, caller, "given", staff_id, name)


async def take(
    session: Session, issuer: Issuer, council: str, caller: Caller, staff_id: UUID, name: str
) -> None:
    """Take a role given by hand away. Again is no error. Raises Problem 404."""
    await _member(session, council, staff_id)
    async with access_changes.of_staff(session, issuer, council, [staff_id]):
        if await stored_roles.take(session, council, staff_id, name):
            await role_changes.moved(session, council, caller, "taken", staff_id, name)


def show(row: Row[Any]) -> StaffMember:
    """A row as the API lists it."""
    return StaffMember(
        id=row.id,
        user_name=row.user_name,
        external_id=row.external_id,
        display_name=row.display_name,
        email=row.email,
        active=row.active,
        linked=row.account is not None,
    )


def show_role(row: Row[Any]) -> Role:
    """A row as the API lists it."""
    return _role(row)


async def _member(session: Session, council: str, staff_id: UUID) -> Row[Any]:
    row = await store.locked(session, council, staff_id)
    if row is None:
        raise not_found("member of staff with this id")
    return row


async def _found(session: ReadSession, council: str, name: str) -> Row[Any]:
    row = await stored_roles.one(session, council, name)
    if row is None:
        raise not_found("role of this name")
    return row


def _role(row: Row[Any]) -> Role:
    return Role.model_validate(row, from_attributes=True)


def _now() -> datetime:
    return datetime.now(UTC)


async def vouched_until(session: Session, account: UUID) -> datetime | None:
    """Get until when directories vouch for a person's work; None without one that must be asked again.

    The session sees every council afterwards: it may be the directory of any.
    """
    await session.across_councils()
    return await store.vouched_until(session, account)
