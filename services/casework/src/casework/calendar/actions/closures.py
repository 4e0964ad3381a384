"""Add, change, remove and list closures of a council."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.calendar.actions import records
from casework.calendar.actions.recomputation import recompute_council
from casework.calendar.schemas.closures import ClosureView, NewClosure
from casework.calendar.store import records as store
from casework.calendar.tables import closure
from casework.shared.days import format_day
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition


async def add_closure(session: Session, council: str, caller: Caller, body: NewClosure) -> ClosureView:
    """Add a closure. Raises Problem 403, 409."""
    row = await records.add(session, closure, council, caller, dict(body))
    await _recompute(session, council, row, "added")
    return to_model(row)


async def get_closure(session: ReadSession, council: str, record: UUID) -> ClosureView:
    """Get a closure. Raises Problem 404."""
    return to_model(await records.get(session, closure, council, record))


async def change_closure(
    session: Session, council: str, record: UUID, caller: Caller, precondition: Precondition, body: NewClosure
) -> ClosureView:
    """Change a closure. Raises Problem 403, 404, 412."""
    row = await records.change(session, closure, council, record, caller, precondition, dict(body))
    await _recompute(session, council, row, "changed")
    return to_model(row)


async def remove_closure(
    session: Session, council: str, record: UUID, caller: Caller, precondition: Precondition
) -> None:
    """Remove a closure. Raises Problem 403, 404, 412."""
    row = await records.get(session, closure, council, record)
    await records.remove(session, closure, council, record, caller, precondition)
    await _recompute(session, council, row, "removed")


async def _recompute(session: Session, council: str, row: Row[Any], change: str) -> None:
    days = f"{format_day(row.first_day)} to {format_day(row.last_day)}"
    await recompute_council(session, council, f"The closure {row.name}, {days}, was {change}.")


async def list_closures(
    session: ReadSession, council: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List a council's closures in the order in which they were added."""
    return await store.list_page(session, closure, council, after, fetch)


def to_model(row: Row[Any]) -> ClosureView:
    """Convert a row to the API's model."""
    return ClosureView.model_validate(row, from_attributes=True)
