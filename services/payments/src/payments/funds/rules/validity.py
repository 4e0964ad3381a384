"""When a code is free: one fund of a code takes money on a day. And which rates of VAT may still change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a fund; no last day is no end."""

    first: date
    last: date | None

    def overlaps(self, other: "Period") -> bool:
        """Check whether some day is in both."""
        return self.first <= (other.last or date.max) and other.first <= (self.last or date.max)

    def contains(self, other: "Period") -> bool:
        """Check whether each day of the other is in it."""
        return self.first <= other.first and (other.last or date.max) <= (self.last or date.max)


def is_taken(period: Period, others: Iterable[Period]) -> bool:
    """Check whether other funds of the code have some day of a period."""
    return any(period.overlaps(other) for other in others)


def list_changed_past(
    before: Mapping[date, int | None], after: Mapping[date, int | None], today: date
) -> list[date]:
    """List the days before today whose rate of VAT would change, although payments were taken at it."""
    past = {day for day in before.keys() | after.keys() if day < today}
    missing = object()
    return sorted(day for day in past if before.get(day, missing) != after.get(day, missing))
