"""Run calls: each as a task, with no transaction open while it waits for the world outside.

A council has a share of the slots, and urgent jobs have some of their own, so that a slow receiver of
webhooks delays nobody's sign-in code. Calls that take minutes have few slots, apart from the others.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chassis.database import Database
from chassis.failures import describe
from chassis.jobs.claims import Claim
from chassis.jobs.effects import limited, take_off
from chassis.jobs.handlers import CallContext
from chassis.jobs.outcomes import Outcomes, Work
from chassis.jobs.states import Lane, Priority
from chassis.telemetry import linked_span

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Slots:
    """How many calls of a lane run at once. ``grace``: seconds that they may go on when the worker stops."""

    lane: Lane
    most: int
    per_council: int
    urgent: int  # besides, for urgent jobs alone
    grace: float


SHORT = Slots(Lane.CALL, most=40, per_council=8, urgent=10, grace=2.0)


def make_long_slots(count: int) -> Slots:
    """Make the slots of calls that take minutes. A council leaves one to the others, if there are two."""
    return Slots(Lane.LONG, most=count, per_council=max(1, count - 1), urgent=0, grace=0.0)


class CallRunner:
    """Runs claimed jobs of one lane of calls. ``notify`` is called when a slot becomes free."""

    def __init__(
        self, slots: Slots, context: CallContext, outcomes: Outcomes, notify: Callable[[], None]
    ) -> None:
        self._slots = slots
        self._context = context
        self._outcomes = outcomes
        self._notify = notify
        self._running: dict[asyncio.Task[None], Work] = {}

    @property
    def _database(self) -> Database:
        return self._context.database

    @property
    def lane(self) -> Lane:
        """Return the lane whose jobs it runs."""
        return self._slots.lane

    def list_ids(self) -> list[int]:
        """List the ids of the jobs that run."""
        return [work.claimed.id for work in self._running.values()]

    @property
    def has_suspect(self) -> bool:
        """Check whether a job runs with which a worker ended."""
        return any(work.claimed.is_suspect for work in self._running.values())

    def make_claim(self) -> Claim | None:
        """Return which jobs there are slots for; None for none."""
        slots, running = self._slots, len(self._running)
        priority = Priority.BULK if running < slots.most else Priority.URGENT
        most = (slots.most if running < slots.most else slots.most + slots.urgent) - running
        if most <= 0:
            return None
        counts = Counter(work.job.council for work in self._running.values())
        full = [council for council, count in counts.items() if count >= slots.per_council]
        # One claim has one share for all: that of the council which is nearest to its fill.
        share = slots.per_council - max((counts[council] for council in counts.keys() - set(full)), default=0)
        return Claim(slots.lane, most, share, full, priority)

    def start(self, works: Sequence[Work]) -> None:
        """Start the calls; returns at once."""
        for work in works:
            task = asyncio.create_task(self._run(work), name=f"job {work.job.data.kind}")
            self._running[task] = work
            task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._notify()

    async def wait(self) -> None:
        """Wait until no call runs."""
        while self._running:
            await asyncio.wait(list(self._running))

    async def stop(self) -> None:
        """Let calls end for a bounded time, then cancel them: another worker repeats them."""
        if tasks := list(self._running):
            await asyncio.wait(tasks, timeout=self._slots.grace)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, work: Work) -> None:
        try:
            await self._settle(work)
        except Exception as error:  # noqa: BLE001 - the database is away: nothing can be written
            # The job stays taken until its lease ends or this claimer does; then it is repeated.
            log.warning(
                "job %d of %s cannot be settled: %s", work.job.id, work.job.data.kind, describe(error)
            )

    async def _settle(self, work: Work) -> None:
        call = work.handler.call
        if call is None:
            raise TypeError(f"{work.job.data.kind} is no call")
        try:
            with linked_span(f"job {work.job.data.kind}", [work.claimed.traceparent]):
                async with limited(work.handler.limit):
                    finish = await call(self._context, work.job)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is judged
            await self._outcomes.fail(work, error, outside=True)
            return
        try:
            async with self._database.writing(work.job.council) as session:
                if finish is not None:
                    await finish(session)
                await take_off(session, [work])
        except Exception as error:  # noqa: BLE001 - as above
            await self._outcomes.fail(work, error)
            return
        self._outcomes.count_done([work])
