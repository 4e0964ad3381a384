"""Grants and the codes and tokens issued on them. A grant is revoked whole."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, update

from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from identity.grants.tables import access_token, authorization_code, refresh_token, token_grant

_GRANT = (
    token_grant.c.council,
    token_grant.c.id.label("grant_id"),
    token_grant.c.client,
    token_grant.c.account,
    token_grant.c.session,
    token_grant.c.sector,
    token_grant.c.actor,
    token_grant.c.scopes,
    token_grant.c.request,
    token_grant.c.created_at,
    token_grant.c.revoked_at,
)
_ADD = insert(token_grant)
_ADD_CODE = insert(authorization_code)
_ADD_REFRESH_TOKEN = insert(refresh_token)
_ADD_ACCESS_TOKEN = insert(access_token)


def _select_by_secret(table: Any) -> Any:
    return (
        select(*_GRANT, table.c.used_at, table.c.expires_at)
        .join(
            token_grant, (token_grant.c.council == table.c.council) & (token_grant.c.id == table.c.grant_id)
        )
        .where(table.c.secret_hash == bindparam("hash"))
    )


def _update_used(table: Any) -> Any:
    return update(table).where(table.c.secret_hash == bindparam("hash")).values(used_at=bindparam("at"))


# Locks both rows, so that two requests with the same secret run one after the other.
_GET_BY_CODE = _select_by_secret(authorization_code)
_LOCK_BY_CODE = _GET_BY_CODE.with_for_update()
_GET_BY_REFRESH_TOKEN = _select_by_secret(refresh_token)
_LOCK_BY_REFRESH_TOKEN = _GET_BY_REFRESH_TOKEN.with_for_update()
_MARK_CODE_USED = _update_used(authorization_code)
_MARK_REFRESH_TOKEN_USED = _update_used(refresh_token)
_GET_BY_ACCESS_TOKEN = (
    select(*_GRANT, access_token.c.expires_at)
    .join(
        token_grant,
        (token_grant.c.council == access_token.c.council) & (token_grant.c.id == access_token.c.grant_id),
    )
    .where(access_token.c.id == bindparam("id_"))
)
_IN_FORCE = token_grant.c.revoked_at.is_(None)
_GET = select(*_GRANT).where(
    token_grant.c.council == bindparam("council_"), token_grant.c.id == bindparam("id_")
)
_LOCK_BY_SESSION = (
    select(*_GRANT).where(token_grant.c.session == bindparam("session_"), _IN_FORCE).with_for_update()
)
_LOCK_BY_ACCOUNT = (
    select(*_GRANT)
    .where((token_grant.c.account == bindparam("account_")) | (token_grant.c.actor == bindparam("account_")))
    .where(_IN_FORCE)
    .with_for_update()
)
_REVOKE = (
    update(token_grant)
    .where(token_grant.c.council == bindparam("council_"), token_grant.c.id == bindparam("id_"), _IN_FORCE)
    .values(revoked_at=bindparam("at"))
)
_LIST_LIVE_ACCESS_TOKENS = select(access_token.c.id, access_token.c.expires_at).where(
    access_token.c.council == bindparam("council_"),
    access_token.c.grant_id == bindparam("id_"),
    access_token.c.expires_at > bindparam("now", type_=access_token.c.expires_at.type),
)
_PURGE_ACCESS_TOKENS = delete_batch(
    access_token, access_token.c.expires_at < bindparam("now", type_=access_token.c.expires_at.type)
)
_PURGE = delete_batch(
    token_grant, token_grant.c.created_at < bindparam("before", type_=token_grant.c.created_at.type)
)


async def add_grant(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_ADD, dict(values))


async def add_code(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_ADD_CODE, dict(values))


async def add_refresh_token(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_ADD_REFRESH_TOKEN, dict(values))


async def add_access_token(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_ADD_ACCESS_TOKEN, dict(values))


async def lock_by_code(session: Session, hashed: bytes) -> Row[Any] | None:
    """Lock a code with its grant, used or not, in time or not."""
    return await session.first(_LOCK_BY_CODE, {"hash": hashed})


async def get_by_code(session: ReadSession, hashed: bytes) -> Row[Any] | None:
    """Get a code with its grant, without a lock."""
    return await session.first(_GET_BY_CODE, {"hash": hashed})


async def lock_by_refresh_token(session: Session, hashed: bytes) -> Row[Any] | None:
    """Lock a refresh token with its grant, used or not, in time or not."""
    return await session.first(_LOCK_BY_REFRESH_TOKEN, {"hash": hashed})


async def get_by_refresh_token(session: ReadSession, hashed: bytes) -> Row[Any] | None:
    """Get a refresh token with its grant, without a lock."""
    return await session.first(_GET_BY_REFRESH_TOKEN, {"hash": hashed})


async def mark_code_used(session: Session, hashed: bytes, at: datetime) -> None:
    await session.execute(_MARK_CODE_USED, {"hash": hashed, "at": at})


async def mark_refresh_token_used(session: Session, hashed: bytes, at: datetime) -> None:
    await session.execute(_MARK_REFRESH_TOKEN_USED, {"hash": hashed, "at": at})


async def get_by_access_token(session: ReadSession, token_id: UUID) -> Row[Any] | None:
    """Get the grant a person's access token was issued on, by its ``jti``."""
    return await session.first(_GET_BY_ACCESS_TOKEN, {"id_": token_id})


async def get(session: ReadSession, council: str, grant: UUID) -> Row[Any] | None:
    return await session.first(_GET, {"council_": council, "id_": grant})


async def lock_by_session(session: Session, browser_session: UUID) -> Sequence[Row[Any]]:
    """Lock the grants in force that were given in a browser session."""
    return await session.all(_LOCK_BY_SESSION, {"session_": browser_session})


async def lock_by_account(session: Session, account: UUID) -> Sequence[Row[Any]]:
    """Lock the grants in force of an account, and those by which it acts for another."""
    return await session.all(_LOCK_BY_ACCOUNT, {"account_": account})


async def revoke(session: Session, council: str, grant: UUID, at: datetime) -> bool:
    """Revoke a grant; false when it was not in force."""
    return await session.execute(_REVOKE, {"council_": council, "id_": grant, "at": at}) == 1


async def list_live_access_tokens(
    session: ReadSession, council: str, grant: UUID, now: datetime
) -> Sequence[Row[Any]]:
    """List the access tokens of a grant that have not expired."""
    return await session.all(_LIST_LIVE_ACCESS_TOKENS, {"council_": council, "id_": grant, "now": now})


async def purge_access_tokens(session: Session, now: datetime, most: int) -> int:
    """Delete a batch of access tokens that have expired."""
    return await session.execute(_PURGE_ACCESS_TOKENS, {"now": now, "most": most})


async def purge(session: Session, before: datetime, most: int) -> int:
    """Delete a batch of grants made before ``before``, with all issued on them."""
    return await session.execute(_PURGE, {"before": before, "most": most})
