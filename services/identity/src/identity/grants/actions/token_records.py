"""Records of the codes and tokens issued on a grant, found again by the hash of their secret.

Rows are those of the grant, with ``used_at`` and ``expires_at`` of the code or token.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import ReadSession, Session
from identity.grants.store import grants as store
from identity.shared.rules import crypto


async def add_code(session: Session, council: str, grant: UUID, now: datetime, seconds: int) -> str:
    """Add an authorization code to a grant; answers the code, of which only the hash is stored."""
    code = secrets.token_urlsafe(32)
    values = {
        "council": council,
        "grant_id": grant,
        "secret_hash": crypto.hash_secret(code),
        "expires_at": now + timedelta(seconds=seconds),
        "used_at": None,
    }
    await store.add_code(session, values)
    return code


async def get_by_code(session: ReadSession, code: str) -> Row[Any] | None:
    """Get the grant of a code, used or not, in time or not."""
    return await store.get_by_code(session, crypto.hash_secret(code))


async def lock_by_code(session: Session, code: str) -> Row[Any] | None:
    """Lock a code with its grant, used or not, in time or not."""
    return await store.lock_by_code(session, crypto.hash_secret(code))


async def mark_code_used(session: Session, code: str, at: datetime) -> None:
    """Mark a code as used: it is good once."""
    await store.mark_code_used(session, crypto.hash_secret(code), at)


async def add_refresh_token(
    session: Session, grant: Row[Any], now: datetime, unused_seconds: int, total_seconds: int
) -> str:
    """Add a refresh token to a grant; answers the token, of which only the hash is stored.

    It is good for ``unused_seconds``, but no longer than ``total_seconds`` after the grant was made.
    """
    token = secrets.token_urlsafe(32)
    last = grant.created_at + timedelta(seconds=total_seconds)
    values = {
        "council": grant.council,
        "id": ids.new(),
        "grant_id": grant.grant_id,
        "secret_hash": crypto.hash_secret(token),
        "expires_at": min(now + timedelta(seconds=unused_seconds), last),
        "used_at": None,
    }
    await store.add_refresh_token(session, values)
    return token


async def get_by_refresh_token(session: ReadSession, token: str) -> Row[Any] | None:
    """Get the grant of a refresh token, used or not, in time or not."""
    return await store.get_by_refresh_token(session, crypto.hash_secret(token))


async def lock_by_refresh_token(session: Session, token: str) -> Row[Any] | None:
    """Lock a refresh token with its grant, used or not, in time or not."""
    return await store.lock_by_refresh_token(session, crypto.hash_secret(token))


async def mark_refresh_token_used(session: Session, token: str, at: datetime) -> None:
    """Mark a refresh token as used: one that comes back after this was stolen."""
    await store.mark_refresh_token_used(session, crypto.hash_secret(token), at)


async def add_access_token(session: Session, grant: Row[Any], expires_at: datetime) -> UUID:
    """Record an access token, so that it can be refused when its grant ends; answers its ``jti``."""
    token_id = ids.new()
    values = {"council": grant.council, "id": token_id, "grant_id": grant.grant_id, "expires_at": expires_at}
    await store.add_access_token(session, values)
    return token_id
