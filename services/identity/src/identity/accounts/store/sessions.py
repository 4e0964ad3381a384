"""Sessions in browsers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Row, bindparam, insert, select, update

from chassis.database import ReadSession, Session
from identity.accounts.tables import account, browser_session

_OPEN = browser_session.c.ended_at.is_(None)
_WITHIN = (
    browser_session.c.expires_at > bindparam("now"),
    browser_session.c.seen_at > bindparam("idle_since"),
)
_FORGOTTEN = {"upstream_person": None, "upstream_session": None}
_COLUMNS = (
    browser_session.c.id,
    browser_session.c.account,
    browser_session.c.methods,
    browser_session.c.device,
    browser_session.c.authenticated_at,
    browser_session.c.created_at,
    browser_session.c.seen_at,
)
_GET_BY_SECRET = (
    select(*_COLUMNS, account.c.language)
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
            for name in ("secret_hash", "methods", "device", "authenticated_at", "seen_at", "expires_at")
        }
    )
)
_SET_UPSTREAM_SESSION = (
    update(browser_session)
    .where(
        browser_session.c.id == bindparam("id_"), browser_session.c.upstream_person == bindparam("person_")
    )
    .values(upstream_session=bindparam("session_"))
)
_END = (
    update(browser_session)
    .where(
        browser_session.c.account == bindparam("account_"), browser_session.c.id == bindparam("id_"), _OPEN
    )
    .values(ended_at=bindparam("at"), **_FORGOTTEN)
    .returning(browser_session.c.id)
)
_END_ALL = (
    update(browser_session)
    .where(
        browser_session.c.account == bindparam("account_"), browser_session.c.id != bindparam("but"), _OPEN
    )
    .values(ended_at=bindparam("at"), **_FORGOTTEN)
    .returning(browser_session.c.id)
)
_SESSION = browser_session.c.upstream_session
_SESSION_PARAM = bindparam("session_", type_=LargeBinary)
_END_PERSON = (
    update(browser_session)
    .where(
        _OPEN,
        browser_session.c.upstream_person == bindparam("person_"),
        _SESSION_PARAM.is_(None) | _SESSION.is_(None) | (_SESSION == _SESSION_PARAM),
    )
    .values(ended_at=bindparam("at"), **_FORGOTTEN)
    .returning(browser_session.c.id, browser_session.c.account)
)
_END_SESSION = (
    update(browser_session)
    .where(_OPEN, _SESSION == _SESSION_PARAM)
    .values(ended_at=bindparam("at"), **_FORGOTTEN)
    .returning(browser_session.c.id, browser_session.c.account)
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
    .values(ended_at=bindparam("now"), **_FORGOTTEN)
    .returning(browser_session.c.id, browser_session.c.account)
)


async def get_by_secret(
    session: ReadSession, secret_hash: bytes, now: datetime, idle_since: datetime
) -> Row[Any] | None:
    """Get the live session of a cookie, with its account's ``language``."""
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


async def set_upstream_session(
    session: Session, session_id: UUID, person: bytes, upstream_session: bytes | None
) -> None:
    """Note that the person has come again from the provider, in another session there."""
    await session.execute(
        _SET_UPSTREAM_SESSION, {"id_": session_id, "person_": person, "session_": upstream_session}
    )


async def end_through(
    session: Session, person: bytes | None, upstream_session: bytes | None, at: datetime
) -> Sequence[Row[Any]]:
    """End the sessions opened through a provider by this person, by this session there, or by both.

    Where a session here does not say which session there opened it, the person alone decides. Returns ids
    and accounts.
    """
    if person is None:
        return await session.all(_END_SESSION, {"session_": upstream_session, "at": at})
    return await session.all(_END_PERSON, {"person_": person, "session_": upstream_session, "at": at})


async def expire(session: Session, now: datetime, idle_since: datetime, most: int) -> Sequence[Row[Any]]:
    """Mark at most ``most`` expired sessions as ended; returns ids and accounts."""
    return await session.all(_EXPIRE, {"now": now, "idle_since": idle_since, "most": most})
