"""SQL statements of processors' credentials."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from chassis.database import ReadSession, Session
from payments.processors.tables import processor_credential as table

_GET = select(table).where(
    table.c.council == bindparam("council"), table.c.account == bindparam("account_id")
)
_CHANGING = ("secret_key", "merchant", "version", "updated_by", "updated_at")
_INSERT = insert(table)
_SAVE = _INSERT.on_conflict_do_update(
    index_elements=["council", "account"],
    set_={name: _INSERT.excluded[name] for name in _CHANGING},
    where=table.c.version == _INSERT.excluded.version - 1,
)


async def find_credential(session: ReadSession, council: str, account_id: UUID) -> Row[Any] | None:
    """Find the credential of an account; None if it has none."""
    return await session.first(_GET, {"council": council, "account_id": account_id})


async def save_credential(session: Session, values: Mapping[str, Any]) -> bool:
    """Write the credential of an account; False if somebody else wrote this version."""
    return await session.execute(_SAVE, values) > 0
