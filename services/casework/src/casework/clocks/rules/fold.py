"""A clock is a fold over its events: the same events give the same state, whatever day it is computed.

A change of calendars is two folds: the date before, the date after, and the reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce

from casework.calendar.rules.calendars import Calendars
from casework.calendar.rules.day_calendars import Span
from casework.clocks.rules.definitions import ClockDefinition
from casework.clocks.rules.due_dates import DueDate
from casework.clocks.rules.events import (
    ClockEvent,
    Disregarded,
    Extended,
    Met,
    Paused,
    Restarted,
    Resumed,
    Started,
    Stopped,
    list_effective,
)
from casework.clocks.rules.state import ClockState, IgnoredEvent, Interruption, Progress
from casework.clocks.rules.words import ClockStatus, Direction, Unit
from casework.shared.days import find_local_day

_OPEN = {ClockStatus.RUNNING, ClockStatus.PAUSED, ClockStatus.BREACHED}


@dataclass(frozen=True, slots=True)
class DueDateChange:
    """A due date that moved. A council may keep the earlier of both."""

    old: DueDate
    new: DueDate
    reason: str


def fold_clock(
    definition: ClockDefinition, events: Iterable[ClockEvent], calendars: Calendars, now: datetime
) -> ClockState:
    """Fold a clock's events to its state at a moment.

    An event that cannot be where it stands, perhaps since another was corrected, changes nothing and is in
    ``ignored``. Raises CannotBeComputed, ClockDoesNotApply and RuleNotInForce.
    """
    definition.require_nation(calendars.nation)
    effective = list_effective(events)
    if any(rule.direction is Direction.BACKWARD for rule in definition.rules):
        # A date it counts back from lies in the future: the last one entered holds.
        effective.sort(
            key=lambda event: (not isinstance(event, Started | Restarted), event.entered_at, event.id)
        )
    start = Progress(definition=definition)
    return _read_state(
        reduce(lambda state, event: _step(state, event, calendars), effective, start), calendars, now
    )


def recompute_clock(
    definition: ClockDefinition,
    events: Iterable[ClockEvent],
    before: Calendars,
    after: Calendars,
    *,
    reason: str,
    now: datetime,
) -> DueDateChange | None:
    """Compare a clock's due date by two states of the calendars.

    None if it stays, or the clock has ended or is not due yet: a paused one finds its date as it resumes.
    Raises CannotBeComputed.
    """
    history = list(events)
    old, new = (fold_clock(definition, history, calendars, now) for calendars in (before, after))
    if new.status not in _OPEN or old.due is None or new.due is None or old.due == new.due:
        return None
    return DueDateChange(old.due, new.due, reason)


def _read_state(progress: Progress, calendars: Calendars, now: datetime) -> ClockState:
    """Read what a clock's progress means at a moment."""
    if progress.started_at is None:
        return ClockState(status=ClockStatus.NOT_STARTED, progress=progress)
    if progress.ended is None and progress.paused_at is not None:
        resumed = progress.close_pause(max(now, progress.paused_at))
        return ClockState(
            status=ClockStatus.PAUSED,
            progress=resumed,
            paused_at=progress.paused_at,
            due_if_resumed=resumed.compute_due(calendars),
        )
    due = progress.compute_due(calendars)
    if due is None or progress.ended is ClockStatus.STOPPED:
        return ClockState(status=ClockStatus.STOPPED, progress=progress, due=due)
    if progress.ended is not None and progress.ended_at is not None:
        in_time = progress.ended_at < due.ends_at
        return ClockState(status=progress.ended, progress=progress, due=due, in_time=in_time)
    status = ClockStatus.RUNNING if now < due.ends_at else ClockStatus.BREACHED
    return ClockState(status=status, progress=progress, due=due)


def _step(progress: Progress, event: ClockEvent, calendars: Calendars) -> Progress:
    """Take one event further, or ignore it with the reason."""
    reason = _find_obstacle(progress, event, calendars)
    if reason is not None:
        return replace(progress, ignored=(*progress.ignored, IgnoredEvent(event.id, reason)))
    match event:
        case Started() | Restarted():
            return _start(progress, event)
        case Met() | Stopped():
            status = ClockStatus.MET if isinstance(event, Met) else ClockStatus.STOPPED
            return replace(progress.close_pause(event.at), ended=status, ended_at=event.at)
        case Extended():
            more, agreed = progress.added + (event.by or 0), event.until or progress.agreed
            return replace(progress, extensions=progress.extensions + 1, added=more, agreed=agreed)
    return _interrupt(progress, event)


def _interrupt(progress: Progress, event: ClockEvent) -> Progress:
    """Leave out days, or count them again."""
    match event:
        case Paused():
            return replace(progress, paused_at=event.at, pause_reason=event.reason)
        case Resumed():
            return progress.close_pause(event.at)
        case Disregarded():
            skipped = Interruption(event.at, None, Span(event.first, event.last), "disregarded", event.reason)
            return replace(progress, interruptions=(*progress.interruptions, skipped))
    raise TypeError(f"{type(event).__name__} is no event of a clock")


def _start(progress: Progress, event: ClockEvent) -> Progress:
    """Begin to count. What was before is over, but for the events that were ignored."""
    return Progress(
        definition=progress.definition,
        rule=progress.definition.get_rule(find_local_day(event.at)),
        started_at=event.at,
        restarted=isinstance(event, Restarted),
        ignored=progress.ignored,
    )


def _find_obstacle(progress: Progress, event: ClockEvent, calendars: Calendars) -> str | None:
    """Find why an event cannot be where it stands; None if it can."""
    if progress.ended is not None:
        return "already-ended"
    if isinstance(event, Started):
        return "already-started" if progress.started_at is not None else None
    if progress.rule is None:
        return "not-started"
    if isinstance(event, Paused | Resumed | Disregarded):
        return _find_interruption_obstacle(progress, event, calendars)
    if isinstance(event, Extended):
        return _find_extension_obstacle(progress, event, calendars)
    return None


def _find_interruption_obstacle(
    progress: Progress, event: Paused | Resumed | Disregarded, calendars: Calendars
) -> str | None:
    rule = progress.rule
    if rule is not None and rule.direction is Direction.BACKWARD:
        return "counts-backward"
    if isinstance(event, Disregarded):
        if rule is not None and rule.unit is Unit.HOURS:
            return "counts-hours"
        return "ends-before-it-begins" if event.last < event.first else None
    if isinstance(event, Resumed):
        return None if progress.paused_at is not None else "not-paused"
    over = "already-due" if _is_over(progress, event, calendars) else None
    return "already-paused" if progress.paused_at is not None else over


def _find_extension_obstacle(progress: Progress, event: Extended, calendars: Calendars) -> str | None:
    extension = progress.rule.extension if progress.rule is not None else None
    if extension is None or extension.ground is not event.ground:
        return "no-such-extension"
    if event.until is not None and progress.rule is not None and progress.rule.unit is Unit.HOURS:
        return "counts-hours"
    if progress.extensions >= extension.times:
        return "extended-before"
    if extension.most is not None and (
        event.until is not None or progress.added + (event.by or 0) > extension.most
    ):
        return "extended-too-far"
    if not extension.after_due and _is_over(progress, event, calendars):
        return "already-due"
    return None


def _is_over(progress: Progress, event: ClockEvent, calendars: Calendars) -> bool:
    """Check whether the time was over when an event took effect."""
    due = None if progress.paused_at is not None else progress.compute_due(calendars)
    return due is not None and event.at >= due.ends_at
