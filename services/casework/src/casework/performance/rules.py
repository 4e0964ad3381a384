"""Weeks as ISO 8601 has them, and cells that spreadsheets take for no formula. Pure."""

from datetime import date, timedelta
from typing import NamedTuple

MOST_WEEKS = 106  # two years
USUAL_WEEKS = 12
_WEEK = timedelta(weeks=1)


class Weeks(NamedTuple):
    """The Mondays of the first and the last week."""

    first: date
    last: date

    def __len__(self) -> int:
        """Count the weeks."""
        return (self.last - self.first).days // 7 + 1

    def list_mondays(self) -> list[date]:
        """List the Mondays."""
        return [self.first + number * _WEEK for number in range(len(self))]


def find_monday(day: date) -> date:
    """Find the first day of a day's week."""
    return day - timedelta(days=day.weekday())  # the first day of all dates is a Monday


def find_weeks(first: date | None, last: date | None, today: date) -> Weeks | str:
    """Find the weeks from one day to another, or say what is wrong; without them the last twelve."""
    until = find_monday(last or max(today, first or today))
    earliest = max(until.toordinal() - 7 * (USUAL_WEEKS - 1), find_monday(date.min).toordinal())
    since = date.fromordinal(earliest) if first is None else find_monday(first)
    weeks = Weeks(since, until)
    if weeks.first > weeks.last:
        return "The first day is after the last."
    if len(weeks) > MOST_WEEKS:
        return f"Choose {MOST_WEEKS} weeks or fewer."
    return weeks


def name_week(monday: date) -> str:
    """Name a week as ISO 8601 does."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02}"
