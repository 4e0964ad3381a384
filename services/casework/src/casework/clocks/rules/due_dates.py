"""When a clock is due: arithmetic on days, by one rule, from one start. Nothing here knows of events."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from casework.calendar.rules.calendars import CalendarName, Calendars
from casework.calendar.rules.day_calendars import DayCalendar, Span
from casework.clocks.rules.definitions import ClockRule, Period
from casework.clocks.rules.words import Direction, FirstDay, Roll, Unit
from casework.shared.days import find_end_of_day, find_local_day, find_local_moment

_MONTHS = 12
_WEEK = 7


@dataclass(frozen=True, slots=True)
class DueDate:
    """The last local day, and the moment from which it is too late, in UTC.

    ``provisional``: it lies among days whose holidays are a forecast.
    """

    day: date
    ends_at: datetime
    provisional: bool = False


class DayCounter(Protocol):
    """Days that count: a calendar, or all of them."""

    def add(self, day: date, count: int) -> date:
        """Find the day that is the ``count``th after a day, or before it if negative."""
        ...

    def count(self, after: date, until: date) -> int:
        """Count the days after a day up to another, that one included."""
        ...


class EveryDay:
    """Every day counts, in any year."""

    def add(self, day: date, count: int) -> date:
        """Find the day that is the ``count``th after a day, or before it if negative."""
        return day + timedelta(count)

    def count(self, after: date, until: date) -> int:
        """Count the days after a day up to another, that one included."""
        return max((until - after).days, 0)


EVERY_DAY = EveryDay()


def find_counter(period: Period, calendars: Calendars) -> DayCalendar | EveryDay:
    """Find the days that a period counts. Raises CannotBeComputed for school terms that are not loaded."""
    if period.unit is Unit.SCHOOL_DAYS:
        return calendars.get_working_days(CalendarName.SCHOOL)
    if period.calendar is not None and period.unit is Unit.WORKING_DAYS:
        return calendars.get_working_days(period.calendar)
    if period.calendar is not None and period.unit is Unit.DAYS_EXCEPT_PUBLIC_HOLIDAYS:
        return calendars.get_days_except_public_holidays(period.calendar)
    return EVERY_DAY


def add_months(day: date, months: int) -> date:
    """Find the corresponding date of another month, or its last day if it has none."""
    year, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def find_first_day(rule: ClockRule, start: date, calendars: Calendars) -> date:
    """Find the day from which a rule counts: the start, or the next working day if the rule says so."""
    return get_rolling_days(rule, calendars).find_next_open(start) if rule.roll_start else start


def get_rolling_days(rule: ClockRule, calendars: Calendars) -> DayCalendar:
    """Get the working days to which a rule rolls."""
    return calendars.get_working_days(rule.calendar or CalendarName.SCHOOL)


def compute_due_day(
    rule: ClockRule, start: date, calendars: Calendars, *, skips: Sequence[Span] = (), added: int = 0
) -> date:
    """Compute the last day of a clock that starts on a day. Raises CannotBeComputed.

    ``skips``: days that do not count, in spans that do not overlap. ``added``: by extension, in its unit.
    """
    first = find_first_day(rule, start, calendars)
    return roll(rule, find_shorter_period(rule, first, calendars, skips, added)[1], calendars)


def find_shorter_period(
    rule: ClockRule, first: date, calendars: Calendars, skips: Sequence[Span], added: int
) -> tuple[Period, date]:
    """Find which period of a rule ends first, and on which day, before it is moved to a working day."""
    day = _count(rule, rule.period, first, calendars, skips, added)
    if rule.or_sooner is not None:
        sooner = _count(rule, rule.or_sooner, first, calendars, skips, 0)
        if sooner < day:
            return rule.or_sooner, sooner
    return rule.period, day


def roll(rule: ClockRule, day: date, calendars: Calendars) -> date:
    """Move a last day that is no working day to where the rule says. Raises CannotBeComputed."""
    match rule.roll:
        case Roll.NEXT_WORKING_DAY:
            return get_rolling_days(rule, calendars).find_next_open(day)
        case Roll.PREVIOUS_WORKING_DAY:
            return get_rolling_days(rule, calendars).find_previous_open(day)
    return day


def _count(
    rule: ClockRule, period: Period, start: date, calendars: Calendars, skips: Sequence[Span], added: int
) -> date:
    """Count a period from a start, in the rule's direction."""
    sign = 1 if rule.direction is Direction.FORWARD else -1
    origin = start - timedelta(sign) if rule.first_day is FirstDay.INCLUSIVE else start
    amount = period.amount + added
    counter = find_counter(period, calendars)
    if period.unit is Unit.MONTHS:
        corresponding = add_months(start, sign * amount) - (start - origin)
        amount = abs((corresponding - origin).days)
    elif period.unit is Unit.WEEKS:
        amount *= _WEEK
    amount += rule.clear
    if sign < 0:
        return counter.add(origin, -amount)
    return _add_without(counter, origin, amount, skips)


def _add_without(counter: DayCounter, origin: date, amount: int, skips: Sequence[Span]) -> date:
    """Find the ``amount``th day that counts after a day, and is in no span: a step for each span it meets."""
    day = counter.add(origin, amount)
    skipped = -1
    while skips and (now := _count_within(counter, origin, day, skips)) != skipped:
        skipped = now
        day = counter.add(origin, amount + skipped)
    return day


def _count_within(counter: DayCounter, origin: date, day: date, skips: Sequence[Span]) -> int:
    return sum(
        counter.count(max(span.first - timedelta(1), origin), min(span.last, day))
        for span in skips
        if span.first <= day
    )


def compute_due_date(
    rule: ClockRule, start: datetime, calendars: Calendars, *, skips: Sequence[Span] = (), added: int = 0
) -> DueDate:
    """Compute when a clock of days is due that starts at a moment. Raises CannotBeComputed."""
    first = find_local_day(start)
    day = compute_due_day(rule, first, calendars, skips=skips, added=added)
    return make_due_date(rule, first, day, calendars)


def make_due_date(rule: ClockRule, start: date, day: date, calendars: Calendars) -> DueDate:
    """Make the due date of a last day: it ends when the day does, or at the rule's hour."""
    ends_at = find_end_of_day(day) if rule.ends_at is None else find_local_moment(day, rule.ends_at)
    counter = find_counter(rule.period, calendars)
    forecast_from = counter.provisional_from if isinstance(counter, DayCalendar) else None
    if forecast_from is None and rule.roll is not Roll.NONE:
        forecast_from = get_rolling_days(rule, calendars).provisional_from
    provisional = forecast_from is not None and max(start, day) >= forecast_from
    return DueDate(day, ends_at, provisional)


def compute_due_moment(
    rule: ClockRule, start: datetime, pauses: Sequence[tuple[datetime, datetime]] = (), added: int = 0
) -> DueDate:
    """Compute when a clock of hours is due: absolute hours, and as long again as it was paused."""
    sign = 1 if rule.direction is Direction.FORWARD else -1
    moment = start + sign * timedelta(hours=rule.amount + added)
    for begin, end in pauses:
        if begin < moment:
            moment += end - begin
    return DueDate(find_local_day(moment), moment)
