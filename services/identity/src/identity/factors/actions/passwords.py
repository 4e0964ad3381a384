"""A person's password, which nobody must have."""

from uuid import UUID

from chassis.database import Database, ReadSession, Session
from identity.accounts.actions import accounts
from identity.accounts.store import accounts as stored_accounts
from identity.factors.store import passwords as store
from identity.verification.actions.context import AuthContext
from identity.verification.rules import passwords as rules


async def has(session: ReadSession, account: UUID) -> bool:
    return await store.get_password(session, account) is not None


async def fault(database: Database, auth: AuthContext, account: UUID, password: str) -> str | None:
    """Why it cannot be taken: ``short``, ``long`` or ``common``; None when it can."""
    if len(password) < rules.LEAST:
        return "short"
    if len(password) > rules.MOST:
        return "long"
    async with database.reading() as session:
        row = await stored_accounts.one(session, account)
    address = row.address if row is not None and row.address else ""
    return "common" if await auth.passwords.too_common(password, address, *address.split("@")) else None


async def change(session: Session, auth: AuthContext, account: UUID, hashed: str) -> None:
    """Set it, or another."""
    await store.set_password(session, account, hashed, auth.now())
    await accounts.changed(session, auth, account, "password set")


async def remove(session: Session, auth: AuthContext, account: UUID) -> None:
    if await store.drop_password(session, account):
        await accounts.changed(session, auth, account, "password removed")
