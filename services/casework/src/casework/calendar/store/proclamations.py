"""SQL of proclaimed bank holidays."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, insert, select, text

from casework.calendar.tables import proclamation
from chassis.database import ReadSession, Session

_LOCK = text("SELECT pg_advisory_xact_lock(7420613)")
_LIST = select(proclamation).order_by(proclamation.c.id)
_INSERT = insert(proclamation)


async def lock_proclamations(session: Session) -> None:
    """Let nobody else add one until the transaction ends."""
    await session.execute(_LOCK)


async def list_proclamations(session: ReadSession) -> Sequence[Row[Any]]:
    """List those of the region in the order in which they were entered: a few in a decade."""
    return await session.all(_LIST)


async def insert_proclamation(session: Session, values: Mapping[str, Any]) -> None:
    """Add one."""
    await session.execute(_INSERT, values)
