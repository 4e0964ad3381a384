"""Schedules: jobs that the clock enqueues. Any number of workers, and each time counts once.

The row with the next time is locked while its jobs are enqueued and the time after it is written, in one
transaction. PostgreSQL's clock decides. If it jumps forward, the times between were missed, and the policy
says what follows. If it jumps back, the next time is computed anew, so that nothing waits for a wrong clock.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import DateTime, Text

from chassis.database import ALL_COUNCILS, Database, Session
from chassis.jobs.claims import Clock
from chassis.jobs.handlers import JobData
from chassis.jobs.queue import NewJob, enqueue_all
from chassis.jobs.recurrence import Rule
from chassis.jobs.states import Priority

log = logging.getLogger(__name__)

_ON_TIME = timedelta(seconds=30)  # later than that, a time was missed
_MOST_MISSED = 100
_DRIFT = timedelta(minutes=1)  # workers look one after another: less is no clock that went back
_TICK = timedelta(microseconds=1)
_MAX_SLEEP = 5.0  # seconds
_MAX_NAME = 60  # characters
_NOW = text("SELECT now()")
_NAMES = bindparam("names", type_=ARRAY(Text))
_READ = text("SELECT name, rule, next_at FROM schedule WHERE name = ANY(:names)").bindparams(_NAMES)
_LOCK = text(f"{_READ.text} FOR UPDATE SKIP LOCKED").bindparams(_NAMES)
_NEXT_AT = bindparam("next_at", type_=DateTime(timezone=True))
_INSERT = text(
    "INSERT INTO schedule (name, rule, next_at) VALUES (:name, :rule, :next_at) ON CONFLICT DO NOTHING"
).bindparams(_NEXT_AT)
_UPDATE = text("UPDATE schedule SET rule = :rule, next_at = :next_at WHERE name = :name").bindparams(_NEXT_AT)
_COUNCILS = text("SELECT slug FROM council WHERE status = 'active' ORDER BY slug")


class Missed(Enum):
    """What follows when no worker ran at some times of a schedule."""

    SKIP = "skip"  # nothing: the next time does
    ONCE = "once"  # one job, for the last of them
    ALL = "all"  # a job for each, the last hundred


@dataclass(frozen=True)
class Schedule:
    """A job that the clock enqueues. ``make`` gets the time it is for, which is not always now.

    ``each_council``: one for every active council, else one for the region, whose council is ``*``.
    """

    name: str
    rule: Rule
    make: Callable[[datetime], JobData]
    missed: Missed = Missed.ONCE
    each_council: bool = False
    priority: Priority = Priority.USUAL

    def __post_init__(self) -> None:
        """Check the name: it is a part of the jobs' keys, and a label."""
        if not 0 < len(self.name) <= _MAX_NAME:
            raise ValueError(f"a schedule's name has 1 to {_MAX_NAME} characters")


class Scheduler:
    """Enqueues what a service's schedules say. ``clock``: the time for tests."""

    def __init__(self, database: Database, schedules: Sequence[Schedule], clock: Clock) -> None:
        self._database = database
        self._by_name = {schedule.name: schedule for schedule in schedules}
        self._clock = clock
        if len(self._by_name) < len(schedules):
            raise ValueError("two schedules have the same name")

    async def run_due(self) -> float:
        """Enqueue what is due; return the seconds until the next look."""
        if not self._by_name:
            return _MAX_SLEEP
        names = {"names": list(self._by_name)}
        async with self._database.reading() as session:
            now = self._clock() or await session.scalar(_NOW)
            rows = await session.all(_READ, names)
        if len(rows) < len(self._by_name) or any(self._needs_write(row, now) for row in rows):
            async with self._database.writing(ALL_COUNCILS) as session:
                await self._insert_new(session, {row.name for row in rows}, now)
                for row in await session.all(_LOCK, names):
                    if self._needs_write(row, now):
                        await self._advance(session, row, now)
        coming = (schedule.rule.next_after(now) for schedule in self._by_name.values())
        return min(_MAX_SLEEP, (min(coming) - now).total_seconds())

    def _needs_write(self, row: Row[Any], now: datetime) -> bool:
        rule = self._by_name[row.name].rule
        went_back = row.next_at > rule.next_after(now + _DRIFT)
        return bool(went_back or row.next_at <= now or row.rule != str(rule))

    async def _insert_new(self, session: Session, existing: set[str], now: datetime) -> None:
        for name in sorted(self._by_name.keys() - existing):
            rule = self._by_name[name].rule
            await session.execute(_INSERT, {"name": name, "rule": str(rule), "next_at": rule.next_after(now)})

    async def _advance(self, session: Session, row: Row[Any], now: datetime) -> None:
        """Enqueue the jobs of a schedule's times until now, and write its next time."""
        schedule = self._by_name[row.name]
        times = list_due(schedule, row.next_at, now) if row.rule == str(schedule.rule) else []
        if row.next_at < now - _ON_TIME:
            log.warning("%s was due at %s; %d jobs (%s)", row.name, row.next_at, len(times), schedule.missed)
        councils = [ALL_COUNCILS]
        if schedule.each_council and times:
            councils = [council.slug for council in await session.all(_COUNCILS)]
        await enqueue_all(session, _make_jobs(schedule, times, councils))
        values = {"rule": str(schedule.rule), "next_at": schedule.rule.next_after(now)}
        await session.execute(_UPDATE, {"name": row.name, **values})


def list_due(schedule: Schedule, first: datetime, now: datetime) -> list[datetime]:
    """List the times from ``first`` until now for which there is to be a job, by the policy."""
    times: deque[datetime] = deque(maxlen=_MOST_MISSED)
    rule = schedule.rule
    moment = rule.next_after(max(first - _TICK, now - (_MOST_MISSED + 1) * rule.longest))
    while moment <= now:
        times.append(moment)
        moment = rule.next_after(moment)
    match schedule.missed:
        case Missed.ALL:
            return list(times)
        case Missed.ONCE:
            return list(times)[-1:]
        case Missed.SKIP:
            return [moment for moment in times if now - moment <= _ON_TIME]


def _make_jobs(schedule: Schedule, times: Sequence[datetime], councils: Sequence[str]) -> Iterator[NewJob]:
    for moment in times:
        data, key = schedule.make(moment), f"{schedule.name} {moment.isoformat()}"
        for council in councils:
            yield NewJob(data, council, key=key, priority=schedule.priority)
