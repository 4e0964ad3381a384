"""Create and use recovery codes, for people who have lost their phone."""

from uuid import UUID

from chassis.database import ReadSession, Session
from identity.accounts.actions import accounts
from identity.factors.store import recovery_codes as store
from identity.verification.actions.context import AuthContext
from identity.verification.rules import codes


async def create(session: Session, auth: AuthContext, account_id: UUID) -> list[str]:
    """Create ten codes in place of those there were, without a notice: setting up a second step sends one."""
    recovery_codes = codes.create_recovery_codes()
    await store.replace(session, account_id, [_hash(auth, account_id, code) for code in recovery_codes])
    return recovery_codes


async def replace(session: Session, auth: AuthContext, account_id: UUID) -> list[str]:
    """Create ten codes in place of those there were, and notify the person."""
    await accounts.record_change(session, auth, account_id, "recovery codes made")
    return await create(session, auth, account_id)


async def count_unused(session: ReadSession, account_id: UUID) -> int:
    """Count the codes of an account that still work."""
    return await store.count_unused(session, account_id)


async def use(session: Session, auth: AuthContext, account_id: UUID, code: str) -> bool:
    """Use up a code and notify the person; return false when it is not an unused one of the account."""
    code_hash = _hash(auth, account_id, codes.read_recovery_code(code))
    if not await store.use(session, account_id, code_hash, auth.now()):
        return False
    await accounts.record_change(session, auth, account_id, "recovery code used")
    return True


async def remove(session: Session, account_id: UUID) -> None:
    """Remove the codes of an account."""
    await store.delete_all(session, account_id)


def _hash(auth: AuthContext, account_id: UUID, code: str) -> bytes:
    return codes.compute_hmac(auth.code_key, "recovery", account_id.bytes, code)
