"""School terms of an admission authority, and closures of a council."""

from dataclasses import replace
from datetime import date

import pytest

from casework.calendar.rules.calendars import CalendarName, Closure
from casework.calendar.rules.day_calendars import Span
from casework.calendar.rules.errors import CannotBeComputed
from casework.calendar.rules.nations import Nation
from casework.calendar.rules.school_terms import SchoolYear
from services.casework.tests.clocks.laws import TERMS_2025, calendars_of

SCHOOL = CalendarName.SCHOOL
TERMS_2027 = SchoolYear(2027, (Span(date(2027, 9, 2), date(2028, 7, 20)),))


def school_days(*years, nation=Nation.ENGLAND):
    return calendars_of(nation, school_years=years).get_working_days(SCHOOL)


def test_a_school_day_is_a_weekday_in_a_term_and_no_bank_holiday_or_inset_day():
    days = school_days(replace(TERMS_2025, inset_days=(date(2025, 9, 3),)))
    closed = [date(2025, 9, 3), date(2025, 9, 6), date(2025, 10, 27), date(2026, 5, 4), date(2026, 8, 31)]
    reasons = [days.find_closed(day).reason.value for day in closed]
    assert reasons == ["inset_day", "weekend", "out_of_term", "bank_holiday", "out_of_term"]
    assert days.is_open(date(2025, 9, 4))
    assert school_days(TERMS_2025, nation=Nation.SCOTLAND).is_open(date(2026, 5, 4)) is False


@pytest.mark.parametrize(
    ("day", "count", "missing"),
    [
        (date(2026, 7, 6), 30, "2026-27"),
        (date(2025, 9, 10), -30, "2024-25"),
        (date(2026, 10, 1), 1, "2026-27"),
        (date(2027, 9, 10), -30, "2026-27"),
    ],
)
def test_a_year_between_that_is_not_loaded_is_a_gap_nothing_is_counted_over(day, count, missing):
    with pytest.raises(CannotBeComputed, match=f"the term dates of Citytown schools for {missing}"):
        school_days(TERMS_2025, TERMS_2027).add(day, count)


def test_years_that_follow_one_another_are_counted_through():
    next_year = SchoolYear(2026, (Span(date(2026, 9, 1), date(2027, 7, 20)),))
    days = school_days(TERMS_2025, next_year)
    assert days.add(date(2026, 7, 6), 30) == date(2026, 9, 25)
    assert days.count(date(2026, 7, 6), date(2026, 9, 25)) == 30


def test_without_terms_or_an_authority_a_clock_of_school_days_says_what_it_needs():
    with pytest.raises(CannotBeComputed, match="the term dates of the admission authority"):
        calendars_of(authority="", school_years=()).get_working_days(SCHOOL)


@pytest.mark.parametrize(
    ("terms", "inset", "message"),
    [
        ((), (), "at least one term"),
        (((2025, 8, 30), (2025, 12, 19)), (), "outside that school year"),
        (((2025, 9, 3), (2026, 9, 1)), (), "outside that school year"),
        (((2025, 9, 3), (2025, 12, 19), (2025, 12, 19), (2026, 3, 1)), (), "before the one before"),
        (((2025, 9, 3), (2025, 12, 19)), (date(2025, 12, 20),), "in no term"),
    ],
)
def test_a_school_year_that_makes_no_sense_is_refused(terms, inset, message):
    spans = tuple(Span(date(*a), date(*b)) for a, b in zip(terms[::2], terms[1::2], strict=True))
    with pytest.raises(ValueError, match=message):
        SchoolYear(2025, spans, inset)


def test_closures_close_the_councils_own_calendar_and_no_other():
    closure = Closure(Span(date(2025, 12, 29), date(2025, 12, 31)), "Christmas closure")
    calendars = calendars_of(closures=(closure,))
    for name in CalendarName:
        if name not in {SCHOOL, CalendarName.COUNCIL}:
            assert calendars.get_working_days(name).is_open(date(2025, 12, 30)), name
    council = calendars.get_working_days(CalendarName.COUNCIL)
    assert council.find_closed(date(2025, 12, 30)).name == "Christmas closure"
    assert council.add(date(2025, 12, 24), 1) == date(2026, 1, 2)
    assert calendars_of(Nation.SCOTLAND).get_working_days(CalendarName.COUNCIL).add(
        date(2025, 12, 31), 1
    ) == date(2026, 1, 5)
