"""Who has signed out at a provider just now: each word of it is heard once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import insert

from chassis.database import ReadSession, Session
from identity.upstream_login.tables import upstream_logout

_C = upstream_logout.c
_ADD = insert(upstream_logout).on_conflict_do_nothing().returning(_C.token_id)
_PERSON = bindparam("person_", type_=_C.person.type)
_SESSION = bindparam("session_", type_=_C.session.type)
_OVER = (
    select(_C.token_id)
    .where(
        (_C.person == _PERSON) & (_C.session.is_(None) | _SESSION.is_(None) | (_C.session == _SESSION))
        | _C.person.is_(None) & (_C.session == _SESSION),
        _C.issued_at >= bindparam("since", type_=_C.issued_at.type),
    )
    .limit(1)
)
_ALONE = text("SELECT pg_advisory_xact_lock(7420506, hashtext(encode(:name, 'hex')))")
_SWEEP = delete(upstream_logout).where(_C.expires_at < bindparam("now"))


async def add(session: Session, council: str, values: Mapping[str, Any]) -> bool:
    """Keep that somebody has signed out; false when this very token was heard before."""
    return await session.scalar(_ADD, {**values, "council": council}) is not None


async def alone(session: Session, *names: bytes | None) -> None:
    """Of who signs in and who signs out by these names one waits for the other's transaction to end."""
    for name in names:
        if name is not None:
            await session.execute(_ALONE, {"name": name})


async def over(session: ReadSession, person: bytes, upstream_session: bytes | None, since: datetime) -> bool:
    """Whether he has signed out there since. The session sees every council."""
    wanted = {"person_": person, "session_": upstream_session, "since": since}
    return await session.first(_OVER, wanted) is not None


async def sweep(session: Session, now: datetime) -> None:
    """Forget what cannot come again. The session sees every council."""
    await session.execute(_SWEEP, {"now": now})
