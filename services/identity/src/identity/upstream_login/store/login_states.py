"""SQL of login states: created on the redirect to a provider, completed by the callback."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, insert, select, update

from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from identity.upstream_login.rules.login_state import LoginState
from identity.upstream_login.tables import upstream_visit

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
_STORE_RESULT = (
    update(upstream_visit)
    .where(_C.state_hash == bindparam("state"))
    .values(found=bindparam("found_", type_=_C.found.type), chosen=bindparam("chosen_"))
)
_PENDING = (
    select(upstream_visit)
    .where(_C.browser == bindparam("browser_"), _C.found.is_not(None), _C.expires_at > bindparam("now"))
    .order_by(_C.returned_at.desc())
    .limit(1)
)
_LOCK_PENDING = _PENDING.where(_C.state_hash == bindparam("state")).with_for_update()
_MARK_CHOSEN = (
    update(upstream_visit)
    .where(_C.state_hash == bindparam("state"), _C.browser == bindparam("browser_"))
    .values(chosen=True)
)
_DELETE_DECIDED = delete(upstream_visit).where(
    _C.browser == bindparam("browser_"), (_C.state_hash == bindparam("state")) | _C.found.is_not(None)
)
_DELETE_PENDING = delete(upstream_visit).where(_C.browser == bindparam("browser_"), _C.found.is_not(None))
_DELETE_BY_ACCOUNT = delete(upstream_visit).where(_C.account == bindparam("account_"))
_PURGE = delete_batch(upstream_visit, _C.expires_at < bindparam("now"))


async def insert_state(session: Session, values: Mapping[str, Any]) -> None:
    """Add the state of a login whose browser is sent to the provider."""
    await session.execute(_ADD, {**values, "found": None, "chosen": False, "returned_at": None})


async def take_state(
    session: Session, state_hash: bytes, browser: bytes, council: str, upstream_id: UUID, now: datetime
) -> LoginState | None:
    """Take the state that a callback belongs to; no other callback can have it from now on.

    None when there is none of this hash, browser, council and upstream, or when it was taken before.
    """
    values = {"state": state_hash, "browser_": browser, "council_": council, "upstream_": upstream_id}
    return _from_row(await session.first(_TAKE, {**values, "now": now}))


async def store_result(
    session: Session, state_hash: bytes, found: Mapping[str, Any], *, chosen: bool
) -> None:
    """Store the result of a login until the person decides which account it is."""
    await session.execute(_STORE_RESULT, {"state": state_hash, "found_": dict(found), "chosen_": chosen})


async def get_pending(session: ReadSession, browser: bytes, now: datetime) -> LoginState | None:
    """Get this browser's latest login whose account is not decided."""
    return _from_row(await session.first(_PENDING, {"browser_": browser, "now": now}))


async def lock_pending(
    session: Session, state_hash: bytes, browser: bytes, now: datetime
) -> LoginState | None:
    """Get an undecided login of this browser by its hash, locked."""
    values = {"state": state_hash, "browser_": browser, "now": now}
    return _from_row(await session.first(_LOCK_PENDING, values))


async def mark_chosen(session: Session, state_hash: bytes, browser: bytes) -> None:
    """Mark a login to be linked with the account that signs in next."""
    await session.execute(_MARK_CHOSEN, {"state": state_hash, "browser_": browser})


async def delete_decided(session: Session, state_hash: bytes, browser: bytes) -> None:
    """Delete a login that is decided, and every undecided one of this browser."""
    await session.execute(_DELETE_DECIDED, {"state": state_hash, "browser_": browser})


async def delete_pending(session: Session, browser: bytes) -> None:
    """Delete the undecided logins of this browser."""
    await session.execute(_DELETE_PENDING, {"browser_": browser})


async def delete_by_account(session: Session, account: UUID) -> None:
    """Delete the logins that an account began."""
    await session.execute(_DELETE_BY_ACCOUNT, {"account_": account})


async def purge_states(session: Session, now: datetime, most: int) -> int:
    """Delete a batch of logins that have expired."""
    return await session.execute(_PURGE, {"now": now, "most": most})


def _from_row(row: Row[Any] | None) -> LoginState | None:
    return LoginState(**row._asdict()) if row is not None else None
