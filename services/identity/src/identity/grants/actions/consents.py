"""Consents: what a person agrees that a client may know and do, and how they withdraw it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock
from chassis.database import ReadSession, Session
from identity.grants.actions import grants, history
from identity.grants.store import consents as store
from identity.shared.oauth.authorization_requests import AuthorizationRequest


async def get_consent(session: ReadSession, council: str, account: UUID, client: UUID) -> Row[Any] | None:
    """Get what the person agrees that the client may know and do; None for nothing."""
    return await store.get_consent(session, council, account, client)


async def list_consents(session: ReadSession, account: UUID, fetch: int) -> Sequence[Row[Any]]:
    """List all that a person agrees to; ``fetch`` at most."""
    return await store.list_consents(session, account, fetch)


async def give_consent(
    session: Session,
    council: str,
    account: UUID,
    client: UUID,
    client_name: str,
    request: AuthorizationRequest,
    now: datetime,
) -> None:
    """Record that the person agrees to all the request asks for, in place of an earlier consent."""
    values = {
        "council": council,
        "account": account,
        "client": client,
        "scopes": sorted(request.scopes),
        "claims": sorted(request.claims),
        "given_at": now,
    }
    await store.save_consent(session, values)
    await history.record_event(session, account, "consent given", now, council=council, about=client_name)


async def revoke_consent(
    session: Session, council: str, account: UUID, client: UUID, client_name: str = ""
) -> bool:
    """Withdraw a consent and revoke what was granted on it. False when there was no consent."""
    now = clock.now()
    revoked = await store.revoke_consent(session, council, account, client, now)
    await grants.revoke_by_client(session, council, account, client, now)
    if revoked:
        await history.record_event(session, account, "consent ended", now, council=council, about=client_name)
    return revoked
