"""Grants and what is issued on them. One grant, one family: it is revoked whole."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, insert, select, update

from chassis.database import ReadSession, Session
from identity.grants.tables import access_token, authorisation_code, refresh_token, token_grant

_GRANT = (
    token_grant.c.council,
    token_grant.c.id.label("grant_id"),
    token_grant.c.client,
    token_grant.c.account,
    token_grant.c.session,
    token_grant.c.actor,
    token_grant.c.scopes,
    token_grant.c.request,
    token_grant.c.created_at,
    token_grant.c.revoked_at,
)
_ADD = insert(token_grant)
_ADD_CODE = insert(authorisation_code)
_ADD_REFRESH = insert(refresh_token)
_ADD_ACCESS = insert(access_token)


def _by_secret(table: Any) -> Any:
    return (
        select(*_GRANT, table.c.used_at, table.c.expires_at)
        .join(
            token_grant, (token_grant.c.council == table.c.council) & (token_grant.c.id == table.c.grant_id)
        )
        .where(table.c.secret_hash == bindparam("hash"))
    )


def _use(table: Any) -> Any:
    return update(table).where(table.c.secret_hash == bindparam("hash")).values(used_at=bindparam("at"))


# Both rows are locked: two that show the same secret come one after the other.
_CODE_SEEN = _by_secret(authorisation_code)
_CODE = _CODE_SEEN.with_for_update()
_REFRESH_SEEN = _by_secret(refresh_token)
_REFRESH = _REFRESH_SEEN.with_for_update()
_USE_CODE = _use(authorisation_code)
_USE_REFRESH = _use(refresh_token)
_OF_TOKEN = (
    select(*_GRANT, access_token.c.expires_at)
    .join(
        token_grant,
        (token_grant.c.council == access_token.c.council) & (token_grant.c.id == access_token.c.grant_id),
    )
    .where(access_token.c.id == bindparam("id_"))
)
_IN_USE = token_grant.c.revoked_at.is_(None)
_BY_ID = select(*_GRANT).where(
    token_grant.c.council == bindparam("council_"), token_grant.c.id == bindparam("id_")
)
_OF_SESSION = select(*_GRANT).where(token_grant.c.session == bindparam("session_"), _IN_USE).with_for_update()
_OF_ACCOUNT = (
    select(*_GRANT)
    .where((token_grant.c.account == bindparam("account_")) | (token_grant.c.actor == bindparam("account_")))
    .where(_IN_USE)
    .with_for_update()
)
_REVOKE = (
    update(token_grant)
    .where(token_grant.c.council == bindparam("council_"), token_grant.c.id == bindparam("id_"), _IN_USE)
    .values(revoked_at=bindparam("at"))
)
_ALIVE = select(access_token.c.id, access_token.c.expires_at).where(
    access_token.c.council == bindparam("council_"),
    access_token.c.grant_id == bindparam("id_"),
    access_token.c.expires_at > bindparam("now", type_=access_token.c.expires_at.type),
)
_SWEEP_ACCESS = delete(access_token).where(
    access_token.c.expires_at < bindparam("now", type_=access_token.c.expires_at.type)
)
_SWEEP = delete(token_grant).where(
    token_grant.c.created_at < bindparam("before", type_=token_grant.c.created_at.type)
)


async def add(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_ADD, dict(values))


async def add_code(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_ADD_CODE, dict(values))


async def add_refresh(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_ADD_REFRESH, dict(values))


async def add_access(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_ADD_ACCESS, dict(values))


async def code(session: Session, hashed: bytes) -> Row[Any] | None:
    """A code with its grant, used or not, in time or not; locked."""
    return await session.first(_CODE, {"hash": hashed})


async def code_seen(session: ReadSession, hashed: bytes) -> Row[Any] | None:
    """As ``code``, only looked at."""
    return await session.first(_CODE_SEEN, {"hash": hashed})


async def refresh(session: Session, hashed: bytes) -> Row[Any] | None:
    """A refresh token with its grant, used or not, in time or not; locked."""
    return await session.first(_REFRESH, {"hash": hashed})


async def refresh_seen(session: ReadSession, hashed: bytes) -> Row[Any] | None:
    """As ``refresh``, only looked at."""
    return await session.first(_REFRESH_SEEN, {"hash": hashed})


async def use_code(session: Session, hashed: bytes, at: datetime) -> None:
    await session.execute(_USE_CODE, {"hash": hashed, "at": at})


async def use_refresh(session: Session, hashed: bytes, at: datetime) -> None:
    await session.execute(_USE_REFRESH, {"hash": hashed, "at": at})


async def of_token(session: ReadSession, token_id: UUID) -> Row[Any] | None:
    """The grant a person's access token was issued on, by its ``jti``."""
    return await session.first(_OF_TOKEN, {"id_": token_id})


async def one(session: ReadSession, council: str, grant: UUID) -> Row[Any] | None:
    return await session.first(_BY_ID, {"council_": council, "id_": grant})


async def of_session(session: Session, browser_session: UUID) -> Sequence[Row[Any]]:
    """The grants in use that were given in a browser session; locked."""
    return await session.all(_OF_SESSION, {"session_": browser_session})


async def of_account(session: Session, account: UUID) -> Sequence[Row[Any]]:
    """The grants in use of an account, and those by which it acts for another; locked."""
    return await session.all(_OF_ACCOUNT, {"account_": account})


async def revoke(session: Session, council: str, grant: UUID, at: datetime) -> bool:
    """Whether it was in use until now."""
    return await session.execute(_REVOKE, {"council_": council, "id_": grant, "at": at}) == 1


async def alive(session: ReadSession, council: str, grant: UUID, now: datetime) -> Sequence[Row[Any]]:
    """The access tokens of a grant that have not expired."""
    return await session.all(_ALIVE, {"council_": council, "id_": grant, "now": now})


async def sweep(session: Session, now: datetime, before: datetime) -> None:
    """Forget access tokens that have expired, and grants made before ``before`` with all of theirs."""
    await session.execute(_SWEEP_ACCESS, {"now": now})
    await session.execute(_SWEEP, {"before": before})
