"""Read and change recovery codes: hashes only."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select, update

from chassis.database import ReadSession, Session
from identity.factors.tables import recovery_code

_OF_ACCOUNT = recovery_code.c.account == bindparam("account_")
_DELETE = delete(recovery_code).where(_OF_ACCOUNT)
_CREATE = insert(recovery_code)
_COUNT_UNUSED = (
    select(func.count()).select_from(recovery_code).where(_OF_ACCOUNT, recovery_code.c.used_at.is_(None))
)
_USE = (
    update(recovery_code)
    .where(_OF_ACCOUNT, recovery_code.c.hash == bindparam("hash_"), recovery_code.c.used_at.is_(None))
    .values(used_at=bindparam("at"))
)


async def delete_all(session: Session, account_id: UUID) -> None:
    """Delete the codes of an account."""
    await session.execute(_DELETE, {"account_": account_id})


async def replace(session: Session, account_id: UUID, hashes: Sequence[bytes]) -> None:
    """Replace the codes of an account."""
    await delete_all(session, account_id)
    rows = [{"account": account_id, "hash": code_hash, "used_at": None} for code_hash in hashes]
    await session.execute(_CREATE, rows)


async def count_unused(session: ReadSession, account_id: UUID) -> int:
    """Count the codes of an account that still work."""
    return int(await session.scalar(_COUNT_UNUSED, {"account_": account_id}))


async def use(session: Session, account_id: UUID, code_hash: bytes, at: datetime) -> bool:
    """Use up a code; return false when it is not an unused one of the account."""
    return await session.execute(_USE, {"account_": account_id, "hash_": code_hash, "at": at}) == 1
