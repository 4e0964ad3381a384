"""Statements of legal holds."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, text, update

from casework.retention.rules.disposals import Hold
from casework.retention.tables import legal_hold
from chassis.database import ReadSession, Session

_HOLD = legal_hold.c
_GET = select(legal_hold).where(
    _HOLD.council == bindparam("council"), _HOLD.id == bindparam("id"), _HOLD.mode == bindparam("mode")
)
_LIST = (
    select(legal_hold)
    .where(
        _HOLD.council == bindparam("council"),
        _HOLD.mode == bindparam("mode"),
        _HOLD.id > bindparam("after"),
    )
    .order_by(_HOLD.id)
    .limit(bindparam("fetch"))
)
_IN_FORCE = select(_HOLD.case_id, _HOLD.person, _HOLD.code).where(
    _HOLD.council == bindparam("council"), _HOLD.mode == bindparam("mode"), _HOLD.lifted_at.is_(None)
)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:council, 13))")
_LOCK_SHARED = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:council, 13))")


async def lock_holds(session: Session, council: str) -> None:
    """Lock a council's holds until the transaction ends: what is being erased is waited for."""
    await session.all(_LOCK, {"council": council})


async def keep_holds(session: Session, council: str) -> None:
    """Let no hold be placed until the transaction ends; others may erase meanwhile."""
    await session.all(_LOCK_SHARED, {"council": council})


async def insert_hold(session: Session, row: Mapping[str, Any]) -> None:
    """Write a hold."""
    await session.execute(insert(legal_hold), row)


async def find_hold(session: ReadSession, council: str, mode: str, hold_id: UUID) -> Row[Any] | None:
    """Find a hold, lifted or not."""
    return await session.first(_GET, {"council": council, "mode": mode, "id": hold_id})


async def lock_hold(session: Session, council: str, mode: str, hold_id: UUID) -> Row[Any] | None:
    """Lock a hold until the transaction ends."""
    return await session.first(_GET.with_for_update(), {"council": council, "mode": mode, "id": hold_id})


async def lift_hold(session: Session, council: str, hold_id: UUID, values: Mapping[str, Any]) -> None:
    """Lift a locked hold."""
    statement = update(legal_hold).where(_HOLD.council == council, _HOLD.id == hold_id)
    await session.execute(statement.values(**values, version=_HOLD.version + 1))


async def list_holds(
    session: ReadSession, council: str, mode: str, after: UUID, fetch: int
) -> Sequence[Row[Any]]:
    """List holds, the oldest first, with those that were lifted."""
    params = {"council": council, "mode": mode, "after": after, "fetch": fetch}
    return await session.all(_LIST, params)


async def list_in_force(session: ReadSession, council: str, mode: str) -> list[Hold]:
    """List the holds that are in force."""
    rows = await session.all(_IN_FORCE, {"council": council, "mode": mode})
    return [Hold(row.case_id, row.person, row.code) for row in rows]
