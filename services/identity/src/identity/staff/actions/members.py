"""Members of a council's staff: list them, link them with an account, and revoke access when they leave."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import Problem, conflict, not_found
from identity.accounts.actions import sessions
from identity.grants.actions import grants, subjects
from identity.issuer.actions import revocations
from identity.issuer.actions.signing_keys import Issuer
from identity.proofs.actions import desk_codes
from identity.shared.rules import crypto, tokens
from identity.shared.rules.tokens import Mode
from identity.staff.actions import access_changes
from identity.staff.schemas.staff import StaffMember
from identity.staff.store import members as store
from identity.staff.store import roles

_NIL = UUID(int=0)
_ANY_MODE: Mode = "sandbox"


async def list_members(
    session: ReadSession, council: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List the members of staff, the oldest first."""
    return await store.list_page(session, council, after or _NIL, fetch)


async def get_member(session: ReadSession, council: str, staff_id: UUID) -> StaffMember:
    """Get a member of staff with their roles. Raises Problem 404."""
    row = await store.get_member(session, council, staff_id)
    if row is None:
        raise not_found("member of staff with this id")
    role_rows = await roles.list_by_member(session, council, staff_id)
    return to_member(row).model_copy(update={"roles": [role.role for role in role_rows]})


async def lock_member(session: Session, council: str, staff_id: UUID) -> Row[Any]:
    """Get a member of staff, locked. Raises Problem 404."""
    row = await store.get_locked(session, council, staff_id)
    if row is None:
        raise not_found("member of staff with this id")
    return row


async def link_account(session: Session, council: str, external_id: str, account: UUID) -> bool:
    """Link a member of staff with the account that signed in through the council's directory.

    ``external_id`` is the directory's key of the member (Entra ID: ``oid``), as SCIM brought it. False when
    nobody at work has it. Raises Problem 409 when either is already linked with another: an account must not
    pass from one person to the next by mistake.
    """
    row = await store.get_working_by_external_id(session, council, external_id)
    if row is None:
        return False
    if row.account == account:
        return True
    await _link(session, council, row, account)
    return True


async def link_account_by_desk_code(
    session: Session, council: str, caller: Caller, staff_id: UUID, code: str
) -> None:
    """Link a member of staff with the account whose desk code they show, where no directory signs in.

    Raises Problem 403 for a member with more scopes than the caller, 404, 409.
    """
    await access_changes.lock_roles_shared(session, council)
    row = await lock_member(session, council, staff_id)
    scopes = [scope.scope for scope in await roles.list_scopes_of_member(session, council, staff_id)]
    revocations.check_can_grant(caller, scopes, _ANY_MODE, region=False)
    account = await desk_codes.use_desk_code(session, code)
    if account is None:
        raise Problem(404, "no-such-code", "This desk code is nobody's. Ask for a new one.")
    await _link(session, council, row, account)


async def _link(session: Session, council: str, row: Row[Any], account: UUID) -> None:
    if row.account is not None or await store.get_by_account(session, council, account) is not None:
        raise conflict("linked-already", "This account or this member of staff is linked already.")
    await store.set_account(session, council, row.id, account, _now())


async def unlink_member(session: Session, issuer: Issuer, council: str, staff_id: UUID) -> None:
    """Unlink a member of staff from their account, and revoke its access. Raises Problem 404."""
    row = await lock_member(session, council, staff_id)
    if row.account is not None:
        await store.set_account(session, council, staff_id, None, _now())
        await revoke_access(session, issuer, council, row.account)


async def close_account(session: Session, account: UUID) -> None:
    """Unlink a closed account from staff at every council. The session sees every council afterwards."""
    await session.set_all_councils()
    await store.unlink_account(session, account, _now())


async def revoke_access(session: Session, issuer: Issuer, council: str, account: UUID) -> None:
    """End what the council signed a leaver in to and granted them, and refuse their tokens of this council.

    They stay signed in where they signed in as a resident.

    Lock the member's row before. The tokens are refused by subject too, which meets one that is being issued;
    if the member comes back, tokens issued from the next second on are good. Sessions come before grants, the
    order in which signing out locks them.
    """
    await sessions.leave_council(session, account, council, "leaver")
    await grants.revoke_by_account(session, account, council)
    now = _now()
    until = now + timedelta(seconds=tokens.ACCESS_SECONDS + crypto.GRACE_SECONDS)
    revoked = await subjects.list_subjects(session, issuer, account, council)
    await revocations.revoke_credentials(session, council, revoked, until, now, claim="sub")


async def get_vouched_until(session: Session, account: UUID) -> datetime | None:
    """Get until when directories vouch for a person's work; None without one that must be asked again.

    The session sees every council afterwards: it may be the directory of any.
    """
    await session.set_all_councils()
    return await store.get_vouched_until(session, account)


async def get_email(session: ReadSession, council: str, account: UUID) -> str | None:
    """Get the e-mail address that the council's directory gives of a member of staff at work."""
    row = await store.get_by_account(session, council, account)
    return row.email if row is not None and row.active else None


async def get_name(session: ReadSession, council: str, account: UUID) -> str | None:
    """Get the name that the council's directory gives of a member of staff at work; None of anybody else."""
    row = await store.get_by_account(session, council, account)
    if row is None or not row.active:
        return None
    return row.display_name or f"{row.given_name} {row.family_name}".strip() or row.user_name


def to_member(row: Row[Any]) -> StaffMember:
    """Convert a row to the API's model."""
    return StaffMember(
        id=row.id,
        user_name=row.user_name,
        external_id=row.external_id,
        display_name=row.display_name,
        email=row.email,
        active=row.active,
        linked=row.account is not None,
    )


def _now() -> datetime:
    return clock.now()
