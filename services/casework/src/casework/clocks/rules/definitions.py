"""A clock's definition: its rules with the dates between which each is in force, and where they come from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time
from itertools import pairwise

from casework.calendar.rules.calendars import CalendarName
from casework.calendar.rules.nations import Nation
from casework.clocks.rules.words import (
    Basis,
    Direction,
    ExtensionGround,
    FirstDay,
    OnExpiry,
    PauseDays,
    Roll,
    Unit,
)

MAX_AMOUNT = 10_000
_BY_CALENDAR = {Unit.WORKING_DAYS, Unit.DAYS_EXCEPT_PUBLIC_HOLIDAYS}
_WITHOUT_PUBLIC_HOLIDAYS = set(CalendarName) - {
    CalendarName.SCHOOL,
    CalendarName.COUNCIL,
    CalendarName.ELECTORAL,
}
_WITHOUT_CLEAR = {Unit.HOURS, Unit.MONTHS}


class InvalidClock(ValueError):  # noqa: N818 - as ValueError
    """A definition that means nothing, or that the law does not allow; ``field`` is where."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        self.message = message
        super().__init__(f"{field} {message}")


class RuleNotInForce(Exception):  # noqa: N818 - it is no fault: there was no such rule
    """No rule of a clock was in force on the day it would start."""


class ClockDoesNotApply(Exception):  # noqa: N818 - as above
    """A clock of a law that the council's nation does not have."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from. ``verified``: somebody has read it in the primary text."""

    citation: str
    basis: Basis
    url: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """An amount of time: 20 working days of any UK."""

    amount: int
    unit: Unit
    calendar: CalendarName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """How a clock may be extended.

    ``most``: in its unit, altogether; None for any agreed date. ``after_due``: also when the time is over.
    """

    ground: ExtensionGround = ExtensionGround.RIGHT
    most: int | None = None
    times: int = 1
    after_due: bool = False

    @property
    def is_possible(self) -> bool:
        """Check whether it gives more time at all."""
        return self.times >= 1 and (self.most is None or self.most >= 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRule:
    """How long a clock runs, while this rule is in force: a clock uses that of the day on which it started.

    ``calendar`` is that of the unit and of rolling. ``clear``: so many days strictly between, both ends
    excluded. ``roll_start``: an event on a closed day counts as one of the next working day. ``or_sooner``: a
    second period, from the same start, if it ends first. ``ends_at``: an hour of the last day, not its end.
    Raises InvalidClock.
    """

    amount: int
    unit: Unit
    calendar: CalendarName | None = None
    first_day: FirstDay = FirstDay.DAY_AFTER
    direction: Direction = Direction.FORWARD
    clear: bool = False
    roll: Roll = Roll.NONE
    roll_start: bool = False
    or_sooner: Period | None = None
    pause_days: PauseDays = PauseDays.BOTH_ENDS
    extension: Extension | None = None
    ends_at: time | None = None
    in_force_from: date = date.min
    in_force_until: date = date.max  # its last day
    period: Period = field(init=False, repr=False, compare=False)  # its amount, unit and calendar

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        object.__setattr__(self, "period", Period(self.amount, self.unit, self.calendar))
        for period, prefix in ((self.period, ""), (self.or_sooner, "or_sooner.")):
            if period is not None:
                _check_period(period, prefix)
        for place, wrong, message in self._list_faults():
            if wrong:
                raise InvalidClock(place, message)

    def _list_faults(self) -> Iterator[tuple[str, bool, str]]:
        rolls = self.roll is not Roll.NONE or self.roll_start
        hours, backward = self.unit is Unit.HOURS, self.direction is Direction.BACKWARD
        no_calendar = self.calendar is None and self.unit is not Unit.SCHOOL_DAYS
        yield "roll", rolls and no_calendar, "needs a calendar that says which days are working days"
        yield "roll_start", self.roll_start and backward, "is for clocks that run forward"
        yield "roll", rolls and hours, "is for days; hours are absolute"
        yield "clear", self.clear and self.unit in _WITHOUT_CLEAR, f"cannot be used with {self.unit}"
        yield "first_day", hours and self.first_day is FirstDay.INCLUSIVE, "is for days; hours are absolute"
        yield "ends_at", hours and self.ends_at is not None, "is for days; hours end at a moment"
        yield "or_sooner", hours and self.or_sooner is not None, "is for days; hours end at a moment"
        yield "or_sooner", backward and self.or_sooner is not None, "is for clocks that run forward"
        yield "extension", backward and self.extension is not None, "is for clocks that run forward"
        wrong = self.extension is not None and not self.extension.is_possible
        yield "extension", wrong, "must be by 1 or more, 1 time or more"
        yield "in_force_until", self.in_force_until < self.in_force_from, "is before in_force_from"


def _check_period(period: Period, prefix: str) -> None:
    unit, calendar = period.unit, period.calendar
    if not 1 <= period.amount <= MAX_AMOUNT:
        raise InvalidClock(f"{prefix}amount", f"must be between 1 and {MAX_AMOUNT:,}")
    if unit in _BY_CALENDAR and calendar is None:
        raise InvalidClock(f"{prefix}calendar", f"is needed: {unit} depend on whose holidays are kept")
    if unit is Unit.SCHOOL_DAYS and calendar not in {None, CalendarName.SCHOOL}:
        raise InvalidClock(f"{prefix}calendar", "of school_days is school: leave it out")
    if calendar is CalendarName.SCHOOL and unit is not Unit.SCHOOL_DAYS:
        raise InvalidClock(f"{prefix}calendar", "school is for school_days")
    if unit is Unit.DAYS_EXCEPT_PUBLIC_HOLIDAYS and calendar not in _WITHOUT_PUBLIC_HOLIDAYS:
        raise InvalidClock(f"{prefix}calendar", f"of {unit} is that of a nation or any_uk")
    if prefix and unit is Unit.HOURS:
        raise InvalidClock(f"{prefix}unit", "cannot be hours: compare days with days")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockDefinition:
    """A clock: its rules in the order in which they are in force, its source, and where it applies.

    Raises InvalidClock: closures of a council move nothing that others than the council have set.
    """

    name: str
    rules: tuple[ClockRule, ...]
    source: Source
    applies_in: frozenset[Nation] = frozenset(Nation)
    on_expiry: OnExpiry = OnExpiry.BREACH

    def __post_init__(self) -> None:
        """Refuse closures on anything but a local standard, and rules that are in force together."""
        if not self.rules:
            raise InvalidClock("rules", "has none")
        if not self.applies_in:
            raise InvalidClock("applies_in", "names no nation")
        for before, after in pairwise(self.rules):
            if after.in_force_from <= before.in_force_until:
                raise InvalidClock("rules", "has two in force on one day, or they are not in order")
        calendars = {
            period.calendar for rule in self.rules for period in (rule.period, rule.or_sooner) if period
        }
        if CalendarName.COUNCIL in calendars and self.source.basis is not Basis.LOCAL_STANDARD:
            message = "council is for local standards: closures of the council do not move what it must do by"
            raise InvalidClock("calendar", f"{message} {self.source.basis.replace('_', ' ')}")

    def get_rule(self, day: date) -> ClockRule:
        """Get the rule in force on a day. Raises RuleNotInForce."""
        for rule in self.rules:
            if rule.in_force_from <= day <= rule.in_force_until:
                return rule
        raise RuleNotInForce(f"No rule of {self.name} was in force on {day}.")

    def require_nation(self, nation: Nation) -> None:
        """Raise ClockDoesNotApply for a council of another nation."""
        if nation not in self.applies_in:
            nations = ", ".join(sorted(each.replace("_", " ").title() for each in self.applies_in))
            raise ClockDoesNotApply(f"{self.name} applies in {nations} only.")
