"""Run a service's jobs and schedules in its worker. Any number of workers share the queue.

Two loops, of effects and of calls (short ones and long), look for ready jobs every half second, at once when
an urgent one is enqueued, and in the moment in which an armed one is due. A third renews leases, takes back
what dead workers had, and enqueues what schedules say. While the database is away all pause, and go on by
themselves.
"""

import asyncio
import time
from collections.abc import Awaitable, Collection, Iterable, Sequence
from contextlib import suppress

from chassis import heartbeats
from chassis.database import Database
from chassis.failures import Fault, classify, describe
from chassis.jobs.calls import SHORT, CallRunner, make_long_slots
from chassis.jobs.claims import Claim, ClaimedJob, Claimer, Clock, open_claimer
from chassis.jobs.effects import EffectRunner
from chassis.jobs.handlers import CallContext, JobHandlers, combine
from chassis.jobs.metrics import PAUSED_SINCE
from chassis.jobs.outcomes import Outcomes
from chassis.jobs.schedule import Schedule, Scheduler
from chassis.jobs.states import Lane
from chassis.pause import Pause
from chassis.settings import Settings

_POLL = 0.5  # seconds
_HOUSEKEEPING = 5.0
_FIRST_CLAIM, _MOST_CLAIMED = 50, 200  # effects claimed at once
_QUICK, _SLOW = 0.25, 0.5  # seconds that a claim's effects take: more are claimed next time, or fewer


class JobRunner:
    """Runs the jobs of one service. ``clock`` returns the time for tests; None is the database's own."""

    def __init__(
        self,
        service: str,
        parts: Iterable[JobHandlers],
        schedules: Sequence[Schedule],
        database: Database,
        settings: Settings,
        *,
        clock: Clock = lambda: None,
    ) -> None:
        self._handlers = combine(parts)
        self._scheduler = Scheduler(database, schedules, clock)
        self._context = CallContext(database, settings)
        self._clock = clock
        self._pause = Pause(f"{service}-jobs", PAUSED_SINCE)
        self._former: set[int] = set()  # holders of this runner whose claimer has ended

    async def run(self) -> None:
        """Run jobs for ever. While the database is away, wait for it."""
        while True:
            try:
                await self._work()
            except Exception as error:
                if classify(error) is not Fault.SERVICE:
                    raise
                await self._pause.wait(describe(error))

    async def _work(self) -> None:
        hints = {lane: asyncio.Event() for lane in (Lane.EFFECT, Lane.CALL)}

        def notify() -> None:
            for hint in hints.values():
                hint.set()

        async with open_claimer(self._context.database, self._clock, notify, self._former) as claimer:
            shift = _Shift(self._context, claimer, Outcomes(claimer, self._handlers), hints)
            try:
                await _run_until_one_fails(
                    shift.run_effects(), shift.run_calls(), self._keep_house(claimer, shift)
                )
            finally:
                await shift.stop_calls()

    async def _keep_house(self, claimer: Claimer, shift: "_Shift") -> None:
        """Renew leases, take back what others lost, and enqueue what schedules say."""
        reclaimed = float("-inf")
        while True:
            heartbeats.beat()
            if time.monotonic() - reclaimed >= _HOUSEKEEPING:
                await claimer.renew(shift.list_ids())
                await claimer.reclaim()
                reclaimed = time.monotonic()
            seconds = await self._scheduler.run_due()
            self._pause.end()
            await asyncio.sleep(min(seconds, _HOUSEKEEPING))

    async def drain(self) -> None:
        """Run what is due, and what that enqueues, until nothing is left: for tests and commands."""
        async with open_claimer(self._context.database, self._clock, lambda: None, self._former) as claimer:
            shift = _Shift(self._context, claimer, Outcomes(claimer, self._handlers), {})
            await claimer.reclaim()
            await self._scheduler.run_due()
            while await shift.claim_effects() or await shift.claim_calls():
                await shift.wait_for_calls()


class _Shift:
    """The work of one claimer, from its start until its connection is lost."""

    def __init__(
        self, context: CallContext, claimer: Claimer, outcomes: Outcomes, hints: dict[Lane, asyncio.Event]
    ) -> None:
        self._claimer = claimer
        self._outcomes = outcomes
        self._hints = hints
        self._effects = EffectRunner(context.database, outcomes)
        self._in_hand: Sequence[ClaimedJob] = ()
        self._size = _FIRST_CLAIM
        self._waits = {Lane.EFFECT: _POLL, Lane.CALL: _POLL}  # seconds until each loop's next look
        self._calls = {
            slots.lane: CallRunner(slots, context, outcomes, self._note_free_slot)
            for slots in (SHORT, make_long_slots(context.settings.long_jobs))
        }

    def _note_free_slot(self) -> None:
        if Lane.CALL in self._hints:
            self._hints[Lane.CALL].set()

    def list_ids(self) -> list[int]:
        """List the ids of the jobs in hand."""
        running = [number for calls in self._calls.values() for number in calls.list_ids()]
        return [job.id for job in self._in_hand] + running

    async def wait_for_calls(self) -> None:
        """Wait until no call runs."""
        for calls in self._calls.values():
            await calls.wait()

    async def stop_calls(self) -> None:
        """Stop what runs, within the time that its lane gives it."""
        await asyncio.gather(*(calls.stop() for calls in self._calls.values()))

    async def run_effects(self) -> None:
        """Run effects for ever."""
        while True:
            heartbeats.beat()
            self._hints[Lane.EFFECT].clear()
            if not await self.claim_effects():
                await self._wait(Lane.EFFECT)

    async def run_calls(self) -> None:
        """Start calls for ever."""
        while True:
            heartbeats.beat()
            self._hints[Lane.CALL].clear()
            if not await self.claim_calls():
                await self._wait(Lane.CALL)

    async def claim_effects(self) -> bool:
        """Run the effects of one claim; False if none was ready."""
        if not await self._find_ready(Lane.EFFECT, [Lane.EFFECT]):
            return False
        started = time.monotonic()
        self._in_hand = await self._claimer.claim(Claim(Lane.EFFECT, self._size, self._size))
        try:
            await self._run_in_hand()
        finally:
            self._in_hand = ()
        seconds = time.monotonic() - started
        # What is claimed waits for what was claimed with it; an urgent job for no more than half a second.
        if seconds < _QUICK:
            self._size = min(self._size * 2, _MOST_CLAIMED)
        elif seconds > _SLOW:
            self._size = max(self._size // 2, 1)
        return True

    async def _run_in_hand(self) -> None:
        await self._effects.run(await self._outcomes.select(await self._hold_suspects(self._in_hand, most=1)))

    async def _hold_suspects(self, claimed: Sequence[ClaimedJob], *, most: int) -> Sequence[ClaimedJob]:
        """Hand back all but ``most`` (one) of the jobs with which a worker ended.

        If one of them ends this worker too, it does so without the others, which are not given up with it.
        """
        suspects = [job for job in claimed if job.is_suspect]
        await self._claimer.hand_back(suspects[most:])
        return [job for job in claimed if not job.is_suspect] + suspects[:most]

    async def claim_calls(self) -> bool:
        """Start calls as far as there are slots; False if none was started."""
        ready = await self._find_ready(Lane.CALL, self._calls)
        return any([await self._claim_for(self._calls[lane]) for lane in sorted(ready)])

    async def _claim_for(self, calls: CallRunner) -> bool:
        if (request := calls.make_claim()) is None:
            return False
        most = 0 if calls.has_suspect else 1
        claimed = await self._hold_suspects(await self._claimer.claim(request), most=most)
        calls.start(await self._outcomes.select(claimed))
        return bool(claimed)

    async def _find_ready(self, loop: Lane, lanes: Collection[Lane]) -> Collection[Lane]:
        """Find the lanes in which something is ready, and note how long a loop waits if it is none."""
        ready, seconds = await self._claimer.look(lanes)
        self._waits[loop] = _POLL if seconds is None else min(_POLL, seconds)
        if self._waits[loop] <= 0:
            await self._claimer.wake()
            self._waits[loop] = _POLL
            return lanes
        return ready

    async def _wait(self, lane: Lane) -> None:
        """Wait for a hint, for the next armed job, or for half a second."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._waits[lane]):
                await self._hints[lane].wait()


async def _run_until_one_fails(*works: Awaitable[None]) -> None:
    """Run loops side by side. The first that fails ends the others, and its error is raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
