"""Grants: created at sign-in, and revoked whole.

With a grant end its code, its refresh tokens and, within a second, its access tokens.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import Session
from identity.grants.actions import logout_notices
from identity.grants.store import grants as store
from identity.grants.store import pending_requests
from identity.issuer.actions import revocations
from identity.shared.oauth import relying_party, vectors
from identity.shared.oauth.authorization_requests import OFFLINE_ACCESS
from identity.shared.rules.crypto import GRACE_SECONDS

_NO_CLAIMS = {"userinfo_claims": [], "id_token_claims": [], "identity": vectors.NO_IDENTITY}


async def create_grant(session: Session, council: str, values: Mapping[str, Any], now: datetime) -> UUID:
    """Create the grant of a sign-in; answers its id.

    ``values``: its client and the client's sector, account, session, scopes, and in ``request`` what its
    code, tokens and claims are bound to.
    """
    grant = ids.new()
    await store.add_grant(session, {
        **values, "council": council, "id": grant, "actor": None, "created_at": now, "revoked_at": None,
    })  # fmt: skip
    return grant


async def create_delegated(
    session: Session, actor: Row[Any], principal: UUID, delegate: UUID, scopes: Sequence[str], now: datetime
) -> Row[Any]:
    """Create a grant with which the delegate acts for the principal, in the session of ``actor``'s grant.

    It ends with that session and with the mandate, and gives no claims.
    """
    grant = ids.new()
    await store.add_grant(session, {
        "council": actor.council,
        "id": grant,
        "client": actor.client,
        "account": principal,
        "session": actor.session,
        "sector": actor.sector,
        "actor": delegate,
        "scopes": list(scopes),
        "request": {**actor.request, **_NO_CLAIMS, "backchannel_logout_uri": None},
        "created_at": now,
        "revoked_at": None,
    })  # fmt: skip
    row = await store.get(session, actor.council, grant)
    if row is None:  # pragma: no cover - it was just written
        raise LookupError(f"grant {grant} is not there")
    return row


async def revoke_grant(session: Session, council: str, grant: UUID, at: datetime) -> None:
    """Revoke one grant. To repeat it is no error."""
    if await store.revoke(session, council, grant, at):
        for token in await store.list_live_access_tokens(session, council, grant, at):
            last = token.expires_at + timedelta(seconds=GRACE_SECONDS)
            await revocations.revoke_credential(session, council, ids.show(token.id), last, claim="jti")


async def revoke_by_session(session: Session, browser_session: UUID, council: str | None = None) -> None:
    """Revoke what was granted in a browser session that ends, and enqueue a logout token to each client.

    With ``council``, only what was granted there. A grant with ``offline_access`` goes on (OpenID Connect
    Back-Channel Logout 1.0 section 2.7).
    """
    now = clock.now()
    rows = await store.lock_by_session(session, browser_session)
    await logout_notices.enqueue_notices(session, browser_session, council)
    ended = (row for row in rows if council in (None, row.council) and OFFLINE_ACCESS not in row.scopes)
    await _revoke_all(session, ended, now)


async def revoke_by_account(session: Session, account: UUID, council: str | None = None) -> None:
    """Revoke every grant of an account, and those by which it acts for another; of one council if named.

    For an account that is closed and a member of staff who leaves.
    """
    rows = await store.lock_by_account(session, account)
    await _revoke_all(session, (row for row in rows if council in (None, row.council)), clock.now())


async def revoke_by_client(
    session: Session, council: str, account: UUID, client: UUID, now: datetime
) -> None:
    """Revoke what a person granted to one client."""
    rows = await store.lock_by_account(session, account)
    granted = (row for row in rows if (row.council, row.client, row.account) == (council, client, account))
    await _revoke_all(session, granted, now)


async def revoke_by_proof(session: Session, account: UUID, withdrawn: str, remaining: str) -> None:
    """Revoke each grant that relied on a withdrawn proof, unless the ``remaining`` level is enough for it.

    The session sees every council.
    """
    rows = await store.lock_by_account(session, account)
    levels = [
        (row, row.request.get("identity", vectors.NO_IDENTITY)) for row in rows if row.account == account
    ]
    unproven = (
        row
        for row, level in levels
        if vectors.satisfies_identity(withdrawn, level) and not vectors.satisfies_identity(remaining, level)
    )
    await _revoke_all(session, unproven, clock.now())


async def purge_requests(session: Session, most: int) -> int:
    """Delete a batch of requests nobody followed up."""
    return await pending_requests.purge(session, clock.now(), most)


async def purge_access_tokens(session: Session, most: int) -> int:
    """Delete a batch of access tokens that expired."""
    return await store.purge_access_tokens(session, clock.now(), most)


async def purge(session: Session, most: int) -> int:
    """Delete a batch of grants too old to refresh."""
    return await store.purge(session, clock.now() - timedelta(seconds=relying_party.GRANT_SECONDS), most)


async def _revoke_all(session: Session, rows: Iterable[Row[Any]], at: datetime) -> None:
    for row in rows:
        await revoke_grant(session, row.council, row.grant_id, at)
