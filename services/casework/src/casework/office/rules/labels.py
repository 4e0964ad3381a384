"""What the office calls things, and how long is left, in words."""

from datetime import datetime, timedelta
from typing import NamedTuple

from casework.shared.days import DAY, LONDON, find_local_day, format_day

_MOMENT = timedelta(microseconds=1)
_SOON = 3  # days


class Tag(NamedTuple):
    """Words and the colour of their tag."""

    text: str
    colour: str


def describe_due(due_at: datetime | None, now: datetime) -> Tag:
    """Say how long is left until a deadline, in days as the law counts them."""
    if due_at is None:
        return Tag("No deadline", "grey")
    last, today = find_local_day(due_at - _MOMENT), find_local_day(now)
    days = (last - today) // DAY
    if due_at <= now:
        return Tag(f"{_count(-days, 'day')} overdue" if days < 0 else "Overdue", "red")
    if days == 0:
        return Tag(f"Due today{_name_hour(due_at)}", "orange")
    return Tag(f"{_count(days, 'day')} left", "yellow" if days <= _SOON else "blue")


def format_due(due_at: datetime | None) -> str:
    """Write the last day of a deadline, and its hour if the day's end is not it; empty without one."""
    if due_at is None:
        return ""
    return f"{format_day(find_local_day(due_at - _MOMENT))}{_name_hour(due_at)}"


def _name_hour(due_at: datetime) -> str:
    local = due_at.astimezone(LONDON)
    if (local.hour, local.minute) == (0, 0):
        return ""
    return f" by {local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"  # noqa: PLR2004


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def name_value(value: str) -> str:
    """Write a code of a case type as words: ``not_out`` is Not out."""
    text = value.replace("_", " ").replace("-", " ")
    return text[:1].upper() + text[1:]
