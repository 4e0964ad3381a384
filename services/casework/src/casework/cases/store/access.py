"""Statements of who opened a case that has personal data."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam, func
from sqlalchemy.dialects.postgresql import insert

from casework.cases.tables import case_access
from chassis import clock, ids
from chassis.batches import delete_batch
from chassis.database import Session

_KEEP = timedelta(days=90)  # the person reads them with their case
_ADD = (
    insert(case_access)
    .on_conflict_do_nothing(index_elements=["council", "case_id", "subject", "hour"])
    .returning(case_access.c.id)
)
_PURGE = delete_batch(case_access, case_access.c.hour < func.now() - bindparam("keep"))


async def add_access(session: Session, council: str, case_id: UUID, subject: str) -> UUID | None:
    """Note that somebody opened a case; None if they did so before in this hour."""
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    row = {"council": council, "id": ids.new(), "case_id": case_id, "subject": subject, "hour": hour}
    access: UUID | None = await session.scalar(_ADD, row)
    return access


async def purge(session: Session, most: int) -> int:
    """Delete a batch of old notes: an event has said what they say."""
    return await session.execute(_PURGE, {"keep": _KEEP, "most": most})
