"""The end of grants: with one go its code, its refresh tokens and, within a second, its access tokens."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import Session
from identity.grants.actions import history
from identity.grants.store import authorizations, logout_notices
from identity.grants.store import grants as store
from identity.issuer.actions import revocations
from identity.shared.oauth import vectors
from identity.shared.oauth.authorization_requests import OFFLINE_ACCESS
from identity.shared.rules.crypto import GRACE_SECONDS


async def revoke_grant(session: Session, council: str, grant: UUID, at: datetime) -> None:
    """End one grant. Again is no error."""
    if await store.revoke(session, council, grant, at):
        for token in await store.list_live_access_tokens(session, council, grant, at):
            last = token.expires_at + timedelta(seconds=GRACE_SECONDS)
            await revocations.revoke_credential(session, council, ids.show(token.id), last, claim="jti")


async def revoke_by_session(session: Session, browser_session: UUID) -> None:
    """Somebody has signed out of a browser: end what was granted in it and tell the clients.

    What was granted for when the person is away (``offline_access``) goes on (OpenID Connect Back-Channel
    Logout 1.0 section 2.7).
    """
    now = datetime.now(UTC)
    rows = await store.lock_by_session(session, browser_session)
    await logout_notices.add_notices(session, browser_session, now)
    for row in rows:
        if OFFLINE_ACCESS not in row.scopes:
            await revoke_grant(session, row.council, row.grant_id, now)


async def revoke_by_account(session: Session, account: UUID, council: str | None = None) -> None:
    """End every grant of an account, also those by which it acts for another; of one council if named.

    For an account that is closed and a member of staff who leaves.
    """
    now = datetime.now(UTC)
    await _revoke_all(session, [
        row for row in await store.lock_by_account(session, account) if council in (None, row.council)
    ], now)  # fmt: skip


async def revoke_consent(
    session: Session, council: str, account: UUID, client: UUID, client_name: str = ""
) -> bool:
    """The person agrees no longer: what was granted ends with it. False when there was no consent."""
    now = datetime.now(UTC)
    agreed = await authorizations.revoke_consent(session, council, account, client, now)
    rows = await store.lock_by_account(session, account)
    theirs = [row for row in rows if (row.council, row.client, row.account) == (council, client, account)]
    await _revoke_all(session, theirs, now)
    if agreed:
        await history.record_event(session, account, "consent ended", now, council=council, about=client_name)
    return agreed


async def revoke_by_proof(session: Session, account: UUID, withdrawn: str, left: str) -> None:
    """End what was granted for a proof that is withdrawn and for which what is left is not enough.

    The session sees every council.
    """
    rows = await store.lock_by_account(session, account)
    wanted = [(row, row.request.get("identity", vectors.NO_IDENTITY)) for row in rows]
    ended = [
        row
        for row, level in wanted
        if row.account == account
        and vectors.satisfies_identity(withdrawn, level)
        and not vectors.satisfies_identity(left, level)
    ]
    await _revoke_all(session, ended, datetime.now(UTC))


async def _revoke_all(session: Session, rows: Sequence[Row[Any]], at: datetime) -> None:
    for row in rows:
        await revoke_grant(session, row.council, row.grant_id, at)
