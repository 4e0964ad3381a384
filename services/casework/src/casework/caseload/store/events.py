"""Statements of the events of other capabilities that cases have had."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from casework.cases.tables import case_event, case_record
from chassis import clock
from chassis.database import ReadSession, Session
from chassis.events import Received

_CASE = case_record.c
_ADD = insert(case_event).on_conflict_do_nothing(
    index_elements=["council", "case_id", "type", "subject", "sequence"]
)
_FIND_CASE = select(_CASE.id).where(
    _CASE.council == bindparam("council"),
    _CASE.mode == bindparam("mode"),
    _CASE.reference == bindparam("reference"),
)
_OPEN_OF_PROPERTY = (
    select(_CASE.id)
    .where(
        _CASE.council == bindparam("council"),
        _CASE.uprn == bindparam("uprn"),
        _CASE.closed_at.is_(None),
    )
    .order_by(_CASE.id)
    .limit(bindparam("most"))
)


async def find_case(session: ReadSession, council: str, mode: str, reference: str) -> UUID | None:
    """Find the case of a reference, without separators."""
    params = {"council": council, "mode": mode, "reference": reference}
    case_id: UUID | None = await session.scalar(_FIND_CASE, params)
    return case_id


async def add_event(session: Session, case_id: UUID, event: Received[Any]) -> bool:
    """Note that a case has had an event; False if it had it before, however often it was published."""
    row = {
        "council": event.council,
        "case_id": case_id,
        "type": event.type,
        "subject": event.subject,
        "sequence": event.sequence,
        "at": clock.now(),
    }
    return await session.execute(_ADD, row) > 0


async def list_open_of_property(session: ReadSession, council: str, uprn: int, most: int) -> Sequence[UUID]:
    """List the open cases of a property, of either mode."""
    rows = await session.all(_OPEN_OF_PROPERTY, {"council": council, "uprn": uprn, "most": most})
    return [row.id for row in rows]
