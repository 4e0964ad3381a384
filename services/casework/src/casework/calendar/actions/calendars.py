"""The calendars of a council, as clocks count by them."""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.calendar.actions import bank_holidays, schools
from casework.calendar.rules.bank_holidays import BankHoliday
from casework.calendar.rules.calendars import TITLES, CalendarName, Calendars, Closure
from casework.calendar.rules.day_calendars import Span, merge_spans
from casework.calendar.rules.nations import Nation, find_nation
from casework.calendar.rules.school_terms import find_school_year
from casework.calendar.schemas.calendars import (
    BankHolidayList,
    BankHolidayView,
    Calendar,
    CalendarList,
    LoadedDays,
)
from casework.calendar.store import records as store
from casework.calendar.store import school_years
from casework.calendar.store.days import find_days
from chassis.database import ReadSession
from chassis.problems import conflict, invalid

_MOST_CLOSURES = 5_000  # a council has 500; one that was merged has those of several
_NONE = "[]"
_TITLES = {
    **{name: f"Working days without {title}" for name, title in TITLES.items()},
    CalendarName.NATION: "Working days of the council's nation",
    CalendarName.ELECTORAL: "Working days of the council's nation without 24 December",
    CalendarName.COUNCIL: "Working days of the council's nation without closures of the council",
}


async def load_calendars(
    session: ReadSession, council: str, *, closures: bool = False, authority: UUID | None = None
) -> Calendars:
    """Load the calendars of a council: closures and the terms of an authority where they are needed.

    Raises Problem 404 for an authority that is not there, 409 for a council whose nation is not known.
    """
    school = await schools.get_authority(session, council, authority) if authority is not None else None
    days = await find_days(session, council, _MOST_CLOSURES)
    closed = days.closures if closures else _NONE
    calendars = _build(read_nation(council, days.gss), closed, days.proclamations)
    if school is None or authority is None:
        return calendars
    terms = await schools.list_terms(session, council, authority)
    return Calendars(calendars.nation, calendars.bank, calendars.closures, school.name, terms)


@lru_cache(maxsize=64)
def _build(nation: Nation, closures: str, proclamations: str) -> Calendars:
    """Build the calendars of some days; those of the same days are kept."""
    return Calendars(
        nation,
        bank_holidays.build_calendars(bank_holidays.read_proclamations(proclamations)),
        tuple(
            Closure(Span(date.fromisoformat(first), date.fromisoformat(last)), name, name_cy)
            for first, last, name, name_cy in json.loads(closures)
        ),
    )


async def find_council_nation(session: ReadSession, council: str) -> Nation:
    """Find the nation of a council. Raises Problem 409 for a GSS code of none."""
    return read_nation(council, await find_gss(session, council))


async def find_gss(session: ReadSession, council: str) -> str | None:
    """Find the GSS code of a council; None for one that is not known here."""
    return await store.find_gss(session, council)


def read_nation(council: str, gss: str | None) -> Nation:
    """Read the nation of a council from its GSS code. Raises Problem 409 for a code of none."""
    try:
        return find_nation(gss or "")
    except ValueError as error:
        detail = f"The GSS code {gss} of {council} is of no nation of the United Kingdom. Ask the operator."
        raise conflict("nation-not-known", detail) from error


async def list_calendars(session: ReadSession, council: str) -> CalendarList:
    """List the calendars of a council, and the days of which each knows whether they count."""
    calendars = await load_calendars(session, council)
    items = [_show(name, calendars) for name in _TITLES]
    items += _list_schools(await school_years.list_loaded(session, council))
    return CalendarList(nation=calendars.nation, items=items)


def _show(name: CalendarName, calendars: Calendars) -> Calendar:
    days = calendars.get_working_days(name)
    return Calendar(
        name=name,
        title=_TITLES[name],
        loaded=_show_spans(days.loaded),
        provisional_from=days.provisional_from,
        local_only=name is CalendarName.COUNCIL,
    )


def _list_schools(rows: Sequence[Row[Any]]) -> Iterator[Calendar]:
    for (authority, name), years in groupby(rows, key=lambda row: (row.id, row.name)):
        spans = merge_spans(find_school_year(row.year) for row in years if row.year is not None)
        title = f"School days of {name}"
        yield Calendar(name=CalendarName.SCHOOL, title=title, authority=authority, loaded=_show_spans(spans))


def _show_spans(spans: Sequence[Span]) -> list[LoadedDays]:
    return [LoadedDays(first=span.first, last=span.last) for span in spans]


async def list_bank_holidays(session: ReadSession, council: str, year: int) -> BankHolidayList:
    """List the bank holidays of a year, with what was proclaimed since. Raises Problem 400, 409."""
    nation = await find_council_nation(session, council)
    published = bank_holidays.read_code_list()
    if year < published.first_year:
        raise invalid("query.year", f"must be {published.first_year} or later: earlier years are not loaded")
    holidays = (await bank_holidays.load_calendars(session)).holidays
    of_year = sorted(
        (holiday for holiday in holidays if holiday.day.year == year),
        key=lambda holiday: (holiday.day, holiday.name, holiday.source),
    )
    groups = groupby(of_year, key=lambda holiday: (holiday.day, holiday.name, holiday.source))
    items = [_combine(list(group)) for _, group in groups]
    return BankHolidayList(year=year, nation=nation, items=items, attribution=published.attribution)


def _combine(holidays: Sequence[BankHoliday]) -> BankHolidayView:
    """Show a holiday with the divisions that share it."""
    first = holidays[0]
    return BankHolidayView(
        day=first.day,
        divisions=[holiday.division for holiday in holidays],
        name=first.name,
        name_cy=first.name_cy,
        substitute=first.substitute,
        provisional=first.provisional,
        source=first.source,
        reason=first.reason,
    )
