"""What a browser has shown of a sign-in so far; and the end of all factors of an account."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.factors.tables import (
    account_password,
    authenticator,
    passkey,
    passkey_challenge,
    recovery_code,
    sign_in,
)

_STEP = upsert(sign_in)
_KEEP_STEP = _STEP.on_conflict_do_update(
    index_elements=["browser"],
    set_={c: _STEP.excluded[c] for c in ("account", "methods", "through", "expires_at")},
)
_SO_FAR = select(sign_in.c.account, sign_in.c.methods, sign_in.c.through).where(
    sign_in.c.browser == bindparam("browser_"), sign_in.c.expires_at > bindparam("now")
)
_DONE = delete(sign_in).where(sign_in.c.browser == bindparam("browser_"))
_PURGE = tuple(
    delete(table).where(table.c.expires_at < bindparam("now")) for table in (passkey_challenge, sign_in)
)
_ERASE = tuple(
    delete(table).where(table.c.account == bindparam("account_"))
    for table in (account_password, passkey, authenticator, recovery_code, sign_in)
)


async def keep_step(
    session: Session,
    browser: bytes,
    account_id: UUID,
    methods: Sequence[str],
    through: Mapping[str, Any] | None,
    expires_at: datetime,
) -> None:
    """Keep what a browser has proven so far, and the sign-in elsewhere that it began with."""
    values = {"browser": browser, "account": account_id, "methods": list(methods), "expires_at": expires_at}
    await session.execute(_KEEP_STEP, {**values, "through": through})


async def so_far(session: ReadSession, browser: bytes, now: datetime) -> Row[Any] | None:
    return await session.first(_SO_FAR, {"browser_": browser, "now": now})


async def done(session: Session, browser: bytes) -> None:
    await session.execute(_DONE, {"browser_": browser})


async def purge(session: Session, now: datetime) -> None:
    """Delete challenges and sign-ins whose time is over."""
    for statement in _PURGE:
        await session.execute(statement, {"now": now})


async def erase(session: Session, account_id: UUID) -> None:
    """Delete every factor of an account."""
    for statement in _ERASE:
        await session.execute(statement, {"account_": account_id})
