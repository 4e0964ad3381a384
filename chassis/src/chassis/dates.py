"""Arithmetic of calendar dates."""

import calendar
from datetime import date


def add_months(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of a month that is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
