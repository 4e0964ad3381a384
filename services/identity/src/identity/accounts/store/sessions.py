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
_SHOWN = (
    browser_session.c.id,
    browser_session.c.account,
    browser_session.c.methods,
    browser_session.c.device,
    browser_session.c.authenticated_at,
    browser_session.c.created_at,
    browser_session.c.seen_at,
)
_BY_SECRET = (
    select(*_SHOWN, account.c.language)
    .join(account, account.c.id == browser_session.c.account)
    .where(
        browser_session.c.secret_hash == bindparam("secret_hash_"),
        _OPEN,
        *_WITHIN,
        account.c.status == "active",
    )
)
_OF_ACCOUNT = (
    select(*_SHOWN)
    .where(browser_session.c.account == bindparam("account_"), _OPEN, *_WITHIN)
    .order_by(browser_session.c.seen_at.desc(), browser_session.c.id)
    .limit(bindparam("most"))
)
_ADD = insert(browser_session)
_SEEN = (
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
_THROUGH = (
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
_NAMED = bindparam("session_", type_=LargeBinary)
_END_PERSON = (
    update(browser_session)
    .where(
        _OPEN,
        browser_session.c.upstream_person == bindparam("person_"),
        _NAMED.is_(None) | _SESSION.is_(None) | (_SESSION == _NAMED),
    )
    .values(ended_at=bindparam("at"), **_FORGOTTEN)
    .returning(browser_session.c.id, browser_session.c.account)
)
_END_SESSION = (
    update(browser_session)
    .where(_OPEN, _SESSION == _NAMED)
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


async def by_secret(
    session: ReadSession, secret_hash: bytes, now: datetime, idle_since: datetime
) -> Row[Any] | None:
    """The live session of a cookie, with its account's ``language``."""
    values = {"secret_hash_": secret_hash, "now": now, "idle_since": idle_since}
    return await session.first(_BY_SECRET, values)


async def of_account(
    session: ReadSession, account_id: UUID, now: datetime, idle_since: datetime, most: int
) -> Sequence[Row[Any]]:
    """The live sessions of an account, the last used first."""
    values = {"account_": account_id, "now": now, "idle_since": idle_since, "most": most}
    return await session.all(_OF_ACCOUNT, values)


async def add(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_ADD, values)


async def seen(session: Session, session_id: UUID, at: datetime) -> None:
    await session.execute(_SEEN, {"id_": session_id, "at": at})


async def renew(session: Session, session_id: UUID, values: Mapping[str, Any]) -> bool:
    """Give a session its next secret and what was shown now; false when it has ended."""
    return await session.execute(_RENEW, {**values, "id_": session_id}) == 1


async def end(session: Session, account_id: UUID, session_id: UUID, at: datetime) -> bool:
    """Whether it was open until now."""
    row = await session.first(_END, {"account_": account_id, "id_": session_id, "at": at})
    return row is not None


async def end_all(session: Session, account_id: UUID, at: datetime, but: UUID) -> list[UUID]:
    """End every session of an account but one; those that were open."""
    rows = await session.all(_END_ALL, {"account_": account_id, "at": at, "but": but})
    return [row.id for row in rows]


async def came_again(
    session: Session, session_id: UUID, person: bytes, upstream_session: bytes | None
) -> None:
    """Who opened a session through a provider has come from there again, in another session of his there."""
    await session.execute(_THROUGH, {"id_": session_id, "person_": person, "session_": upstream_session})


async def end_through(
    session: Session, person: bytes | None, upstream_session: bytes | None, at: datetime
) -> Sequence[Row[Any]]:
    """End what was opened through a provider by this person, in this session there, or both: ids, accounts.

    Of a session here that does not say which it was there, the person decides.
    """
    if person is None:
        return await session.all(_END_SESSION, {"session_": upstream_session, "at": at})
    return await session.all(_END_PERSON, {"person_": person, "session_": upstream_session, "at": at})


async def expire(session: Session, now: datetime, idle_since: datetime, most: int) -> Sequence[Row[Any]]:
    """Mark what has run out as ended, at most ``most``: ids and accounts."""
    return await session.all(_EXPIRE, {"now": now, "idle_since": idle_since, "most": most})
