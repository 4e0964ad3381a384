"""Sign-ins at upstreams in sessions: added at the callback, deleted when they are over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Row, bindparam, delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Session
from identity.accounts.tables import browser_session, session_upstream

_S = session_upstream.c
_INSERT = insert(session_upstream)
_PUT = _INSERT.on_conflict_do_update(
    index_elements=["council", "session", "upstream"],
    set_={
        name: _INSERT.excluded[name] for name in ("method", "authenticated_at", "person", "upstream_session")
    },
)
_DELETE = delete(session_upstream).where(_S.session == bindparam("session_"))
_SESSION_PARAM = bindparam("session_", type_=LargeBinary)
_OF_PERSON = (
    _S.person == bindparam("person_"),
    _SESSION_PARAM.is_(None) | _S.upstream_session.is_(None) | (_S.upstream_session == _SESSION_PARAM),
)
_OF_SESSION = (_S.upstream_session == _SESSION_PARAM,)
_OF_ACCOUNT = (
    _S.council == bindparam("council_"),
    bindparam("id_", type_=_S.upstream.type).is_(None) | (_S.upstream == bindparam("id_")),
    _S.session.in_(
        select(browser_session.c.id).where(
            browser_session.c.account == bindparam("account_"), browser_session.c.ended_at.is_(None)
        )
    ),
)
_OF_UPSTREAM = (_S.council == bindparam("council_"), _S.upstream == bindparam("id_"))
_REMOVE_UPSTREAM = delete(session_upstream).where(*_OF_UPSTREAM)
_EXPIRE_UNUSED = (
    update(browser_session)
    .where(
        browser_session.c.ended_at.is_(None),
        browser_session.c.own_at.is_(None),
        browser_session.c.id.in_(select(_S.session).where(*_OF_UPSTREAM)),
        ~exists().where(_S.session == browser_session.c.id, _S.upstream != bindparam("id_")),
    )
    .values(expires_at=bindparam("at"))
)


def _lock(where: tuple[Any, ...]) -> Any:
    return (
        select(browser_session.c.id)
        .where(
            browser_session.c.id.in_(select(_S.session).where(*where)), browser_session.c.ended_at.is_(None)
        )
        .order_by(browser_session.c.id)
        .with_for_update()
    )


def _take(where: tuple[Any, ...]) -> Any:
    return delete(session_upstream).where(*where).returning(_S.session, _S.council)


_LOCK_PERSON, _TAKE_PERSON = _lock(_OF_PERSON), _take(_OF_PERSON)
_LOCK_SESSION, _TAKE_SESSION = _lock(_OF_SESSION), _take(_OF_SESSION)
_LOCK_ACCOUNT, _TAKE_ACCOUNT = _lock(_OF_ACCOUNT), _take(_OF_ACCOUNT)


async def put(session: Session, values: Mapping[str, Any]) -> None:
    """Add a sign-in at an upstream to a session, or renew it."""
    await session.execute(_PUT, dict(values))


async def delete_by_session(session: Session, session_id: UUID) -> None:
    """Delete the sign-ins at upstreams in a session that has ended."""
    await session.execute(_DELETE, {"session_": session_id})


async def take_by_logout(
    session: Session, person: bytes | None, upstream_session: bytes | None
) -> Sequence[Row[Any]]:
    """Delete the sign-ins of this person at a provider, of this session there, or of both.

    Where a sign-in does not say in which session there it was, the person alone decides. The sessions are
    locked first, as a sign-in locks them. Returns ``session`` and ``council`` of each.
    """
    values = {"person_": person, "session_": upstream_session}
    if person is None:
        await session.all(_LOCK_SESSION, {"session_": upstream_session})
        return await session.all(_TAKE_SESSION, {"session_": upstream_session})
    await session.all(_LOCK_PERSON, values)
    return await session.all(_TAKE_PERSON, values)


async def take_by_account(
    session: Session, account_id: UUID, council: str, upstream_id: UUID | None
) -> Sequence[Row[Any]]:
    """Delete the sign-ins of an account at one upstream of a council, or at all: as ``take_by_logout``."""
    values = {"account_": account_id, "council_": council, "id_": upstream_id}
    await session.all(_LOCK_ACCOUNT, values)
    return await session.all(_TAKE_ACCOUNT, values)


async def remove_upstream(session: Session, council: str, upstream_id: UUID, at: datetime) -> None:
    """Delete every sign-in at an upstream. Sessions that nothing else signs in expire now."""
    values = {"council_": council, "id_": upstream_id}
    await session.execute(_EXPIRE_UNUSED, {**values, "at": at})
    await session.execute(_REMOVE_UPSTREAM, values)
