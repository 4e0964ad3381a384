"""Changes of access: when a member of staff loses a scope, their live tokens are refused at once.

A token carries its bearer's scopes and is verified offline until it expires. So when a scope is lost, with a
role or a group, the tokens issued until then are refused, by event, within a second. A refresh token needs
nothing, since its scopes are looked up at every use.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock
from chassis.database import Session
from identity.grants.actions import subjects
from identity.issuer.actions import revocations
from identity.issuer.actions.signing_keys import Issuer
from identity.shared.rules import crypto, tokens
from identity.staff.store import access_changes as store

_SECOND = 1.0


async def lock_roles_exclusive(session: Session, council: str) -> None:
    """Lock a council's roles before a role or a group changes: nobody is given one meanwhile.

    Otherwise somebody could get a token by the old role, and be missing from the list of those who have it.
    Take it before any row is locked.
    """
    await store.lock_exclusive(session, council)


async def lock_roles_shared(session: Session, council: str) -> None:
    """Lock a council's roles against change before somebody gets a role or joins a group.

    Take it before any row is locked; see ``lock_roles_exclusive``.
    """
    await store.lock_shared(session, council)


async def lock_roles_of_account(
    session: Session, issuer: Issuer, council: str, account: UUID, subject: str
) -> float:
    """Keep the roles of an account's member of staff as they are until the transaction ends.

    ``subject``: by which the service knows them. It waits for a change in progress. Returns for how many
    seconds no token can be issued, if their tokens were just refused: a token carries its issue time in whole
    seconds, so one of the same second would be refused too. End the transaction, wait, and lock again.
    """
    if await store.lock_account(session, council, account):
        refused_until = await store.get_refused_until(session, council, subject)
        remaining = refused_until.timestamp() + 1 - issuer.clock() if refused_until is not None else 0
        return min(max(remaining, 0), _SECOND)
    return 0


@asynccontextmanager
async def revoke_lost_scopes_of_role(
    session: Session, issuer: Issuer, council: str, name: str
) -> AsyncIterator[None]:
    """Refuse the tokens of those who lose a scope by a change of a role. Use it around the change."""
    rows = await store.lock_by_role(session, council, name)
    async with _revoke_lost_scopes(session, issuer, council, rows):
        yield


@asynccontextmanager
async def revoke_lost_scopes_of_group(
    session: Session, issuer: Issuer, council: str, group_id: UUID
) -> AsyncIterator[None]:
    """Do as ``revoke_lost_scopes_of_role``, around a change of a group."""
    rows = await store.lock_by_group(session, council, group_id)
    async with _revoke_lost_scopes(session, issuer, council, rows):
        yield


@asynccontextmanager
async def revoke_lost_scopes_of_members(
    session: Session, issuer: Issuer, council: str, staff_ids: Iterable[UUID]
) -> AsyncIterator[None]:
    """Do as ``revoke_lost_scopes_of_role``, around a change of what members of staff have."""
    rows = await store.lock_members(session, council, list(staff_ids))
    async with _revoke_lost_scopes(session, issuer, council, rows):
        yield


@asynccontextmanager
async def _revoke_lost_scopes(
    session: Session, issuer: Issuer, council: str, rows: Sequence[Row[Any]]
) -> AsyncIterator[None]:
    accounts = {row.id: row.account for row in rows}
    before = await store.get_scopes(session, council, list(accounts)) if accounts else {}
    yield
    if any(before.values()):
        after = await store.get_scopes(session, council, list(accounts))
        losers = [account for staff_id, account in accounts.items() if before[staff_id] - after[staff_id]]
        await revoke_tokens(session, issuer, council, losers)


async def unlink_all(session: Session, issuer: Issuer, council: str, upstream_id: UUID) -> None:
    """Unlink the accounts of all staff who sign in by an upstream, and refuse their tokens."""
    rows = await store.lock_by_upstream(session, council, upstream_id)
    if rows:
        await store.unlink_members(session, council, [row.id for row in rows], _now())
        await revoke_tokens(session, issuer, council, [row.account for row in rows])


async def revoke_tokens(session: Session, issuer: Issuer, council: str, accounts: Sequence[UUID]) -> None:
    """Refuse the live tokens of the council that these accounts have until now.

    Lock their rows before (``store.access_changes``), since the time is taken here. The number of statements
    does not grow with the number of accounts.
    """
    now = _now()
    live = await store.list_with_live_tokens(session, council, accounts, now) if accounts else []
    until = now + timedelta(seconds=tokens.ACCESS_SECONDS + crypto.GRACE_SECONDS)
    revoked = [subjects.derive_subject(issuer, sector, account) for account, sector in live]
    await revocations.revoke_credentials(session, council, revoked, until, now, claim="sub")


def _now() -> datetime:
    return clock.now()
