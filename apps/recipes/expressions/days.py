"""Working days of a nation: Monday to Friday without its bank holidays, as GOV.UK publishes them."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "codelists" / "bank_holidays.json"
_SATURDAY = 5


class UnknownHolidaysError(Exception):
    """A year whose bank holidays are not listed."""


@cache
def list_holidays(nation: str) -> frozenset[date]:
    """List the bank holidays of a nation."""
    division = "england_and_wales" if nation in {"england", "wales"} else nation
    listed = json.loads(_FILE.read_text())
    return frozenset(date.fromisoformat(day) for day in listed["days"][division])


def is_workday(day: date, nation: str) -> bool:
    """Say whether a day is a working day."""
    return day.weekday() < _SATURDAY and day not in list_holidays(nation)


def count_workdays(start: date, end: date, nation: str) -> int:
    """Count the working days after ``start`` up to and with ``end``; below 0 if ``end`` is before it."""
    if end < start:
        return -count_workdays(end, start, nation)
    weeks, rest = divmod((end - start).days, 7)
    count = weeks * 5 + sum(
        1 for number in range(1, rest + 1) if (start + timedelta(number)).weekday() < _SATURDAY
    )
    holidays = sum(1 for day in list_holidays(nation) if start < day <= end and day.weekday() < _SATURDAY)
    return count - holidays


def add_workdays(start: date, count: int, nation: str) -> date:
    """Return the day on which so many working days after ``start`` are over."""
    return next(day for number, day in enumerate(_workdays_after(start, nation), 1) if number == count)


def _workdays_after(start: date, nation: str) -> Iterator[date]:
    day = start
    while True:
        day += timedelta(1)
        if is_workday(day, nation):
            yield day
