"""What happens to a clock. Each event has an effective time, and the time at which somebody entered it.

Events are never changed: ``Corrected`` and ``Withdrawn`` are events too.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from casework.clocks.rules.words import ExtensionGround


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockEvent:
    """An event of a clock: ``at`` is when it took effect, such as the date stamped on a letter.

    Of events at one time a start comes first, then the one entered first, then the lesser ``id``.
    """

    id: str
    at: datetime
    entered_at: datetime

    def __post_init__(self) -> None:
        """Refuse moments without their zone: they would be another day elsewhere."""
        if self.at.tzinfo is None or self.entered_at.tzinfo is None:
            raise ValueError("a clock's event needs moments with their time zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(ClockEvent):
    """The clock starts. For one that counts backward ``at`` is the date it counts from, such as a hearing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarted(ClockEvent):
    """A new clock from this event, such as an answer that clarifies a request: what was before is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(ClockEvent):
    """Days do not count from here until it resumes."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(ClockEvent):
    """Days count again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disregarded(ClockEvent):
    """Days from the first to the last do not count, such as those in which a fee was awaited."""

    first: date
    last: date
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended(ClockEvent):
    """There is more time: so much in the clock's unit, or until an agreed day."""

    by: int | None = None
    until: date | None = None
    ground: ExtensionGround = ExtensionGround.RIGHT

    def __post_init__(self) -> None:
        """Refuse an extension of no time, and one that is both."""
        ClockEvent.__post_init__(self)
        if (self.by is None) == (self.until is None) or (self.by is not None and self.by < 1):
            raise ValueError("an extension is by 1 or more of the clock's unit, or until a day")


@dataclass(frozen=True, slots=True, kw_only=True)
class Met(ClockEvent):
    """What the clock gives time for was done, in time or late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped(ClockEvent):
    """It no longer runs, and nothing was due: a request was withdrawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected(ClockEvent):
    """An earlier event took effect at another time than was entered."""

    corrects: str
    to: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(ClockEvent):
    """An earlier event did not happen."""

    withdraws: str


def list_effective(events: Iterable[ClockEvent]) -> list[ClockEvent]:
    """List what happened, as far as is now known, in the order in which it took effect."""
    entered = sorted(events, key=lambda event: (event.entered_at, event.id))
    withdrawn = {event.withdraws for event in entered if isinstance(event, Withdrawn)}
    times = {
        event.corrects: event.to
        for event in entered
        if isinstance(event, Corrected) and event.id not in withdrawn
    }
    effective = [
        replace(event, at=times.get(event.id, event.at))
        for event in entered
        if not isinstance(event, Corrected | Withdrawn) and event.id not in withdrawn
    ]
    return sorted(effective, key=lambda event: (event.at, not isinstance(event, Started)))
