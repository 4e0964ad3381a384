"""School years of an admission authority: their terms, and the inset days that are no school days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from casework.calendar.rules.day_calendars import ClosedDay, ClosedReason, DayCalendar, Span

_SEPTEMBER = 9
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class SchoolYear:
    """The terms of a school year, which begins on 1 September of ``year``, and ends on 31 August."""

    year: int
    terms: tuple[Span, ...]
    inset_days: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        """Refuse terms that overlap or lie outside the year, and inset days outside a term."""
        whole = find_school_year(self.year)
        if not self.terms:
            raise ValueError("a school year has at least one term")
        for term in self.terms:
            if term.first not in whole or term.last not in whole:
                raise ValueError(f"a term of {name_school_year(self.year)} lies outside that school year")
        for before, after in zip(self.terms, self.terms[1:], strict=False):
            if after.first <= before.last:
                raise ValueError(f"the term from {after.first} begins before the one before it has ended")
        for day in self.inset_days:
            if not any(day in term for term in self.terms):
                raise ValueError(f"the inset day {day} is in no term")


def find_school_year(year: int) -> Span:
    """Find the days of a school year."""
    return Span(date(year, 9, 1), date(year + 1, 8, 31))


def name_school_year(year: int) -> str:
    """Write a school year as people do: 2026-27."""
    return f"{year}-{(year + 1) % 100:02}"


def find_year_of(day: date) -> int:
    """Find the school year of a day, by the year in which it begins."""
    return day.year if day.month >= _SEPTEMBER else day.year - 1


def build_school_calendar(
    authority: str, years: Iterable[SchoolYear], working_days: DayCalendar
) -> DayCalendar:
    """Build the calendar of an admission authority: weekdays in its terms but bank holidays and inset days.

    A school year that is not loaded is a gap over which nothing is counted.
    """
    loaded = list(years)
    inset = {day for year in loaded for day in year.inset_days}
    days = [
        ordinal
        for year in loaded
        for term in year.terms
        for ordinal in range(term.first.toordinal(), term.last.toordinal() + 1)
        if date.fromordinal(ordinal) not in inset
    ]
    return working_days.restricted_to(
        [find_school_year(year.year) for year in loaded],
        days,
        [closed for year in loaded for closed in _list_closed(year)],
        f"school days of {authority}",
        lambda day: f"the term dates of {authority} for {name_school_year(find_year_of(day))}",
    )


def _list_closed(year: SchoolYear) -> list[ClosedDay]:
    """List the weekdays on which there is no school."""
    whole = find_school_year(year.year)
    weekdays = (
        day
        for ordinal in range(whole.first.toordinal(), whole.last.toordinal() + 1)
        if (day := date.fromordinal(ordinal)).weekday() < _SATURDAY
    )
    closed = [ClosedDay(day, ClosedReason.INSET_DAY) for day in year.inset_days]
    return closed + [
        ClosedDay(day, ClosedReason.OUT_OF_TERM)
        for day in weekdays
        if not any(day in term for term in year.terms)
    ]
