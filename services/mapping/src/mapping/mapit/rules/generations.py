"""Generations: the days on which boundaries changed.

A generation's id is its day as a number, 20190502; the first, before any change that is known, is 1. So it
stays what it is when an earlier change is entered, and when councils merge.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOCAL = ZoneInfo("Europe/London")
_LIMIT = 253_402_300_799_000_000  # microseconds: the year 9999
FIRST = 1


@dataclass(frozen=True, slots=True)
class Generations:
    """The moments (microseconds since 1970) at which areas start or end, all generations' ids, and now."""

    moments: tuple[int, ...]
    ids: tuple[int, ...]
    now: int

    @property
    def current(self) -> int:
        """Return the id of the generation that holds now."""
        return self.ids[bisect_right(self.moments, self.now)]

    def bound(self, start: int, end: int) -> tuple[int, int]:
        """Return the first and the last generation that has an area valid from and until two moments."""
        return self.ids[bisect_right(self.moments, start)], self.ids[bisect_left(self.moments, end)]

    def describe(self) -> dict[str, dict[str, Any]]:
        """Describe each, by its id."""
        rows = {str(FIRST): _describe(FIRST, _EPOCH, "Boundaries before the first known change", active=True)}
        for moment in self.moments:
            when = to_datetime(moment)
            day = when.astimezone(_LOCAL)
            words = f"Boundaries from {day.day} {day:%B %Y}"
            rows[str(_make_id(moment))] = _describe(_make_id(moment), when, words, active=moment <= self.now)
        return rows


def make_generations(moments: Iterable[int], now: int) -> Generations:
    """Make the generations of moments, one a day. Those without a beginning or an end do not count."""
    days = {_make_id(moment): moment for moment in sorted(moments, reverse=True) if abs(moment) < _LIMIT}
    ordered = tuple(sorted(days.values()))
    return Generations(ordered, (FIRST, *map(_make_id, ordered)), now)


def to_datetime(moment: int) -> datetime:
    """Convert microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=moment)


def to_moment(when: datetime) -> int:
    """Convert a time to microseconds since 1970."""
    return (when - _EPOCH) // timedelta(microseconds=1)


def _make_id(moment: int) -> int:
    return int(f"{to_datetime(moment).astimezone(_LOCAL):%Y%m%d}")


def _describe(number: int, created: datetime, description: str, *, active: bool) -> dict[str, Any]:
    return {
        "id": number,
        "active": active,
        "created": f"{created:%Y-%m-%dT%H:%M:%SZ}",
        "description": description,
    }
