"""Bank holidays: the code list against another package's data, proclamations, and the forecast."""

from datetime import date, timedelta

import holidays
import pytest

from casework.calendar.actions.bank_holidays import build_calendars, read_code_list
from casework.calendar.rules.bank_holidays import FORECAST_UNTIL, Proclamation, list_holidays
from casework.calendar.rules.calendars import CalendarName
from casework.calendar.rules.errors import CannotBeComputed
from casework.calendar.rules.forecasts import forecast_holidays
from casework.calendar.rules.nations import Division, Nation, find_division, find_nation

YEARS = range(2015, 2029)
SUBDIVISIONS = {
    Division.ENGLAND_AND_WALES: "ENG", Division.SCOTLAND: "SCT", Division.NORTHERN_IRELAND: "NIR",
}  # fmt: skip
# Days for one occasion, and days moved for one: no pattern of earlier years has them.
OCCASIONS = {
    "2012-06-04", "2012-06-05", "2012-05-28", "2020-05-04", "2020-05-08", "2022-05-30", "2022-06-02",
    "2022-06-03", "2022-09-19", "2023-05-08", "2026-06-15",
}  # fmt: skip


def days_of(division, holidays_of_region):
    return {holiday.day for holiday in holidays_of_region if holiday.division is division}


@pytest.fixture(scope="module")
def published():
    return read_code_list().holidays


@pytest.mark.parametrize("division", Division)
def test_every_weekday_from_2015_to_2028_is_what_another_package_says(published, division):
    oracle = holidays.country_holidays("GB", subdiv=SUBDIVISIONS[division], years=YEARS)
    ours = days_of(division, published)
    weekdays = (
        day
        for ordinal in range(date(2015, 1, 1).toordinal(), date(2028, 12, 31).toordinal() + 1)
        if (day := date.fromordinal(ordinal)).weekday() < 5
    )
    assert {day.isoformat() for day in weekdays if (day in ours) != (day in oracle)} == set()


def test_scotland_has_15_june_2026_with_the_proclamation_as_its_source(published):
    world_cup = [holiday for holiday in published if holiday.day == date(2026, 6, 15)]
    assert [(holiday.division, holiday.source[:33]) for holiday in world_cup] == [
        (Division.SCOTLAND, "Royal Proclamation of 3 February ")
    ]


def test_every_holiday_has_a_source_and_a_welsh_name_and_lies_on_a_weekday(published):
    assert len(published) == 140 + 157 + 174 + 1
    for holiday in published:
        assert holiday.source
        assert holiday.name_cy
        assert holiday.day.weekday() < 5


def test_the_forecast_would_have_been_right_but_for_occasions(published):
    differences = set()
    for division in Division:
        forecast = {day for year in range(2012, 2029) for day, _ in forecast_holidays(division, year)}
        differences |= {day.isoformat() for day in forecast ^ days_of(division, published)}
    assert differences == OCCASIONS


@pytest.mark.parametrize("division", Division)
def test_the_forecast_agrees_with_another_package_up_to_its_end(division):
    years = range(2029, FORECAST_UNTIL + 1)
    oracle = holidays.country_holidays("GB", subdiv=SUBDIVISIONS[division], years=years)
    forecast = {day for year in years for day, _ in forecast_holidays(division, year)}
    assert forecast == {day for day in oracle if day.weekday() < 5}


def test_forecast_days_are_provisional_and_published_ones_are_not():
    by_year = {holiday.day.year: holiday.provisional for holiday in list_holidays(read_code_list())}
    assert {year for year, provisional in by_year.items() if provisional} == set(range(2029, 2041))
    calendar = build_calendars().get_working_days(CalendarName.ANY_UK)
    assert calendar.provisional_from == date(2029, 1, 1)


def proclaim(day="2022-09-19", *, added=True, divisions=tuple(Division)):
    return Proclamation(date.fromisoformat(day), divisions, added, "A day", "Diwrnod", "a source", "a reason")


def test_a_proclamation_adds_a_day_once_and_its_withdrawal_takes_it_away():
    extra = proclaim("2027-07-23", divisions=(Division.SCOTLAND,))
    for proclamations, expected in (
        ((), True), ((extra,), False), ((extra, extra), False),
        ((extra, proclaim("2027-07-23", added=False)), True),
    ):  # fmt: skip
        calendars = build_calendars(proclamations)
        assert calendars.get_working_days(CalendarName.SCOTLAND).is_open(date(2027, 7, 23)) is expected
        assert calendars.get_working_days(CalendarName.ANY_UK).is_open(date(2027, 7, 23)) is expected
        assert calendars.get_working_days(CalendarName.ENGLAND_AND_WALES).is_open(date(2027, 7, 23))


def test_a_published_day_that_is_proclaimed_again_keeps_its_source():
    again = proclaim("2026-12-25")
    christmas = [h for h in list_holidays(read_code_list(), [again]) if h.day == again.day]
    assert {holiday.source for holiday in christmas} == {"https://www.gov.uk/bank-holidays"}


def test_a_forecast_that_is_proclaimed_is_provisional_no_longer():
    new_year = proclaim("2029-01-01")
    days = [h for h in list_holidays(read_code_list(), [new_year]) if h.day == new_year.day]
    assert {(holiday.source, holiday.provisional) for holiday in days} == {("a source", False)}


@pytest.mark.parametrize(
    ("day", "count", "missing"),
    [
        (date(2011, 12, 1), 1, "the bank holidays of 2011"),
        (date(2012, 1, 3), -5, "the bank holidays of 2011"),
        (date(2040, 12, 28), 20, "the bank holidays of 2041"),
        (date(2055, 1, 1), 1, "the bank holidays of 2055"),
    ],
)
def test_beyond_the_years_that_are_loaded_nothing_is_guessed(day, count, missing):
    calendar = build_calendars().get_working_days(CalendarName.SCOTLAND)
    with pytest.raises(CannotBeComputed) as error:
        calendar.add(day, count)
    assert error.value.missing == missing
    with pytest.raises(CannotBeComputed):
        calendar.count(date(2040, 12, 28), date(2041, 1, 2))


def test_christmas_day_is_a_public_holiday_on_a_weekend_too():
    days = build_calendars().get_days_except_public_holidays(CalendarName.ENGLAND_AND_WALES)
    assert not days.is_open(date(2022, 12, 25))  # a Sunday; its substitute was Tuesday 27
    assert days.is_open(date(2022, 12, 24))
    assert not days.is_open(date(2022, 12, 27))


def test_a_day_with_two_names_in_any_uk_has_both():
    closed = build_calendars().get_working_days(CalendarName.ANY_UK).find_closed(date(2012, 1, 2))
    assert set(closed.name.split(", ")) == {"2nd January", "New Year\N{RIGHT SINGLE QUOTATION MARK}s Day"}
    assert len(closed.divisions) == 3


def test_every_day_of_a_nation_is_closed_in_any_uk():
    any_uk = build_calendars().get_working_days(CalendarName.ANY_UK)
    for division in Division:
        national = build_calendars().get_working_days(CalendarName(division.value))
        day = date(2012, 1, 1)
        while day < date(2041, 1, 1):
            assert national.is_open(day) or not any_uk.is_open(day)
            day += timedelta(1)


@pytest.mark.parametrize(
    ("gss", "nation"),
    [
        ("E06000022", Nation.ENGLAND), ("S12000030", Nation.SCOTLAND), ("W06000015", Nation.WALES),
        ("N09000003", Nation.NORTHERN_IRELAND),
    ],
)  # fmt: skip
def test_a_councils_nation_is_the_letter_of_its_gss_code(gss, nation):
    assert find_nation(gss) is nation


def test_another_letter_is_no_nation_and_wales_has_englands_holidays():
    with pytest.raises(ValueError, match="no GSS code"):
        find_nation("K04000001")
    assert find_division(Nation.WALES) is Division.ENGLAND_AND_WALES
