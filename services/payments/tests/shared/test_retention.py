"""Days on which personal data and financial records are no longer kept."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.dates import add_months
from payments.shared.retention import find_last_record_day, find_payer_end, find_records_end

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2030-05-10", 13, "2031-06-10"),
        ("2030-01-31", 1, "2030-02-28"),
        ("2027-01-31", 13, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2030-05-10", -13, "2029-04-10"),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(day, months, later):
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(later)


@pytest.mark.parametrize(("day", "end"), [("2030-03-31", "2036-04-01"), ("2030-04-01", "2037-04-01")])
def test_records_are_kept_for_six_years_after_their_financial_year(day, end):
    assert find_records_end(date.fromisoformat(day)) == date.fromisoformat(end)


@given(day=DAYS, months=st.lists(st.integers(1, 84), min_size=1))
def test_a_payer_is_kept_as_long_as_the_longest_fund_says_and_never_over_seven_years(day, months):
    end = find_payer_end(day, months)
    assert day < end <= add_months(day, 84)
    assert end in {add_months(day, max(months)), find_records_end(day)}


@given(day=DAYS)
def test_the_last_record_day_is_the_last_whose_records_are_over(day):
    last = find_last_record_day(day)
    assert find_records_end(last) <= day < find_records_end(last + timedelta(days=1))
