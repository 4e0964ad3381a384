"""SQL of recent logouts at upstreams. Each logout token counts once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import insert

from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from identity.upstream_login.tables import upstream_logout

_C = upstream_logout.c
_ADD = insert(upstream_logout).on_conflict_do_nothing().returning(_C.token_id)
_PERSON = bindparam("person_", type_=_C.person.type)
_SESSION = bindparam("session_", type_=_C.session.type)
_FIND = (
    select(_C.token_id)
    .where(
        (_C.person == _PERSON) & (_C.session.is_(None) | _SESSION.is_(None) | (_C.session == _SESSION))
        | _C.person.is_(None) & (_C.session == _SESSION),
        _C.issued_at >= bindparam("since", type_=_C.issued_at.type),
    )
    .limit(1)
)
_LOCK = text("SELECT pg_advisory_xact_lock(7420506, hashtext(encode(:name, 'hex')))")
_PURGE = delete_batch(upstream_logout, _C.expires_at < bindparam("now"))


async def insert_logout(session: Session, council: str, values: Mapping[str, Any]) -> bool:
    """Add a logout; false when its token was used before."""
    return await session.scalar(_ADD, {**values, "council": council}) is not None


async def lock_exclusive(session: Session, *hashes: bytes | None) -> None:
    """Lock these hashes until the transaction ends, so that sign-in and logout wait for each other."""
    for name_hash in hashes:
        if name_hash is not None:
            await session.execute(_LOCK, {"name": name_hash})


async def is_logged_out(
    session: ReadSession, person: bytes, upstream_session: bytes | None, since: datetime
) -> bool:
    """Tell whether the person or their session signed out there since. The session sees every council."""
    values = {"person_": person, "session_": upstream_session, "since": since}
    return await session.first(_FIND, values) is not None


async def purge_logouts(session: Session, now: datetime, most: int) -> int:
    """Delete a batch of logouts that have expired. The session sees every council."""
    return await session.execute(_PURGE, {"now": now, "most": most})
