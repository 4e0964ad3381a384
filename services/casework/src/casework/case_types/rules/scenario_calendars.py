"""The calendars of a scenario: published bank holidays, and the days that it adds."""

from collections.abc import Iterator, Sequence
from datetime import date

from casework.calendar.rules.bank_holidays import CodeList, Proclamation, list_holidays
from casework.calendar.rules.calendars import BankCalendars, Calendars, Closure
from casework.calendar.rules.day_calendars import Span
from casework.calendar.rules.nations import Division
from casework.calendar.rules.school_terms import SchoolYear
from casework.documents.rules.scenarios import CalendarDocument

_AUTHORITY = "the admission authority"


def add_days(calendars: Calendars, published: CodeList, documents: Sequence[CalendarDocument]) -> Calendars:
    """Add the days of documents to calendars, the first document first. Raises ValueError for terms."""
    proclaimed = tuple(each for document in documents for each in _list_proclamations(document))
    bank = calendars.bank
    if proclaimed:
        bank = BankCalendars.of(published, list_holidays(published, proclaimed))
    years = {year.year: year for document in documents for year in _list_school_years(document)}
    closures = tuple(
        Closure(Span(date.fromisoformat(first), date.fromisoformat(last)), "closed")
        for document in documents
        for first, last in document.closures.items()
    )
    school_years = tuple(years[year] for year in sorted(years))
    authority = _AUTHORITY if school_years else ""
    return Calendars(calendars.nation, bank, calendars.closures + closures, authority, school_years)


def _list_proclamations(document: CalendarDocument) -> Iterator[Proclamation]:
    for day, each in document.proclamations.items():
        divisions = tuple(map(Division, each.divisions))
        added = not each.withdrawn
        yield Proclamation(
            date.fromisoformat(day), divisions, added, each.name, each.name, "Scenario", each.name
        )


def _list_school_years(document: CalendarDocument) -> Iterator[SchoolYear]:
    for year, each in document.school_years.items():
        terms = sorted(
            (date.fromisoformat(first), date.fromisoformat(last)) for first, last in each.terms.items()
        )
        inset_days = tuple(map(date.fromisoformat, each.inset_days))
        yield SchoolYear(int(year), tuple(Span(first, last) for first, last in terms), inset_days)
