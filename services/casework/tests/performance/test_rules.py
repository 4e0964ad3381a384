from dataclasses import dataclass
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.performance.actions.csv_file import write_csv
from casework.performance.actions.sums import sum_figures
from casework.performance.rules import (
    MOST_WEEKS,
    find_monday,
    find_weeks,
    name_week,
)
from casework.performance.schemas import OpenFigures

TODAY = date(2026, 4, 2)


@dataclass
class Count:
    week: date
    code: str
    measure: str
    detail: str
    number: int


@given(st.dates())
def test_every_day_lies_in_the_week_of_its_monday(day):
    monday = find_monday(day)
    assert 0 <= (day - monday).days < 7
    assert name_week(monday) == name_week(day)


def test_weeks_are_those_of_iso_8601_at_the_end_of_a_year():
    assert name_week(find_monday(date(2026, 12, 31))) == "2026-W53"
    assert name_week(find_monday(date(2027, 1, 3))) == "2026-W53"
    assert name_week(find_monday(date(2027, 1, 4))) == "2027-W01"


def test_twelve_weeks_are_given_unless_days_are_named():
    weeks = find_weeks(None, None, TODAY)
    assert len(weeks) == 12
    assert weeks.last == date(2026, 3, 30)
    assert find_weeks(date(2026, 3, 4), date(2026, 3, 4), TODAY) == (date(2026, 3, 2), date(2026, 3, 2))


def test_a_period_that_is_turned_round_or_too_long_is_refused_in_words():
    assert find_weeks(date(2026, 3, 20), date(2026, 3, 4), TODAY) == "The first day is after the last."
    assert f"{MOST_WEEKS} weeks" in find_weeks(date(2001, 1, 1), TODAY, TODAY)
    for day in (date.min, date.max):
        assert find_weeks(day, day, TODAY)
        assert find_weeks(None, day, TODAY)


def test_counts_become_figures_of_each_week_and_type():
    week = date(2026, 3, 30)
    counts = [
        Count(week, "pothole", "opened", "", 7),
        Count(week, "pothole", "closed", "repaired", 4),
        Count(week, "pothole", "closed", "no_defect", 2),
        Count(week, "pothole", "closed_late", "", 1),
        Count(week, "pothole", "met", "inspect", 5),
        Count(week, "pothole", "missed", "inspect", 1),
        Count(week, "pothole", "reopened", "", 1),
    ]
    [figures] = sum_figures(counts)
    assert figures.model_dump() == {
        "week": "2026-W14", "first_day": week, "case_type": "pothole", "opened": 7, "closed": 6,
        "in_time": 5, "overdue": 1, "reopened": 1,
        "clocks": [{"clock": "inspect", "in_time": 5, "overdue": 1}],
        "results": [{"result": "repaired", "closed": 4}, {"result": "no_defect", "closed": 2}],
    }  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+a", "-a", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_spreadsheet_takes_nothing_for_a_formula(text):
    week = date(2026, 3, 30)
    file = write_csv(
        sum_figures([Count(week, text, "closed", text, 1), Count(week, text, "met", text, 1)]),
        [OpenFigures(case_type=text, open=1, overdue=0, oldest=datetime(2026, 1, 1))],  # noqa: DTZ001
    )
    assert f",{text}," not in file
    assert f"'{text}" in file
