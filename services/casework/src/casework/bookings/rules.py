"""Which slots a pool has: a week's pattern in local time, and days that are otherwise. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from casework.shared.days import DAY, LONDON, find_local_day, find_local_moment

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Opening:
    """Hours of a day, by the clocks on the wall, and how many may come."""

    starts: time
    ends: time
    capacity: int


@dataclass(frozen=True, slots=True)
class Pool:
    """The slots of a pool. A day that is an exception is as the exception says, closed or not."""

    id: str
    week: Mapping[str, Sequence[Opening]]
    exceptions: Mapping[date, Sequence[Opening]]
    closed: Collection[date] = ()
    notice_hours: int = 0
    days_ahead: int = 366


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of a pool, and its capacity."""

    starts_at: datetime
    ends_at: datetime
    capacity: int


def list_slots(pool: Pool, first: date, last: date) -> Iterator[Slot]:
    """List the slots of days, in order. An hour that the clocks leave out has none."""
    for offset in range((last - first).days + 1):
        day = first + offset * DAY
        openings = pool.exceptions.get(day)
        if openings is None:
            openings = () if day in pool.closed else pool.week.get(WEEKDAYS[day.weekday()], ())
        for opening in openings:
            starts_at, ends_at = (find_local_moment(day, hour) for hour in (opening.starts, opening.ends))
            is_there = starts_at.astimezone(LONDON).time() == opening.starts
            if is_there and opening.capacity and starts_at < ends_at:
                yield Slot(starts_at, ends_at, opening.capacity)


def list_bookable(pool: Pool, first: date, last: date, now: datetime) -> Iterator[Slot]:
    """List the slots of days that may be booked now: with notice, and not too far ahead."""
    earliest = now + timedelta(hours=pool.notice_hours)
    today = find_local_day(now)
    for slot in list_slots(pool, max(first, today), min(last, today + pool.days_ahead * DAY)):
        if slot.starts_at > now and slot.starts_at >= earliest:
            yield slot


def find_bookable(pool: Pool, starts_at: datetime, now: datetime) -> Slot | None:
    """Find the slot that begins at an instant, if it may be booked now."""
    day = find_local_day(starts_at)
    instant = starts_at.astimezone(UTC)
    return next((slot for slot in list_bookable(pool, day, day, now) if slot.starts_at == instant), None)
