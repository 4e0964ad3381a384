"""Have the clocks of cases computed again, since the days that count are others now: ``caseload`` does."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from casework.calendar.store import records as store
from chassis import ids
from chassis.database import Session
from chassis.jobs.handlers import JobData
from chassis.jobs.queue import NewJob, enqueue, enqueue_all

_NIL = UUID(int=0)


class RecomputeClocks(JobData):
    """Compute the clocks of a batch of a council's cases again, and enqueue the batch after it."""

    kind: ClassVar[str] = "casework.recompute_clocks"
    reason: str = Field(max_length=1000)
    after: ids.Id = _NIL  # the last case of the batch before


async def recompute_council(session: Session, council: str, reason: str) -> None:
    """Have a council's clocks computed again: each change is a run of its own, and each case says which."""
    await enqueue(session, RecomputeClocks(reason=reason), council=council)


async def recompute_all(session: Session, reason: str) -> None:
    """Have the clocks of every council computed again: some count bank holidays of any nation."""
    async with session.region_wide():
        councils = await store.list_councils(session)
        await enqueue_all(session, (NewJob(RecomputeClocks(reason=reason), council) for council in councils))
