"""Clocks of the laws that the tests compute, and helpers that read their dates.

A day is written as in a table: ``Mon 5 Feb 2024``. A weekday that is not that of the date is an error.
"""

from datetime import UTC, date, datetime, time
from functools import partial

from casework.calendar.actions.bank_holidays import build_calendars
from casework.calendar.rules.calendars import CalendarName, Calendars
from casework.calendar.rules.day_calendars import Span
from casework.calendar.rules.nations import Nation
from casework.calendar.rules.school_terms import SchoolYear
from casework.clocks.rules import (
    Basis,
    ClockDefinition,
    ClockRule,
    Direction,
    Extension,
    ExtensionGround,
    FirstDay,
    Period,
    Roll,
    Source,
    Started,
    Unit,
    compute_due_day,
    fold_clock,
)
from casework.shared.days import LONDON

WORKING, SCHOOL = Unit.WORKING_DAYS, Unit.SCHOOL_DAYS
ENGLAND, SCOTLAND = CalendarName.ENGLAND_AND_WALES, CalendarName.SCOTLAND
ANY_UK, NATION = CalendarName.ANY_UK, CalendarName.NATION
STATUTE = Source("an Act", Basis.STATUTE)

working_days = partial(ClockRule, unit=WORKING, calendar=ENGLAND)
before_event = partial(working_days, direction=Direction.BACKWARD)
beginning_with = partial(ClockRule, unit=Unit.DAYS, first_day=FirstDay.INCLUSIVE)
weeks = partial(ClockRule, unit=Unit.WEEKS)
months = partial(ClockRule, unit=Unit.MONTHS)
school_days = partial(ClockRule, unit=SCHOOL)
hours = partial(ClockRule, unit=Unit.HOURS)

FOI = working_days(amount=20, calendar=ANY_UK)
FOI_OF_ENGLAND_ALONE = working_days(amount=20)  # the usual mistake
FOI_SCHOOL = school_days(amount=20, or_sooner=Period(60, WORKING, ANY_UK))
EIR = working_days(amount=20, calendar=ANY_UK, extension=Extension(most=20))
FOISA = working_days(amount=20, calendar=SCOTLAND)
SUBJECT_ACCESS = months(amount=1, calendar=NATION, roll=Roll.NEXT_WORKING_DAY, extension=Extension(most=2))
ACKNOWLEDGE_COMPLAINT = working_days(amount=5)
ANSWER_COMPLAINT = working_days(amount=10, extension=Extension(most=10))
STANDARD_EVENT_NOTICE = before_event(amount=10, clear=True)
EVENT_NOTICE_WITHOUT_CLEAR = before_event(amount=10)  # the usual mistake
LATE_EVENT_NOTICE = before_event(amount=5, clear=True)
PUBLICITY = ClockRule(
    amount=21, unit=Unit.DAYS_EXCEPT_PUBLIC_HOLIDAYS, calendar=ENGLAND, first_day=FirstDay.INCLUSIVE
)
ELECTORAL_OBJECTION = working_days(amount=5, calendar=CalendarName.ELECTORAL)
ELECTORAL_DETERMINATION = working_days(amount=6, calendar=CalendarName.ELECTORAL)
PLANNING = weeks(amount=8, extension=Extension(ground=ExtensionGround.AGREEMENT, after_due=True))

TERMS_2025 = SchoolYear(
    2025,
    tuple(
        Span(date.fromisoformat(first), date.fromisoformat(last))
        for first, last in (
            ("2025-09-03", "2025-10-24"), ("2025-11-03", "2025-12-19"), ("2026-01-05", "2026-02-13"),
            ("2026-02-23", "2026-03-27"), ("2026-04-13", "2026-05-22"), ("2026-06-01", "2026-07-21"),
        )
    ),
)  # fmt: skip


def calendars_of(nation=Nation.ENGLAND, proclamations=(), **parts):
    """The calendars of a council: schools of the invented terms."""
    parts = {"authority": "Citytown schools", "school_years": (TERMS_2025,), **parts}
    return Calendars(nation, build_calendars(tuple(proclamations)), **parts)


ENGLISH, SCOTTISH = calendars_of(), calendars_of(Nation.SCOTLAND)


def day(text):
    """Read a day with its weekday: ``Mon 5 Feb 2024``."""
    weekday, _, rest = text.partition(" ")
    value = datetime.strptime(rest, "%d %b %Y").replace(tzinfo=UTC).date()
    assert f"{value:%a}" == weekday, f"{rest} is a {value:%a}"
    return value


def show(value):
    """Write a day as the tables do."""
    return f"{value:%a} {value.day} {value:%b %Y}"


def moment(text):
    """Read a moment of local time: ``Sat 28 Mar 2026 14:00``."""
    text, _, hour = text.rpartition(" ")
    return datetime.combine(day(text), time.fromisoformat(hour), LONDON).astimezone(UTC)


def due(rule, start, calendars=ENGLISH, **options):
    """Compute the due day of a rule, as the tables write it."""
    return show(compute_due_day(rule, day(start), calendars, **options))


def define(rule, source=STATUTE, **parts):
    return ClockDefinition(name="a clock", rules=(rule,), source=source, **parts)


def event(kind, at, number="1", entered=None, **parts):
    """Make an event that took effect at noon of a day, or at a moment."""
    at = moment(at if ":" in at else f"{at} 12:00")
    return kind(id=number, at=at, entered_at=moment(f"{entered} 12:00") if entered else at, **parts)


def fold(rule, *events, calendars=ENGLISH, now="Thu 1 Jan 2026 12:00"):
    """Fold a clock's events; each gets a number as its id."""
    return fold_clock(define(rule), events, calendars, moment(now))


def start(at):
    return event(Started, at, "start")
