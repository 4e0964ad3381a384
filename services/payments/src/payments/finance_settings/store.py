"""What councils set of their reconciliation."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from chassis.database import ReadSession, Session
from payments.finance_settings.tables import reconciliation_settings as table

_GET = select(table).where(table.c.council == bindparam("council"))
_INSERT = insert(table)
_SAVE = _INSERT.on_conflict_do_update(
    index_elements=["council"],
    set_={name: _INSERT.excluded[name] for name in ("settings", "version", "updated_by", "updated_at")},
    where=table.c.version == _INSERT.excluded.version - 1,
)


async def find_settings(session: ReadSession, council: str) -> Row[Any] | None:
    """Find a council's settings; None if it has set nothing."""
    return await session.first(_GET, {"council": council})


async def save_settings(session: Session, values: Mapping[str, Any]) -> bool:
    """Write a council's settings; False if somebody else wrote this version."""
    return await session.execute(_SAVE, values) > 0
