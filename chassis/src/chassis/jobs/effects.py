"""Run effects: the change and the job's end are one transaction, so it happens exactly once.

Many jobs share a transaction. If one of them fails all are rolled back, and each then runs alone.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from chassis import heartbeats
from chassis.database import Database, Session
from chassis.grace import finish
from chassis.jobs.outcomes import LimitError, LostLeaseError, Outcomes, Work
from chassis.telemetry import linked_span

GROUP = 200  # jobs in a transaction
_GRACE = 2.0  # seconds that a transaction may go on after the worker was told to stop
_DONE = text("""DELETE FROM job WHERE id = ANY(:ids) AND lease = :lease AND state = 2
    AND council = ANY(:councils)""").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger)),
    bindparam("lease", type_=BigInteger),
    bindparam("councils", type_=ARRAY(Text)),
)


class EffectRunner:
    """Runs claimed jobs whose effect is in the database."""

    def __init__(self, database: Database, outcomes: Outcomes) -> None:
        self._database = database
        self._outcomes = outcomes

    async def run(self, works: Sequence[Work]) -> None:
        """Run the jobs of one claim. Returns when each is done or settled otherwise."""
        # Jobs that failed before run alone at once: they would cost the others their transaction.
        alone = [work for work in works if work.claimed.failures]
        together = [work for work in works if not work.claimed.failures]
        # Those of a council stand together, in their order: the session turns to each council once.
        together.sort(key=lambda work: (work.claimed.priority, work.job.council))
        for start in range(0, len(together), GROUP):
            group = together[start : start + GROUP]
            if not (len(group) > 1 and await self._run_together(group)):
                alone += group
        for work in alone:
            await self._run_alone(work)

    async def _run_together(self, works: Sequence[Work]) -> bool:
        """Run jobs in one transaction; False if one fails, and then nothing has happened."""
        heartbeats.beat()
        try:
            await finish(self._apply_in_time(works), _GRACE)
        except Exception:  # noqa: BLE001 - each runs alone next, and is judged then
            return False
        self._outcomes.count_done(works)
        return True

    async def _run_alone(self, work: Work) -> None:
        heartbeats.beat()
        try:
            await finish(self._apply_in_time([work]), _GRACE)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is judged
            await self._outcomes.fail(work, error)
            return
        self._outcomes.count_done([work])

    async def _apply_in_time(self, works: Sequence[Work]) -> None:
        async with limited(max(work.handler.limit for work in works)):
            await self._apply(works)

    async def _apply(self, works: Sequence[Work]) -> None:
        """Apply effects and take the jobs off the queue. Raises LostLeaseError if one is another's by now."""
        async with self._database.writing() as session:
            for (council, kind), run in groupby(
                works, key=lambda work: (work.job.council, work.job.data.kind)
            ):
                await session.set_council(council)
                await _apply_run(session, kind, list(run))
            await take_off(session, works)


async def _apply_run(session: Session, kind: str, run: Sequence[Work]) -> None:
    """Apply effects of one council and kind."""
    handler = run[0].handler
    if handler.apply is None:
        raise TypeError(f"{kind} is no effect")
    with linked_span(f"job {kind}", [work.claimed.traceparent for work in run]):
        await handler.apply(session, [work.job for work in run])


async def take_off(session: Session, works: Sequence[Work]) -> None:
    """Take jobs of one claim off the queue, for they are done. Raises LostLeaseError.

    So it does if a merge gave a job to another council meanwhile: it is done again for that one.
    """
    await session.set_all_councils()
    ids = [work.claimed.id for work in works]
    councils = sorted({work.job.council for work in works})
    values = {"ids": ids, "lease": works[0].claimed.lease, "councils": councils}
    if await session.execute(_DONE, values) != len(ids):
        raise LostLeaseError


@asynccontextmanager
async def limited(seconds: float) -> AsyncIterator[None]:
    """Limit the block's time. Raises LimitError, which is the handler's fault and nobody else's."""
    try:
        async with asyncio.timeout(seconds) as scope:
            yield
    except TimeoutError:
        if scope.expired():
            raise LimitError(f"it took longer than {seconds:g} s") from None
        raise
