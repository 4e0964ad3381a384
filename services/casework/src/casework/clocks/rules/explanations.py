"""A clock explains itself: its start, each day that was skipped and why, the rule, and where that is from.

Each step has a key and values for translation, and the sentence in English.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from casework.calendar.rules.calendars import TITLES, CalendarName, Calendars
from casework.calendar.rules.day_calendars import ClosedDay, DayCalendar, Span
from casework.calendar.rules.nations import Division, find_division
from casework.clocks.rules.definitions import ClockRule, Period, Source
from casework.clocks.rules.due_dates import (
    DueDate,
    compute_due_day,
    find_counter,
    find_first_day,
    find_shorter_period,
    get_rolling_days,
)
from casework.clocks.rules.sentences import SENTENCES, name_unit
from casework.clocks.rules.state import ClockState, Interruption, Progress
from casework.clocks.rules.words import Direction, FirstDay, Roll, Unit
from casework.shared.days import DAY, find_local_day, format_day, format_moment


@dataclass(frozen=True, slots=True)
class ExplanationStep:
    """One sentence of an explanation. ``day`` is set where it is about one day."""

    key: str
    values: Mapping[str, str]
    day: date | None = None

    @property
    def text(self) -> str:
        """Write it in English."""
        return SENTENCES[self.key].format(**self.values)


def explain_clock(state: ClockState, calendars: Calendars) -> tuple[ExplanationStep, ...]:
    """Explain a clock's due date, or why there is none, step by step. Raises CannotBeComputed."""
    progress = state.progress
    if progress.rule is None or progress.started_at is None:
        return (_say("not-started"), *_explain_source(progress.definition.source))
    return (
        *_explain_start(progress, progress.rule),
        *_explain_count(progress.rule, calendars),
        *_explain_days(progress, progress.rule, state.due or state.due_if_resumed, calendars),
        *_explain_extension(progress, progress.rule),
        *_explain_due(state, calendars),
        *_explain_source(progress.definition.source),
    )


def _say(key: str, day: date | None = None, /, **values: str) -> ExplanationStep:
    return ExplanationStep(key, values, day)


def _explain_start(progress: Progress, rule: ClockRule) -> Iterator[ExplanationStep]:
    if progress.started_at is None:
        return
    if rule.unit is Unit.HOURS:
        yield _say("start.moment", moment=format_moment(progress.started_at))
        return
    start = find_local_day(progress.started_at)
    backward = rule.direction is Direction.BACKWARD
    key = "backward" if backward else "restarted" if progress.restarted else "forward"
    yield _say(f"start.{key}", start, day=format_day(start))
    yield _say(f"first-day.{'before' if backward and not _is_inclusive(rule) else rule.first_day}")


def _is_inclusive(rule: ClockRule) -> bool:
    return rule.first_day is FirstDay.INCLUSIVE


def _explain_count(rule: ClockRule, calendars: Calendars) -> Iterator[ExplanationStep]:
    yield _say(
        "count.clear" if rule.clear else "count",
        amount=name_unit(rule.amount, rule.unit),
        days=_name_days(rule.period, calendars),
    )
    if rule.or_sooner is not None:
        sooner = name_unit(rule.or_sooner.amount, rule.or_sooner.unit)
        yield _say("count.or-sooner", amount=sooner, days=_name_days(rule.or_sooner, calendars))


def _name_days(period: Period, calendars: Calendars) -> str:
    """Say which days a period leaves out."""
    match period.unit:
        case Unit.WORKING_DAYS:
            return f", without weekends and {_name_holidays(period.calendar, calendars)}"
        case Unit.DAYS_EXCEPT_PUBLIC_HOLIDAYS:
            return f", weekends included, without {_name_holidays(period.calendar, calendars)}"
        case Unit.SCHOOL_DAYS:
            return f" of {calendars.authority}" if calendars.authority else ""
        case Unit.HOURS:
            return ", nights, weekends and holidays included"
    return ", weekends and holidays included"


def _name_holidays(name: CalendarName | None, calendars: Calendars) -> str:
    national = TITLES[CalendarName(find_division(calendars.nation).value)]
    match name:
        case CalendarName.ELECTORAL:
            return f"{national} and 24 December"
        case CalendarName.COUNCIL:
            return f"{national} and days on which the council is closed"
        case None | CalendarName.NATION:
            return national
    return TITLES.get(name, national)


def _explain_days(
    progress: Progress, rule: ClockRule, due: DueDate | None, calendars: Calendars
) -> Iterator[ExplanationStep]:
    """Give each day between start and due date that did not count, with the reason."""
    if progress.started_at is None or due is None or rule.unit is Unit.HOURS:
        yield from _explain_paused_hours(progress)
        return
    start = find_local_day(progress.started_at)
    if rule.roll_start and (first := find_first_day(rule, start, calendars)) != start:
        yield _say("start.rolled", first, day=format_day(first), start=format_day(start))
        start = first
    last = due.day if rule.roll is Roll.NONE else _find_unrolled(progress, rule, start, calendars)
    inclusive = _is_inclusive(rule)
    if rule.direction is Direction.BACKWARD:
        span = (last, start if inclusive else start - DAY)
    else:
        span = (start if inclusive else start + DAY, last)
    period, _ = find_shorter_period(rule, start, calendars, progress.skips, progress.added)
    counter = find_counter(period, calendars)
    days = set(_list_skipped(progress, *span))
    if isinstance(counter, DayCalendar):
        days |= {closed.day for closed in counter.list_closed(Span(*span))} if span[0] <= span[1] else set()
    for day in sorted(days):
        step = _explain_day(day, counter, progress)
        if step is not None:
            yield step


def _list_skipped(progress: Progress, first: date, last: date) -> Iterator[date]:
    """Give the days from the first to the last in which the clock was interrupted."""
    for span in progress.skips:
        begin, end = max(span.first, first).toordinal(), min(span.last, last).toordinal()
        yield from map(date.fromordinal, range(begin, end + 1))


def _explain_paused_hours(progress: Progress) -> Iterator[ExplanationStep]:
    for pause in progress.interruptions:
        if pause.end is not None:
            begin, end = format_moment(pause.begin), format_moment(pause.end)
            yield _say("paused.hours", begin=begin, end=end, reason=_append(pause.reason))


def _explain_day(day: date, counter: object, progress: Progress) -> ExplanationStep | None:
    closed = counter.find_closed(day) if isinstance(counter, DayCalendar) else None
    if closed is not None:
        return _explain_closed(closed)
    for interruption in progress.interruptions:
        if interruption.days is not None and day in interruption.days:
            return _explain_interruption(day, interruption)
    return None


def _explain_closed(closed: ClosedDay) -> ExplanationStep:
    where = ""
    if closed.divisions and len(closed.divisions) < len(Division):
        where = f" in {' and '.join(division.display_name for division in closed.divisions)}"
    key = f"skipped.{closed.reason}{'.forecast' if closed.provisional else ''}"
    return _say(
        key, closed.day, day=format_day(closed.day), name=closed.name, name_cy=closed.name_cy, where=where
    )


def _explain_interruption(day: date, interruption: Interruption) -> ExplanationStep:
    key = f"skipped.{interruption.kind}"
    return _say(key, day, day=format_day(day), reason=_append(interruption.reason))


def _append(reason: str) -> str:
    return f": {reason}" if reason else ""


def _find_unrolled(progress: Progress, rule: ClockRule, start: date, calendars: Calendars) -> date:
    """Find the last day before it was moved to a working day."""
    plain = replace(rule, roll=Roll.NONE, roll_start=False)
    return compute_due_day(plain, start, calendars, skips=progress.skips, added=progress.added)


def _explain_extension(progress: Progress, rule: ClockRule) -> Iterator[ExplanationStep]:
    if progress.added:
        yield _say("extended.by", amount=name_unit(progress.added, rule.unit))
    if progress.agreed is not None:
        yield _say("extended.until", progress.agreed, day=format_day(progress.agreed))


def _explain_due(state: ClockState, calendars: Calendars) -> Iterator[ExplanationStep]:
    due, rule = state.due or state.due_if_resumed, state.rule
    if due is None or rule is None:
        return
    yield from _explain_roll(state, rule, due, calendars)
    moment = format_moment(due.ends_at)
    if state.due is None:
        yield _say("due.paused", due.day, day=format_day(due.day))
    elif rule.unit is Unit.HOURS or rule.ends_at is not None:
        yield _say("due.moment", due.day, moment=moment)
    else:
        yield _say("due.day", due.day, day=format_day(due.day))
    if due.provisional:
        yield _say("due.provisional")


def _explain_roll(
    state: ClockState, rule: ClockRule, due: DueDate, calendars: Calendars
) -> Iterator[ExplanationStep]:
    progress = state.progress
    if rule.roll is Roll.NONE or progress.started_at is None:
        return
    start = find_first_day(rule, find_local_day(progress.started_at), calendars)
    last = _find_unrolled(progress, rule, start, calendars)
    closed = get_rolling_days(rule, calendars).find_closed(last)
    if closed is not None and due.day not in {last, progress.agreed}:
        yield _say(f"rolled.{rule.roll}", last, day=format_day(last), name=closed.name or "a weekend")


def _explain_source(source: Source) -> Iterator[ExplanationStep]:
    yield _say(f"source.{source.basis}", citation=source.citation, url=source.url)
    yield _say("source.verified" if source.verified else "source.not-verified")
