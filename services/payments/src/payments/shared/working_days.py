"""Working days of banks: Monday to Friday without the bank holidays of England and Wales, which Bacs keeps.

Source: Banking and Financial Dealings Act 1971, schedule 1, with the days that proclamations add each year.
Single holidays by proclamation (a coronation) are not known here.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

_SATURDAY = 5
_DAY = timedelta(days=1)
_MOST = 366


def is_working_day(day: date) -> bool:
    """Check whether banks pay on a day."""
    return day.weekday() < _SATURDAY and day not in _list_holidays(day.year)


def add_working_days(day: date, count: int) -> date:
    """Return the working day that comes ``count`` working days after a day, or before it if negative."""
    step = _DAY if count > 0 else -_DAY
    left = abs(count)
    while left:
        day += step
        left -= is_working_day(day)
    return day


def count_working_days(first: date, last: date) -> int:
    """Count the working days after the first day up to the last; negative if the last comes before it.

    It stops at a year: more is late whatever the number.
    """
    if last < first:
        return -count_working_days(last, first)
    last = min(last, first + _DAY * _MOST)
    return sum(is_working_day(first + _DAY * n) for n in range(1, (last - first).days + 1))


@lru_cache(maxsize=200)
def _list_holidays(year: int) -> frozenset[date]:
    easter = _find_easter(year)
    fixed = {
        easter - 2 * _DAY,
        easter + _DAY,
        _find_monday(date(year, 5, 1)),
        _find_monday(date(year, 8, 25)),
    }
    return frozenset(fixed | {_find_monday(date(year, 5, 25))} | set(_move_to_weekdays(year)))


def _move_to_weekdays(year: int) -> Iterator[date]:
    """Give New Year, Christmas and Boxing Day, each on the next weekday that is free."""
    used: set[date] = set()
    for day in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        moved = day
        while moved.weekday() >= _SATURDAY or moved in used:
            moved += _DAY
        used.add(moved)
        yield moved


def _find_monday(day: date) -> date:
    """Find the first Monday on or after a day."""
    return day + _DAY * (-day.weekday() % 7)


def _find_easter(year: int) -> date:
    """Compute Easter Sunday (the Gregorian computus of Butcher and Meeus)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    n = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * n) // 451
    month, day = divmod(h + n - 7 * m + 114, 31)
    return date(year, month, day + 1)
