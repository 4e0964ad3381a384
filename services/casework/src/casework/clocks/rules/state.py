"""The state of a clock, as its events make it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from casework.calendar.rules.calendars import Calendars
from casework.calendar.rules.day_calendars import Span, merge_spans
from casework.clocks.rules.definitions import ClockDefinition, ClockRule
from casework.clocks.rules.due_dates import (
    DueDate,
    compute_due_date,
    compute_due_moment,
    make_due_date,
)
from casework.clocks.rules.words import ClockStatus, PauseDays, Unit
from casework.shared.days import DAY, find_local_day


@dataclass(frozen=True, slots=True)
class Interruption:
    """A time that does not count; ``end`` is None while it lasts. ``paused`` or ``disregarded``."""

    begin: datetime
    end: datetime | None
    days: Span | None
    kind: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class IgnoredEvent:
    """An event that changed nothing where it stands, with the reason as a code."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a clock's events so far amount to, whatever day it is."""

    definition: ClockDefinition
    rule: ClockRule | None = None
    started_at: datetime | None = None
    restarted: bool = False
    paused_at: datetime | None = None
    pause_reason: str = ""
    interruptions: tuple[Interruption, ...] = ()
    added: int = 0
    agreed: date | None = None
    extensions: int = 0
    ended: ClockStatus | None = None
    ended_at: datetime | None = None
    ignored: tuple[IgnoredEvent, ...] = ()

    def close_pause(self, end: datetime) -> "Progress":
        """End the pause that lasts."""
        if self.paused_at is None or self.rule is None:
            return self
        first, last = find_local_day(self.paused_at), find_local_day(end)
        if self.rule.pause_days is PauseDays.UNTIL_RESUMED:
            last -= DAY
        days = Span(first, last) if last >= first else None
        pause = Interruption(self.paused_at, end, days, "paused", self.pause_reason)
        return replace(self, paused_at=None, interruptions=(*self.interruptions, pause))

    def compute_due(self, calendars: Calendars) -> DueDate | None:
        """Compute when it is due if it never pauses again; None before it starts. Raises CannotBeComputed."""
        if self.rule is None or self.started_at is None:
            return None
        if self.rule.unit is Unit.HOURS:
            pauses = _list_pauses(self.interruptions)
            return compute_due_moment(self.rule, self.started_at, pauses, self.added)
        due = compute_due_date(self.rule, self.started_at, calendars, skips=self.skips, added=self.added)
        if self.agreed is None or self.agreed <= due.day:
            return due
        return make_due_date(self.rule, find_local_day(self.started_at), self.agreed, calendars)

    @property
    def skips(self) -> tuple[Span, ...]:
        """List the days that do not count, each in one span."""
        return merge_spans(each.days for each in self.interruptions if each.days is not None)


def _list_pauses(interruptions: Sequence[Interruption]) -> list[tuple[datetime, datetime]]:
    return sorted((each.begin, each.end) for each in interruptions if each.kind == "paused" and each.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """A clock at a moment. ``due`` is None before it starts and while it is paused.

    ``due_if_resumed``: while it is paused, when it would be due if it resumed at this moment, as ``progress``
    then has it. ``in_time``: of one that was met, whether before it was due.
    """

    status: ClockStatus
    progress: Progress
    due: DueDate | None = None
    paused_at: datetime | None = None
    due_if_resumed: DueDate | None = None
    in_time: bool | None = None

    @property
    def rule(self) -> ClockRule | None:
        """Get the rule it runs by: that in force on the day it started."""
        return self.progress.rule

    @property
    def ignored(self) -> tuple[IgnoredEvent, ...]:
        """List the events that changed nothing, each with the reason."""
        return self.progress.ignored
