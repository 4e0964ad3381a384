"""Set and remove passwords, which no account must have."""

from uuid import UUID

from chassis.database import Database, ReadSession, Session
from identity.accounts.actions import accounts
from identity.factors.store import passwords as store
from identity.verification.actions.context import AuthContext
from identity.verification.rules import passwords as rules


async def has_password(session: ReadSession, account_id: UUID) -> bool:
    """Whether an account has a password."""
    return await store.get_hash(session, account_id) is not None


async def find_fault(database: Database, auth: AuthContext, account_id: UUID, password: str) -> str | None:
    """Find why a new password is refused: ``short``, ``long`` or ``common``; None when it is not."""
    if len(password) < rules.MIN_LENGTH:
        return "short"
    if len(password) > rules.MAX_LENGTH:
        return "long"
    async with database.reading() as session:
        account = await accounts.get(session, account_id)
    address = account.address if account is not None and account.address else ""
    return "common" if await auth.passwords.is_too_common(password, address, *address.split("@")) else None


async def set_password(session: Session, auth: AuthContext, account_id: UUID, password_hash: str) -> None:
    """Set or change the password of an account."""
    await store.set_hash(session, account_id, password_hash, auth.now())
    await accounts.record_change(session, auth, account_id, "password set")


async def remove(session: Session, auth: AuthContext, account_id: UUID) -> None:
    """Remove the password of an account, if it has one."""
    if await store.delete_password(session, account_id):
        await accounts.record_change(session, auth, account_id, "password removed")
