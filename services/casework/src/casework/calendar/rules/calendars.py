"""Every calendar that a clock may name, for one council."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from casework.calendar.rules.bank_holidays import FORECAST_UNTIL, BankHoliday, CodeList
from casework.calendar.rules.day_calendars import ClosedDay, ClosedReason, DayCalendar, Span
from casework.calendar.rules.errors import CannotBeComputed
from casework.calendar.rules.nations import Division, Nation, find_division
from casework.calendar.rules.school_terms import SchoolYear, build_school_calendar

_SATURDAY = 5
_CHRISTMAS = (12, 25)
_CHRISTMAS_EVE = (12, 24)


class CalendarName(StrEnum):
    """The calendars a clock may count by."""

    ENGLAND_AND_WALES = "england_and_wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern_ireland"
    ANY_UK = "any_uk"  # a bank holiday in any part of the United Kingdom does not count
    NATION = "nation"  # that of the council's own nation
    ELECTORAL = "electoral"  # the council's nation, and 24 December does not count either
    SCHOOL = "school"  # of one admission authority
    COUNCIL = "council"  # the council's nation without its closures: for local standards only


TITLES = {
    CalendarName.ENGLAND_AND_WALES: "bank holidays of England and Wales",
    CalendarName.SCOTLAND: "bank holidays of Scotland",
    CalendarName.NORTHERN_IRELAND: "bank holidays of Northern Ireland",
    CalendarName.ANY_UK: "bank holidays of any part of the United Kingdom",
}


@dataclass(frozen=True, slots=True)
class Closure:
    """Days on which the council is closed, such as those between Christmas and New Year."""

    span: Span
    name: str
    name_cy: str = ""


class BankCalendars:
    """The calendars that bank holidays make: the same for every council. Each is built when it is needed."""

    def __init__(self, holidays: Iterable[BankHoliday], first_year: int, last_published: int) -> None:
        self.holidays = tuple(holidays)
        self._loaded = Span(date(first_year, 1, 1), date(FORECAST_UNTIL, 12, 31))
        self._provisional_from = date(last_published + 1, 1, 1)
        self._built: dict[tuple[str, CalendarName], DayCalendar] = {}

    @classmethod
    def of(cls, published: CodeList, holidays: Iterable[BankHoliday]) -> "BankCalendars":
        """Make those of a code list's years and the forecast after them."""
        return cls(holidays, published.first_year, published.last_year)

    def get_working_days(self, name: CalendarName) -> DayCalendar:
        """Get the calendar without weekends and bank holidays, by a division or ``any_uk``."""
        return self._get("working", name)

    def get_days_except_public_holidays(self, name: CalendarName) -> DayCalendar:
        """Get the calendar in which weekends count and public holidays do not."""
        return self._get("public", name)

    def get_electoral_days(self, name: CalendarName) -> DayCalendar:
        """Get the working days without 24 December."""
        return self._get("electoral", name)

    def _get(self, kind: str, name: CalendarName) -> DayCalendar:
        key = kind, name
        if key not in self._built:
            self._built[key] = self._build(kind, name)
        return self._built[key]

    def _build(self, kind: str, name: CalendarName) -> DayCalendar:
        if kind == "electoral":
            return self._get("working", name).without(
                self._list_days(_CHRISTMAS_EVE, ClosedReason.CHRISTMAS_EVE)
            )
        closed = dict(self._list_holidays(name))
        if kind == "public":
            for day in self._list_days(_CHRISTMAS, ClosedReason.CHRISTMAS_DAY):
                closed.setdefault(day.day.toordinal(), day)
        first, last = self._loaded.first.toordinal(), self._loaded.last.toordinal()
        weekdays = 7 if kind == "public" else _SATURDAY
        days = [day for day in range(first, last + 1) if day not in closed and (day - 1) % 7 < weekdays]
        return DayCalendar(
            TITLES[name], [self._loaded], days, closed, _describe_missing, self._provisional_from
        )

    def _list_holidays(self, name: CalendarName) -> Iterator[tuple[int, ClosedDay]]:
        """Give the bank holidays of a calendar by their ordinals; divisions that share one are together."""
        divisions = tuple(Division) if name is CalendarName.ANY_UK else (Division(name.value),)
        by_day: dict[date, list[BankHoliday]] = {}
        for holiday in self.holidays:
            if holiday.division in divisions:
                by_day.setdefault(holiday.day, []).append(holiday)
        for day, same_day in by_day.items():
            yield day.toordinal(), _combine(day, same_day)

    def _list_days(self, month_day: tuple[int, int], reason: ClosedReason) -> list[ClosedDay]:
        """List a day of each loaded year."""
        years = range(self._loaded.first.year, self._loaded.last.year + 1)
        return [ClosedDay(date(year, *month_day), reason) for year in years]


def _combine(day: date, holidays: Sequence[BankHoliday]) -> ClosedDay:
    return ClosedDay(
        day,
        ClosedReason.BANK_HOLIDAY,
        ", ".join(dict.fromkeys(holiday.name for holiday in holidays)),
        ", ".join(dict.fromkeys(holiday.name_cy for holiday in holidays)),
        ", ".join(dict.fromkeys(holiday.source for holiday in holidays)),
        tuple(holiday.division for holiday in holidays),
        any(holiday.provisional for holiday in holidays),
    )


def _describe_missing(day: date) -> str:
    return f"the bank holidays of {day.year}"


@dataclass(frozen=True)
class Calendars:
    """The calendars of a council. For a clock of school days they have those of one admission authority."""

    nation: Nation
    bank: BankCalendars
    closures: tuple[Closure, ...] = ()
    authority: str = ""
    school_years: tuple[SchoolYear, ...] = ()
    _working_days: dict[CalendarName, DayCalendar] = field(default_factory=dict, compare=False, repr=False)

    def get_working_days(self, name: CalendarName) -> DayCalendar:
        """Get the working days of a calendar. Raises CannotBeComputed for schools that are not loaded."""
        if name not in self._working_days:
            self._working_days[name] = self._build_working_days(name)
        return self._working_days[name]

    def _build_working_days(self, name: CalendarName) -> DayCalendar:
        match name:
            case CalendarName.SCHOOL:
                return self._build_school()
            case CalendarName.COUNCIL:
                return self._build_council()
            case CalendarName.ELECTORAL:
                return self.bank.get_electoral_days(self._own)
            case _:
                return self.bank.get_working_days(self._resolve(name))

    def get_days_except_public_holidays(self, name: CalendarName) -> DayCalendar:
        """Get the calendar of all days but public holidays; weekends count. ``name`` is that of a nation."""
        return self.bank.get_days_except_public_holidays(self._resolve(name))

    @property
    def _own(self) -> CalendarName:
        return CalendarName(find_division(self.nation).value)

    def _resolve(self, name: CalendarName) -> CalendarName:
        return self._own if name is CalendarName.NATION else name

    def _build_council(self) -> DayCalendar:
        closed = [
            ClosedDay(date.fromordinal(day), ClosedReason.CLOSURE, closure.name, closure.name_cy)
            for closure in self.closures
            for day in range(closure.span.first.toordinal(), closure.span.last.toordinal() + 1)
        ]
        return self.bank.get_working_days(self._own).without(closed, "working days of the council")

    def _build_school(self) -> DayCalendar:
        if not self.school_years:
            authority = self.authority or "the admission authority"
            raise CannotBeComputed(f"the term dates of {authority}")
        working_days = self.bank.get_working_days(self._own)
        return build_school_calendar(self.authority, self.school_years, working_days)
