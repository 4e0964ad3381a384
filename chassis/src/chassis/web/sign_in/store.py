"""SQL statements of sign-in: the councils' clients, and sessions."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, insert, or_, select, update

from chassis import clock
from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from chassis.jobs import Every, Purge
from chassis.sign_in_tables import sign_in_client, staff_session

_REFRESH_SECONDS = 15
_CLIENT = sign_in_client.c
_SESSION = staff_session.c
_FIND_CLIENT = (
    select(sign_in_client)
    .where(_CLIENT.council == bindparam("council"), _CLIENT.mode == bindparam("mode"))
    .order_by(_CLIENT.id.desc())
    .limit(1)
)
_LIST_CLIENT_IDS = select(_CLIENT.client_id).where(_CLIENT.council == bindparam("council")).distinct()
_INSERT_CLIENT = insert(sign_in_client)
_INSERT = insert(staff_session)
_FIND = select(staff_session).where(
    _SESSION.council == bindparam("council"), _SESSION.secret_hash == bindparam("secret_hash")
)
_ONE = (_SESSION.council == bindparam("council_"), _SESSION.id == bindparam("id_"))
_CLAIM = (
    update(staff_session)
    .where(*_ONE, _SESSION.tokens == bindparam("old_tokens"))
    .where(or_(_SESSION.refreshing_until.is_(None), _SESSION.refreshing_until < bindparam("now")))
    .values(refreshing_until=bindparam("until"))
)
_RELEASE = update(staff_session).where(*_ONE).values(refreshing_until=None)
_SAVE = update(staff_session).where(*_ONE).values(tokens=bindparam("new_tokens"), refreshing_until=None)
_TOUCH = update(staff_session).where(*_ONE).values(used_at=bindparam("now"), expires_at=bindparam("expires"))
_DELETE = delete(staff_session).where(*_ONE)
_END_SID = delete(staff_session).where(
    _SESSION.council == bindparam("council_"), _SESSION.sid == bindparam("sid_")
)
_END_SUBJECT = delete(staff_session).where(
    _SESSION.council == bindparam("council_"), _SESSION.subject == bindparam("subject_")
)
_PURGE = delete_batch(staff_session, _SESSION.expires_at < func.now())


async def find_client(session: ReadSession, council: str, mode: str) -> Row[Any] | None:
    """Find the client by which a council's staff sign in, in a mode."""
    return await session.first(_FIND_CLIENT, {"council": council, "mode": mode})


async def list_client_ids(session: ReadSession, council: str) -> list[str]:
    """List the ids of the clients that a council's staff have signed in by."""
    return [row.client_id for row in await session.all(_LIST_CLIENT_IDS, {"council": council})]


async def insert_client(session: Session, row: Mapping[str, Any]) -> None:
    """Write a council's client, which takes the place of the one before."""
    await session.execute(_INSERT_CLIENT, row)


async def insert_session(session: Session, row: Mapping[str, Any]) -> None:
    """Write a session."""
    await session.execute(_INSERT, row)


async def find_session(session: ReadSession, council: str, secret_hash: bytes) -> Row[Any] | None:
    """Find the session of a cookie."""
    return await session.first(_FIND, {"council": council, "secret_hash": secret_hash})


async def claim_refresh(session: Session, row: Row[Any]) -> bool:
    """Claim to get new tokens for a session; False if another request does so, or has done so."""
    now = clock.now()
    until = now + timedelta(seconds=_REFRESH_SECONDS)
    values = {"old_tokens": row.tokens, "now": now, "until": until}
    return await session.execute(_CLAIM, {**_key(row), **values}) > 0


async def release_refresh(session: Session, row: Row[Any]) -> None:
    """Let another request get new tokens: nobody answered this one."""
    await session.execute(_RELEASE, _key(row))


async def save_tokens(session: Session, row: Row[Any], tokens: bytes) -> None:
    """Write a session's new tokens."""
    await session.execute(_SAVE, {**_key(row), "new_tokens": tokens})


async def touch_session(session: Session, row: Row[Any], values: Mapping[str, Any]) -> None:
    """Write that a session is in use: now, expires."""
    await session.execute(_TOUCH, {**_key(row), **values})


async def delete_session(session: Session, row: Row[Any]) -> None:
    """Delete a session."""
    await session.execute(_DELETE, _key(row))


async def end_sessions(session: Session, council: str, sid: str, subject: str) -> int:
    """Delete the sessions that a logout token names: those of its ``sid``, without one all of its person."""
    if sid:
        return await session.execute(_END_SID, {"council_": council, "sid_": sid})
    return await session.execute(_END_SUBJECT, {"council_": council, "subject_": subject})


def _key(row: Row[Any]) -> dict[str, str | UUID]:
    return {"council_": row.council, "id_": row.id}


async def purge(session: Session, most: int) -> int:
    """Delete a batch of the sessions that have expired."""
    return await session.execute(_PURGE, {"most": most})


PURGES = (Purge("platform.purge_staff_sessions", Every(3600), purge),)
