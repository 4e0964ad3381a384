"""Read and change the passwords of accounts: hashes only."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from identity.accounts.tables import account, account_email, known_browser
from identity.factors.tables import account_password

_GET_HASH = select(account_password.c.hash).where(account_password.c.account == bindparam("account_"))
_INSERT = upsert(account_password)
_SET_HASH = _INSERT.on_conflict_do_update(
    index_elements=["account"], set_={c: _INSERT.excluded[c] for c in ("hash", "set_at")}
)
_DELETE = delete(account_password).where(account_password.c.account == bindparam("account_"))

# Everything that checking a password needs, in one round trip: people wait for it.
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


async def get_hash(session: ReadSession, account_id: UUID) -> str | None:
    """Get the hash of an account's password; None without one."""
    password_hash: str | None = await session.scalar(_GET_HASH, {"account_": account_id})
    return password_hash


async def set_hash(session: Session, account_id: UUID, password_hash: str, at: datetime) -> None:
    """Set the hash of an account's password."""
    await session.execute(_SET_HASH, {"account": account_id, "hash": password_hash, "set_at": at})


async def delete_password(session: Session, account_id: UUID) -> bool:
    """Delete the password of an account; return false when it has none."""
    return await session.execute(_DELETE, {"account_": account_id}) == 1


async def get_by_email(session: ReadSession, canonical: str, browser: bytes) -> Row[Any] | None:
    """Get an account by e-mail address: ``id``, the password's ``hash``, ``browser`` if known."""
    return await session.first(_GET_BY_EMAIL, {"canonical_": canonical, "browser_": browser})
