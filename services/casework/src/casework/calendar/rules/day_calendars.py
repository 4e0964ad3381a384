"""A calendar: the days that count, in arrays, so that a date is found by bisection and not day by day."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NoReturn

from casework.calendar.rules.errors import CannotBeComputed
from casework.calendar.rules.nations import Division


class ClosedReason(StrEnum):
    """Why a day does not count."""

    WEEKEND = "weekend"
    BANK_HOLIDAY = "bank_holiday"
    CHRISTMAS_DAY = "christmas_day"  # a public holiday by common law, on a weekend too
    CHRISTMAS_EVE = "christmas_eve"
    CLOSURE = "closure"
    OUT_OF_TERM = "out_of_term"
    INSET_DAY = "inset_day"


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A day that does not count, with the reason; ``divisions``: where it is a bank holiday."""

    day: date
    reason: ClosedReason
    name: str = ""
    name_cy: str = ""
    source: str = ""
    divisions: tuple[Division, ...] = ()
    provisional: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Days from the first to the last, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        """Refuse an end before the beginning."""
        if self.last < self.first:
            raise ValueError(f"{self.last} is before {self.first}")

    def __contains__(self, day: date) -> bool:
        """Check whether a day is in it."""
        return self.first <= day <= self.last


def merge_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Merge spans that overlap or touch, so that no day is in two of them."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.first.toordinal() <= merged[-1].last.toordinal() + 1:
            merged[-1] = Span(merged[-1].first, max(merged[-1].last, span.last))
        else:
            merged.append(span)
    return tuple(merged)


class DayCalendar:
    """The days that count of the spans that are loaded. It answers nothing about days beyond them."""

    __slots__ = (
        "_bounds",
        "_closed",
        "_describe_missing",
        "_firsts",
        "_open",
        "loaded",
        "provisional_from",
        "title",
    )

    def __init__(
        self,
        title: str,
        loaded: Iterable[Span],
        open_days: Sequence[int],
        closed: Mapping[int, ClosedDay],
        describe_missing: Callable[[date], str],
        provisional_from: date | None = None,
    ) -> None:
        """Make it of the ordinals of its days; a day that is neither open nor in ``closed`` is a weekend.

        ``describe_missing`` names what must be loaded for a day: "the bank holidays of 2041".
        """
        self.title = title
        self.loaded = merge_spans(loaded)
        self.provisional_from = provisional_from
        self._open = open_days
        self._closed = closed
        self._describe_missing = describe_missing
        self._firsts = [span.first.toordinal() for span in self.loaded]
        self._bounds = [
            (
                span.last.toordinal(),
                bisect_left(open_days, span.first.toordinal()),
                bisect_right(open_days, span.last.toordinal()),
            )
            for span in self.loaded
        ]

    def without(
        self,
        closed: Iterable[ClosedDay],
        title: str = "",
        describe_missing: Callable[[date], str] | None = None,
    ) -> "DayCalendar":
        """Make the calendar in which these days do not count either."""
        added = {day.day.toordinal(): day for day in closed}
        open_days = [ordinal for ordinal in self._open if ordinal not in added]
        reasons = {**added, **self._closed}
        missing = describe_missing or self._describe_missing
        return DayCalendar(
            title or self.title, self.loaded, open_days, reasons, missing, self.provisional_from
        )

    def restricted_to(
        self,
        loaded: Iterable[Span],
        open_days: Sequence[int],
        closed: Iterable[ClosedDay],
        title: str,
        describe_missing: Callable[[date], str],
    ) -> "DayCalendar":
        """Make the calendar of fewer days, such as those of school terms, of which some are closed here."""
        common = sorted(set(open_days).intersection(self._open))
        reasons = {**self._closed, **{day.day.toordinal(): day for day in closed}}
        return DayCalendar(title, loaded, common, reasons, describe_missing, self.provisional_from)

    def add(self, day: date, count: int) -> date:
        """Find the day that is the ``count``th after a day, or before it if negative. Zero is the day itself.

        Raises CannotBeComputed when it lies beyond what is loaded.
        """
        ordinal = day.toordinal()
        if count > 0:
            _, low, high = self._find_bounds(ordinal + 1)
            index = bisect_right(self._open, ordinal, low, high) + count - 1
            if index >= high:
                self._run_out(ordinal + 1, count, count - 1 - (index - high))
        elif count < 0:
            _, low, high = self._find_bounds(ordinal - 1)
            index = bisect_left(self._open, ordinal, low, high) + count
            if index < low:
                self._run_out(ordinal - 1, count, index - low - count)
        else:
            return day
        return date.fromordinal(self._open[index])

    def count(self, after: date, until: date) -> int:
        """Count the days after a day up to another, that one included; 0 if it comes first.

        Raises CannotBeComputed when a day between them is not loaded.
        """
        start, end = after.toordinal(), until.toordinal()
        if end <= start:
            return 0
        last, low, high = self._find_bounds(start + 1)
        if end > last:
            self._run_out(start + 1, 1, None)
        return bisect_right(self._open, end, low, high) - bisect_right(self._open, start, low, high)

    def is_open(self, day: date) -> bool:
        """Check whether a day counts. Raises CannotBeComputed."""
        ordinal = day.toordinal()
        _, low, high = self._find_bounds(ordinal)
        index = bisect_left(self._open, ordinal, low, high)
        return index < high and self._open[index] == ordinal

    def find_next_open(self, day: date) -> date:
        """Find the first day that counts on or after a day. Raises CannotBeComputed."""
        return day if self.is_open(day) else self.add(day, 1)

    def find_previous_open(self, day: date) -> date:
        """Find the last day that counts on or before a day. Raises CannotBeComputed."""
        return day if self.is_open(day) else self.add(day, -1)

    def find_closed(self, day: date) -> ClosedDay | None:
        """Find why a day does not count; None if it does. Raises CannotBeComputed."""
        if self.is_open(day):
            return None
        return self._closed.get(day.toordinal()) or ClosedDay(day, ClosedReason.WEEKEND)

    def list_closed(self, span: Span) -> Iterator[ClosedDay]:
        """Give the days of a span that do not count, each with the reason. Raises CannotBeComputed."""
        for ordinal in range(span.first.toordinal(), span.last.toordinal() + 1):
            closed = self.find_closed(date.fromordinal(ordinal))
            if closed is not None:
                yield closed

    def _find_bounds(self, ordinal: int) -> tuple[int, int, int]:
        """Find the loaded span of a day: its last day, and where its open days begin and end."""
        index = bisect_right(self._firsts, ordinal) - 1
        if index < 0 or ordinal > self._bounds[index][0]:
            raise CannotBeComputed(self._describe_missing(date.fromordinal(ordinal)))
        return self._bounds[index]

    def _run_out(self, ordinal: int, count: int, fits: int | None) -> NoReturn:
        """Raise CannotBeComputed for a count that leaves the loaded span of a day."""
        span = self.loaded[bisect_right(self._firsts, ordinal) - 1]
        end = span.last if count > 0 else span.first
        missing = self._describe_missing(date.fromordinal(end.toordinal() + (1 if count > 0 else -1)))
        if fits is None:
            raise CannotBeComputed(missing)
        raise CannotBeComputed(missing, f"Only {fits} of {abs(count)} days are in what is loaded.")
