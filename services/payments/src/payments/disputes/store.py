"""SQL statements of disputes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, update

from chassis.database import ReadSession, Session
from payments.disputes.tables import dispute

_INSERT = insert(dispute)
_FIND = select(dispute).where(
    dispute.c.council == bindparam("council"),
    dispute.c.account == bindparam("account"),
    dispute.c.provider_id == bindparam("provider_id"),
)


async def find_dispute(
    session: ReadSession, council: str, account_id: UUID, provider_id: str
) -> Row[Any] | None:
    """Find a dispute by its id at the processor."""
    params = {"council": council, "account": account_id, "provider_id": provider_id}
    return await session.first(_FIND, params)


async def insert_dispute(session: Session, row: Mapping[str, Any]) -> None:
    """Write a dispute."""
    await session.execute(_INSERT, row)


async def update_dispute(session: Session, council: str, dispute_id: UUID, values: Mapping[str, Any]) -> None:
    """Change a dispute whose payment is locked."""
    statement = update(dispute).where(dispute.c.council == council, dispute.c.id == dispute_id)
    await session.execute(statement.values(**values))
