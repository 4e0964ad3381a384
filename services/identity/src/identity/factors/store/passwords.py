"""Passwords of accounts: hashes only."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.accounts.tables import account, account_email, known_browser
from identity.factors.tables import account_password

_PASSWORD = select(account_password.c.hash).where(account_password.c.account == bindparam("account_"))
_SET = upsert(account_password)
_SET_PASSWORD = _SET.on_conflict_do_update(
    index_elements=["account"], set_={c: _SET.excluded[c] for c in ("hash", "set_at")}
)
_DROP_PASSWORD = delete(account_password).where(account_password.c.account == bindparam("account_"))

# All that a password needs to be looked at, in one round trip: people wait for it.
_GET_BY_EMAIL = (
    select(account.c.id, account_password.c.hash, known_browser.c.browser)
    .join(account_email, account_email.c.account == account.c.id)
    .outerjoin(account_password, account_password.c.account == account.c.id)
    .outerjoin(
        known_browser,
        (known_browser.c.account == account.c.id) & (known_browser.c.browser == bindparam("browser_")),
    )
    .where(account_email.c.canonical == bindparam("canonical_"), account.c.status == "active")
)


async def get_password(session: ReadSession, account_id: UUID) -> str | None:
    found: str | None = await session.scalar(_PASSWORD, {"account_": account_id})
    return found


async def set_password(session: Session, account_id: UUID, hashed: str, at: datetime) -> None:
    await session.execute(_SET_PASSWORD, {"account": account_id, "hash": hashed, "set_at": at})


async def drop_password(session: Session, account_id: UUID) -> bool:
    return await session.execute(_DROP_PASSWORD, {"account_": account_id}) == 1


async def get_by_email(session: ReadSession, canonical: str, browser: bytes) -> Row[Any] | None:
    """The account an address reaches: ``id``, the password's ``hash``, ``browser`` where it is known."""
    return await session.first(_GET_BY_EMAIL, {"canonical_": canonical, "browser_": browser})
