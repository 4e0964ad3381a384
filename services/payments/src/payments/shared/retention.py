"""How long personal data are kept. Source: council finance, section 9."""

from collections.abc import Iterable
from datetime import date

from chassis.dates import add_months

DEFAULT_MONTHS = 13  # of a fund that says no other: long enough for chargebacks
_RECORD_YEARS = 6  # after the financial year in which the money was taken
_YEAR_BEGINS_IN = 4  # April


def find_records_end(taken_on: date) -> date:
    """Find the day on which financial records of a day are no longer kept: six years and the current one."""
    year = taken_on.year + (taken_on.month >= _YEAR_BEGINS_IN)
    return date(year + _RECORD_YEARS, _YEAR_BEGINS_IN, 1)


def find_last_record_day(day: date) -> date:
    """Find the last day whose financial records are no longer kept on a day."""
    year = day.year - (day.month < _YEAR_BEGINS_IN)
    return date(year - _RECORD_YEARS, 3, 31)


def find_payer_end(created_on: date, months: Iterable[int]) -> date:
    """Find the day on which a payer's data are erased: by the line that keeps them longest."""
    return min(add_months(created_on, max(months)), find_records_end(created_on))
