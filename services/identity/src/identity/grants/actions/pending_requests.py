"""Authorization requests that wait for their answer: pushed by a client, or on their way in a browser."""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import ReadSession, Session
from identity.grants.store import pending_requests as store
from identity.shared.oauth import authorization_requests
from identity.shared.oauth.authorization_requests import AuthorizationRequest
from identity.shared.rules import crypto


async def save_request(
    session: Session,
    council: str,
    client: UUID,
    client_name: str,
    request: AuthorizationRequest,
    browser: str | None,
    now: datetime,
    seconds: int,
) -> str:
    """Save a checked request for ``seconds``; answers the secret by which it is found again.

    ``browser``: the secret in the cookie of the browser that brought it; None for a pushed request.
    """
    secret = secrets.token_urlsafe(32)
    values = {
        "council": council,
        "id": ids.new(),
        "client": client,
        "kind": "pushed" if browser is None else "browser",
        "secret_hash": crypto.hash_secret(secret),
        "browser_hash": None if browser is None else crypto.hash_secret(browser),
        "client_name": client_name,
        "request": request.to_json(),
        "created_at": now,
        "expires_at": now + timedelta(seconds=seconds),
    }
    await store.add_request(session, values)
    return secret


async def take_pushed(
    session: Session, secret: str, client: UUID, now: datetime
) -> AuthorizationRequest | None:
    """Take the request that this client pushed, once; None when there is none, or none any more."""
    pushed = await store.take_pushed(session, crypto.hash_secret(secret), client, now)
    return None if pushed is None else authorization_requests.restore_request(pushed)


async def get_request(session: ReadSession, secret: str, now: datetime) -> Row[Any] | None:
    """Get the row of a request on its way in a browser; None when it is unknown or too old."""
    return await store.get_by_secret(session, crypto.hash_secret(secret), now)


async def lock_request(session: Session, secret: str, browser: str, now: datetime) -> Row[Any] | None:
    """Lock the row of a request, if this is the browser that brought it. None when it is not, or too old."""
    row = await store.lock_by_secret(session, crypto.hash_secret(secret), now)
    if row is None or not hmac.compare_digest(row.browser_hash, crypto.hash_secret(browser)):
        return None
    return row


async def mark_unproven(session: Session, request: Row[Any], account: UUID) -> None:
    """Record that this person goes on without the proof that the request asks for."""
    await store.mark_unproven(session, request.council, request.id, account)


async def delete_request(session: Session, request: Row[Any]) -> None:
    """Delete a request that has its answer."""
    await store.delete_request(session, request.council, request.id)
