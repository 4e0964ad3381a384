"""Read and change pending sign-ins; purge and erase what people sign in with."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from identity.factors.tables import (
    account_password,
    authenticator,
    passkey,
    passkey_challenge,
    recovery_code,
    sign_in,
)

_INSERT = upsert(sign_in)
_SET = _INSERT.on_conflict_do_update(
    index_elements=["browser"],
    set_={c: _INSERT.excluded[c] for c in ("account", "methods", "through", "expires_at")},
)
_GET = select(sign_in.c.account, sign_in.c.methods, sign_in.c.through).where(
    sign_in.c.browser == bindparam("browser_"), sign_in.c.expires_at > bindparam("now")
)
_DELETE = delete(sign_in).where(sign_in.c.browser == bindparam("browser_"))
_PURGE_CHALLENGES = delete_batch(passkey_challenge, passkey_challenge.c.expires_at < bindparam("now"))
_PURGE_PENDING = delete_batch(sign_in, sign_in.c.expires_at < bindparam("now"))
_ERASE = tuple(
    delete(table).where(table.c.account == bindparam("account_"))
    for table in (account_password, passkey, authenticator, recovery_code, sign_in)
)


async def set_pending(
    session: Session,
    browser: bytes,
    account_id: UUID,
    methods: Sequence[str],
    upstream_session: Mapping[str, Any] | None,
    expires_at: datetime,
) -> None:
    """Set a browser's pending sign-in: the methods it has used, and the upstream session it began with."""
    values = {"browser": browser, "account": account_id, "methods": list(methods), "expires_at": expires_at}
    await session.execute(_SET, {**values, "through": upstream_session})


async def get_pending(session: ReadSession, browser: bytes, now: datetime) -> Row[Any] | None:
    """Get the pending sign-in of a browser: ``account``, ``methods``, ``through`` (or null)."""
    return await session.first(_GET, {"browser_": browser, "now": now})


async def delete_pending(session: Session, browser: bytes) -> None:
    """Delete the pending sign-in of a browser."""
    await session.execute(_DELETE, {"browser_": browser})


async def purge_challenges(session: Session, now: datetime, most: int) -> int:
    """Delete a batch of expired challenges of passkeys."""
    return await session.execute(_PURGE_CHALLENGES, {"now": now, "most": most})


async def purge_pending(session: Session, now: datetime, most: int) -> int:
    """Delete a batch of expired pending sign-ins."""
    return await session.execute(_PURGE_PENDING, {"now": now, "most": most})


async def erase(session: Session, account_id: UUID) -> None:
    """Delete every factor of an account, except its phone, and its pending sign-ins."""
    for statement in _ERASE:
        await session.execute(statement, {"account_": account_id})
