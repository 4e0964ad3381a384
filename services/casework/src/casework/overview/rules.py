"""Charts of the office as they are drawn. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_WIDTH, _LABELS, _NUMBERS = 380, 78, 86  # of the chart, in its own units
_ROW, _BAR, _THIN = 30, 14, 5


@dataclass(frozen=True, slots=True)
class WeekSum:
    """What was opened and closed in a week, of all types that are looked at."""

    name: str
    first_day: date
    opened: int
    in_time: int
    overdue: int

    @property
    def closed(self) -> int:
        """All that was closed."""
        return self.in_time + self.overdue

    @property
    def percent(self) -> str:
        """The share that was closed in time; empty if none was."""
        return f"{100 * self.in_time // self.closed}%" if self.closed else ""

    def add(self, opened: int, in_time: int, overdue: int) -> "WeekSum":
        """Return it with more added."""
        return WeekSum(
            self.name,
            self.first_day,
            self.opened + opened,
            self.in_time + in_time,
            self.overdue + overdue,
        )


@dataclass(frozen=True, slots=True)
class Bars:
    """A week's bars, placed: closed in time and overdue behind one another, opened below them."""

    week: WeekSum
    y: int
    in_time: int  # widths
    overdue: int
    opened: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of weeks."""

    bars: Sequence[Bars]
    height: int
    width: int = _WIDTH
    axis: int = _LABELS
    bar: int = _BAR
    thin: int = _THIN


def draw_weeks(weeks: Sequence[WeekSum]) -> Chart:
    """Place the bars of each week, all on one scale."""
    most = max((max(week.opened, week.closed) for week in weeks), default=0) or 1
    space = _WIDTH - _LABELS - _NUMBERS

    def scale(number: int) -> int:
        return max(number * space // most, 1) if number else 0

    bars = [
        Bars(week, row * _ROW, scale(week.in_time), scale(week.overdue), scale(week.opened))
        for row, week in enumerate(weeks)
    ]
    return Chart(bars, max(len(weeks) * _ROW, 1))
