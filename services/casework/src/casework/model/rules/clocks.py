"""The clocks and timers of a compiled case type. What they mean in law: ``casework.clocks.rules``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from casework.shared.expressions import Expression
from casework.shared.words import Words


@dataclass(frozen=True, slots=True)
class Quantity:
    """A whole number: fixed, a parameter's, or chosen by the value of a field."""

    number: int | None = None
    parameter: str = ""
    by_field: str = ""
    table: Mapping[str, "Quantity"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Law:
    """The law of a clock, or the standard: its unit, its calendar, and where it is written."""

    unit: str
    length: Quantity
    first_day: str
    direction: str
    clear: bool
    calendar: str
    roll: str
    roll_start: bool
    pause_days: str
    extension_by: str
    on_expiry: str
    basis: str
    source: str
    verified: bool
    nations: frozenset[str]
    in_force: date = date.min
    until: date = date.max
    ends_at: str = ""  # an hour of the last day, if not its end


@dataclass(frozen=True, slots=True, eq=False)  # a clock is itself: definitions are cached by it
class Clock:
    """A deadline of the case: which actions start, stop, pause, restart and extend it."""

    id: str
    name: Words
    law: Law
    starts_on: tuple[str, ...] = ()
    starts_from: str = ""  # a date field, where the count is not from the act itself
    when: Expression | None = None  # it starts only where this holds
    stops_on: tuple[str, ...] = ()
    pauses_on: tuple[str, ...] = ()
    resumes_on: tuple[str, ...] = ()
    restarts_on: tuple[str, ...] = ()
    extends_on: tuple[str, ...] = ()
    extension: Quantity | None = None
    extension_until: str = ""  # a date field
    disregards_on: tuple[str, ...] = ()
    disregards_from: str = ""  # a date field: from this day on
    disregards_until: str = ""  # a date field; without one the day of the act
    renews_on: tuple[str, ...] = ()  # a new period from the day after the one that runs
    offered_on: tuple[str, ...] = ()  # actions that may not be done before the offer
    offered_days: Quantity | None = None  # before the end, from which on it may be renewed
    yearly_on: tuple[int, int] | None = None  # a period ends on the eve of this month and day
    yearly_parameter: str = ""  # has that day, or nothing: then the length counts


@dataclass(frozen=True, slots=True)
class Timer:
    """What happens at an instant of the case, or so many hours before or after it.

    The instant is a clock's end, a booked slot's start, or the end of a hold: one of the three is named.
    """

    id: str
    clock: str = ""
    slot: str = ""
    hold: str = ""
    hours: int = 0  # after the instant; negative: before
    days: int = 0  # the same in days: at the same time by the clocks on the wall
    action: str = ""
    notification: str = ""
    task: str = ""  # reopened
