"""People on their way to another provider and back, and which councils have providers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, insert, select, update

from chassis.database import ReadSession, Session
from identity.upstream_login.tables import upstream_visit
from identity.upstreams.tables import upstream


@dataclass(frozen=True, slots=True)
class Visit:
    """One question to a provider; see ``tables.upstream_visits``."""

    state_hash: bytes
    browser: bytes
    council: str
    upstream: UUID
    purpose: str
    account: UUID | None
    vot: str | None
    fresh: bool
    redirect_uri: str
    request: str | None
    page: str | None
    found: Mapping[str, Any] | None
    chosen: bool
    created_at: datetime
    expires_at: datetime
    returned_at: datetime | None


_C = upstream_visit.c
_ADD = insert(upstream_visit)
_TAKE = (
    update(upstream_visit)
    .where(
        _C.state_hash == bindparam("state"),
        _C.browser == bindparam("browser_"),
        _C.council == bindparam("council_"),
        _C.upstream == bindparam("upstream_"),
        _C.returned_at.is_(None),
        _C.expires_at > bindparam("now"),
    )
    .values(returned_at=bindparam("now"))
    .returning(upstream_visit)
)
_KEEP = (
    update(upstream_visit)
    .where(_C.state_hash == bindparam("state"))
    .values(found=bindparam("found_", type_=_C.found.type), chosen=bindparam("chosen_"))
)
_WAITING = (
    select(upstream_visit)
    .where(_C.browser == bindparam("browser_"), _C.found.is_not(None), _C.expires_at > bindparam("now"))
    .order_by(_C.returned_at.desc())
    .limit(1)
)
_LOCKED = _WAITING.where(_C.state_hash == bindparam("state")).with_for_update()
_CHOOSE = (
    update(upstream_visit)
    .where(_C.state_hash == bindparam("state"), _C.browser == bindparam("browser_"))
    .values(chosen=True)
)
_DONE = delete(upstream_visit).where(
    _C.browser == bindparam("browser_"), (_C.state_hash == bindparam("state")) | _C.found.is_not(None)
)
_FORGET = delete(upstream_visit).where(_C.browser == bindparam("browser_"), _C.found.is_not(None))
_ERASE = delete(upstream_visit).where(_C.account == bindparam("account_"))
_SWEEP = delete(upstream_visit).where(_C.expires_at < bindparam("now"))
_COUNCILS = (
    select(upstream.c.council)
    .where(upstream.c.enabled, upstream.c.audience == "residents")
    .distinct()
    .order_by(upstream.c.council)
    .limit(500)
)


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """A question that has not been answered."""
    await session.execute(_ADD, {**values, "found": None, "chosen": False, "returned_at": None})


async def take(
    session: Session, state_hash: bytes, browser: bytes, council: str, upstream_id: UUID, now: datetime
) -> Visit | None:
    """The question this answers, which no other answer can have from now on.

    None when there is none of this state, browser, council and upstream, or when it was answered before.
    """
    wanted = {"state": state_hash, "browser_": browser, "council_": council, "upstream_": upstream_id}
    return _read(await session.first(_TAKE, {**wanted, "now": now}))


async def keep(session: Session, state_hash: bytes, found: Mapping[str, Any], *, chosen: bool) -> None:
    """Who came back, while the person decides."""
    await session.execute(_KEEP, {"state": state_hash, "found_": dict(found), "chosen_": chosen})


async def waiting(session: ReadSession, browser: bytes, now: datetime) -> Visit | None:
    """The last one who came back in this browser and of whom is not decided."""
    return _read(await session.first(_WAITING, {"browser_": browser, "now": now}))


async def locked(session: Session, state_hash: bytes, browser: bytes, now: datetime) -> Visit | None:
    """This one, which nobody else decides until the transaction ends."""
    values = {"state": state_hash, "browser_": browser, "now": now}
    return _read(await session.first(_LOCKED, values))


async def choose(session: Session, state_hash: bytes, browser: bytes) -> None:
    """It is to be linked with the account that signs in next."""
    await session.execute(_CHOOSE, {"state": state_hash, "browser_": browser})


async def done(session: Session, state_hash: bytes, browser: bytes) -> None:
    """It is decided; so is whatever else waited in this browser."""
    await session.execute(_DONE, {"state": state_hash, "browser_": browser})


async def forget(session: Session, browser: bytes) -> None:
    """Whoever came back in this browser and has not decided has gone."""
    await session.execute(_FORGET, {"browser_": browser})


async def erase(session: Session, account: UUID) -> None:
    """Delete those of an account."""
    await session.execute(_ERASE, {"account_": account})


async def sweep(session: Session, now: datetime) -> None:
    """Delete what has run out."""
    await session.execute(_SWEEP, {"now": now})


async def councils(session: ReadSession) -> Sequence[str]:
    """The councils whose residents may sign in elsewhere, by slug. The session must see every council."""
    return [row.council for row in await session.all(_COUNCILS, {})]


def _read(row: Row[Any] | None) -> Visit | None:
    return Visit(**row._asdict()) if row is not None else None
