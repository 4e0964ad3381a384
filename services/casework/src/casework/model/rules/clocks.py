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


@dataclass(frozen=True, slots=True)
class Timer:
    """What happens when a clock falls due, or so many hours before or after."""

    id: str
    clock: str
    hours: int = 0  # after the clock's due instant; negative: before
    action: str = ""
    notification: str = ""
    task: str = ""  # reopened
