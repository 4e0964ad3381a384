"""Movers: whoever may do less from now on has his live tokens refused; the ones he gets next work at once.

A token says what its bearer may do, and is believed offline until it expires. So whenever a scope is lost,
by a role taken, changed or removed, or by a group left, the tokens issued until then are refused, by event,
within a second. A refresh token needs nothing: what it is worth is looked up at every use.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis.database import Session
from identity.grants.actions import subjects as persons
from identity.issuer.actions import revocations
from identity.issuer.actions.signing_keys import Issuer
from identity.shared.rules import crypto, tokens
from identity.staff.store import access_changes as store

_SECOND = 1.0


@asynccontextmanager
async def of_role(session: Session, issuer: Issuer, council: str, name: str) -> AsyncIterator[None]:
    """Around a change of a role: whoever has it and may do less afterwards."""
    async with _losing(session, issuer, council, await store.of_role(session, council, name)):
        yield


async def defining(session: Session, council: str) -> None:
    """Before a role or a group is changed, and before any row is locked: nobody is given one meanwhile.

    He could have a token by what it was, and be overlooked among those who have it.
    """
    await store.alone(session, council)


async def gaining(session: Session, council: str) -> None:
    """Before somebody is given a role or put into groups, and before any row is locked: see ``defining``."""
    await store.together(session, council)


@asynccontextmanager
async def of_group(session: Session, issuer: Issuer, council: str, group_id: UUID) -> AsyncIterator[None]:
    """Around a change of a group of the directory."""
    async with _losing(session, issuer, council, await store.of_group(session, council, group_id)):
        yield


@asynccontextmanager
async def of_staff(
    session: Session, issuer: Issuer, council: str, staff_ids: Iterable[UUID]
) -> AsyncIterator[None]:
    """Around a change of what members of staff have."""
    async with _losing(session, issuer, council, await store.these(session, council, list(staff_ids))):
        yield


@asynccontextmanager
async def _losing(
    session: Session, issuer: Issuer, council: str, rows: Sequence[Row[Any]]
) -> AsyncIterator[None]:
    accounts = {row.id: row.account for row in rows}
    before = await store.scopes(session, council, list(accounts)) if accounts else {}
    yield
    if any(before.values()):
        after = await store.scopes(session, council, list(accounts))
        lost = [account for one, account in accounts.items() if before[one] - after[one]]
        await refuse(session, issuer, council, lost)


async def settled(session: Session, issuer: Issuer, council: str, account: UUID) -> float:
    """Keep the roles of an account's member of staff as they are until the transaction ends.

    It waits for a change in progress. Returns for how many seconds no token can be issued, if their tokens
    were just refused: a token carries its issue time in whole seconds, so one of the same second would be
    refused too. End the transaction, wait, and lock again.
    """
    if await store.hold(session, council, account):
        subject = persons.derive_subject(issuer, council, account)
        refused = await store.refused_until(session, council, subject)
        left = refused.timestamp() + 1 - issuer.clock() if refused is not None else 0
        return min(max(left, 0), _SECOND)
    return 0


async def part_all(session: Session, issuer: Issuer, council: str, upstream_id: UUID) -> None:
    """No member of staff signs in by this upstream any more: none has an account until he is linked anew."""
    rows = await store.of_upstream(session, council, upstream_id)
    if rows:
        await store.part(session, council, [row.id for row in rows], _now())
        await refuse(session, issuer, council, [row.account for row in rows])


async def refuse(session: Session, issuer: Issuer, council: str, accounts: Sequence[UUID]) -> None:
    """Refuse the tokens of the council that these accounts have until now: of those who have any.

    Their rows must be locked (``store.movers``) before it is called: it takes the moment. The number of
    statements does not grow with the number of accounts.
    """
    now = _now()
    live = await store.with_live_tokens(session, council, accounts, now) if accounts else []
    last = now + timedelta(seconds=tokens.ACCESS_SECONDS + crypto.GRACE_SECONDS)
    subjects = [persons.derive_subject(issuer, council, account) for account in live]
    await revocations.revoke_credentials(session, council, subjects, last, now, claim="sub")


def _now() -> datetime:
    return datetime.now(UTC)
