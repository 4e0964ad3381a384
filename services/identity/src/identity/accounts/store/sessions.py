"""Sessions in browsers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, exists, extract, func, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database import ReadSession, Session
from identity.accounts.tables import account, browser_session, session_upstream

_OPEN = browser_session.c.ended_at.is_(None)
_WITHIN = (
    browser_session.c.expires_at > bindparam("now"),
    browser_session.c.seen_at > bindparam("idle_since"),
)
_UPSTREAMS = (
    select(
        func.jsonb_agg(
            func.jsonb_build_array(
                session_upstream.c.council,
                session_upstream.c.upstream,
                session_upstream.c.method,
                extract("epoch", session_upstream.c.authenticated_at),
            ),
            type_=JSONB,
        )
    )
    .where(session_upstream.c.session == browser_session.c.id)
    .scalar_subquery()
    .label("upstreams")
)
_COLUMNS = (
    browser_session.c.id,
    browser_session.c.account,
    browser_session.c.methods,
    browser_session.c.own_at,
    browser_session.c.device,
    browser_session.c.authenticated_at,
    browser_session.c.created_at,
    browser_session.c.seen_at,
)
_GET_BY_SECRET = (
    select(*_COLUMNS, account.c.language, _UPSTREAMS)
    .join(account, account.c.id == browser_session.c.account)
    .where(
        browser_session.c.secret_hash == bindparam("secret_hash_"),
        _OPEN,
        *_WITHIN,
        account.c.status == "active",
    )
)
_LIST_BY_ACCOUNT = (
    select(*_COLUMNS)
    .where(browser_session.c.account == bindparam("account_"), _OPEN, *_WITHIN)
    .order_by(browser_session.c.seen_at.desc(), browser_session.c.id)
    .limit(bindparam("most"))
)
_ADD = insert(browser_session)
_TOUCH = (
    update(browser_session).where(browser_session.c.id == bindparam("id_")).values(seen_at=bindparam("at"))
)
_RENEW = (
    update(browser_session)
    .where(browser_session.c.id == bindparam("id_"), _OPEN)
    .values(
        {
            name: bindparam(name)
            for name in (
                "secret_hash",
                "methods",
                "own_at",
                "device",
                "authenticated_at",
                "seen_at",
                "expires_at",
            )
        }
    )
)
_END = (
    update(browser_session)
    .where(
        browser_session.c.account == bindparam("account_"), browser_session.c.id == bindparam("id_"), _OPEN
    )
    .values(ended_at=bindparam("at"))
    .returning(browser_session.c.id)
)
_END_ALL = (
    update(browser_session)
    .where(
        browser_session.c.account == bindparam("account_"), browser_session.c.id != bindparam("but"), _OPEN
    )
    .values(ended_at=bindparam("at"))
    .returning(browser_session.c.id)
)
_END_UNUSED = (
    update(browser_session)
    .where(
        browser_session.c.id == bindparam("id_"),
        _OPEN,
        browser_session.c.own_at.is_(None),
        ~exists().where(session_upstream.c.session == browser_session.c.id),
    )
    .values(ended_at=bindparam("at"))
    .returning(browser_session.c.account)
)
_EXPIRED = (
    select(browser_session.c.id)
    .where(
        _OPEN,
        (browser_session.c.expires_at <= bindparam("now"))
        | (browser_session.c.seen_at <= bindparam("idle_since")),
    )
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_EXPIRE = (
    update(browser_session)
    .where(browser_session.c.id.in_(_EXPIRED))
    .values(ended_at=bindparam("now"))
    .returning(browser_session.c.id, browser_session.c.account)
)


async def get_by_secret(
    session: ReadSession, secret_hash: bytes, now: datetime, idle_since: datetime
) -> Row[Any] | None:
    """Get the live session of a cookie, with its account's ``language`` and its sign-ins at ``upstreams``."""
    values = {"secret_hash_": secret_hash, "now": now, "idle_since": idle_since}
    return await session.first(_GET_BY_SECRET, values)


async def list_by_account(
    session: ReadSession, account_id: UUID, now: datetime, idle_since: datetime, most: int
) -> Sequence[Row[Any]]:
    """List the live sessions of an account, the last used first."""
    values = {"account_": account_id, "now": now, "idle_since": idle_since, "most": most}
    return await session.all(_LIST_BY_ACCOUNT, values)


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a session."""
    await session.execute(_ADD, values)


async def touch(session: Session, session_id: UUID, at: datetime) -> None:
    """Note that a session is in use."""
    await session.execute(_TOUCH, {"id_": session_id, "at": at})


async def renew(session: Session, session_id: UUID, values: Mapping[str, Any]) -> bool:
    """Give a session its next secret and methods; false when it has ended."""
    return await session.execute(_RENEW, {**values, "id_": session_id}) == 1


async def end(session: Session, account_id: UUID, session_id: UUID, at: datetime) -> bool:
    """End a session; false when it was not open."""
    row = await session.first(_END, {"account_": account_id, "id_": session_id, "at": at})
    return row is not None


async def end_all(session: Session, account_id: UUID, at: datetime, but: UUID) -> list[UUID]:
    """End every session of an account except ``but``; returns the ids of those that were open."""
    rows = await session.all(_END_ALL, {"account_": account_id, "at": at, "but": but})
    return [row.id for row in rows]


async def end_unused(session: Session, session_id: UUID, at: datetime) -> UUID | None:
    """End a session that nothing signs in any more: its account; None when something does."""
    account_id: UUID | None = await session.scalar(_END_UNUSED, {"id_": session_id, "at": at})
    return account_id


async def expire(session: Session, now: datetime, idle_since: datetime, most: int) -> Sequence[Row[Any]]:
    """Mark at most ``most`` expired sessions as ended; returns ids and accounts."""
    return await session.all(_EXPIRE, {"now": now, "idle_since": idle_since, "most": most})
