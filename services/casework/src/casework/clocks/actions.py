"""Compute the due date of a clock that somebody describes."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from casework.calendar.actions.calendars import load_calendars
from casework.calendar.rules.calendars import CalendarName, Calendars
from casework.clocks.rules import (
    CannotBeComputed,
    ClockDefinition,
    ClockEvent,
    Extended,
    InvalidClock,
    Paused,
    Resumed,
    Started,
    explain_clock,
    fold_clock,
)
from casework.clocks.schemas import MAX_PAUSES, DueDateRequest, DueDateView, ExplanationLine
from casework.shared.days import find_local_moment
from chassis import clock
from chassis.database import ReadSession
from chassis.problems import Problem, invalid

_NOON = time(12)
_LONGEST_PAUSE = timedelta(days=366)
_REASONS = {
    "not-started": "begins before the clock does",
    "counts-backward": "is for a clock that runs forward",
    "already-paused": "overlaps another pause",
    "not-paused": "overlaps another pause",
    "already-due": "begins when the time is over",
    "no-such-extension": "is for a clock that runs forward",
}


async def find_due_date(session: ReadSession, council: str, body: DueDateRequest) -> DueDateView:
    """Find a due date with its explanation. Raises Problem 400, 404, 409."""
    try:
        definition = body.clock.to_definition(body.extended_by)
    except InvalidClock as error:
        field = "extended_by" if error.field == "extension" else f"clock.{error.field}"
        raise invalid(f"body.{field}", error.message) from error
    events = list(_list_events(body))
    calendars = await load_calendars(
        session, council, closures=_counts_closures(definition), authority=body.admission_authority
    )
    try:
        return _compute(definition, events, calendars)
    except CannotBeComputed as error:
        raise Problem(409, "cannot-be-computed", str(error), missing=error.missing) from error


def _counts_closures(definition: ClockDefinition) -> bool:
    rule = definition.rules[0]
    return CalendarName.COUNCIL in {period.calendar for period in (rule.period, rule.or_sooner) if period}


def _list_events(body: DueDateRequest) -> Iterator[ClockEvent]:
    """Give the events of a clock as the request tells them. Raises Problem 400."""
    entered = clock.now()
    yield Started(id="start", at=_to_moment(body.start), entered_at=entered)
    for number, pause in enumerate(body.pauses):
        first, last = _to_moment(pause.first), _to_moment(pause.last)
        if not timedelta() <= last - first <= _LONGEST_PAUSE:
            message = f"must be at first or later, and at most {_LONGEST_PAUSE.days} days after it"
            raise invalid(f"body.pauses.{number}.last", message)
        yield Paused(id=f"pauses.{number:02}.first", at=first, entered_at=entered, reason=pause.reason or "")
        yield Resumed(id=f"pauses.{number:02}.last", at=last, entered_at=entered)
    if body.extended_by:
        at = _to_moment(body.start)
        yield Extended(id="extended_by", at=at, entered_at=entered, by=body.extended_by)


def _to_moment(value: date | datetime) -> datetime:
    return value if isinstance(value, datetime) else find_local_moment(value, _NOON)


def _compute(definition: ClockDefinition, events: list[ClockEvent], calendars: Calendars) -> DueDateView:
    state = fold_clock(definition, events, calendars, clock.now())
    for ignored in state.ignored:
        field, _, rest = ignored.id.partition(".")
        number = int(rest[:2]) if rest and int(rest[:2]) < MAX_PAUSES else None
        place = field if number is None else f"{field}.{number}"
        raise invalid(f"body.{place}", _REASONS[ignored.reason])
    if state.due is None:
        raise invalid("body.pauses", "leave the clock paused")
    return DueDateView(
        due=state.due.day,
        ends_at=state.due.ends_at,
        provisional=state.due.provisional,
        nation=calendars.nation,
        explanation=[
            ExplanationLine(key=step.key, text=step.text, day=step.day, values=dict(step.values))
            for step in explain_clock(state, calendars)
        ],
    )
