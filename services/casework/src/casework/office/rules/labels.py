"""What the office calls things, and how long is left, in words."""

from datetime import datetime, timedelta
from typing import NamedTuple

from casework.office.rules.values import format_pence, name_value
from casework.shared.days import DAY, LONDON, find_local_day, format_day

__all__ = ["format_pence", "name_value"]
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


BASES = {
    "statute": "The law",
    "statutory_code": "A code that the law refers to",
    "ombudsman_code": "A code of the ombudsman",
    "guidance": "Guidance",
    "local_standard": "A promise of the council",
}
CLOCKS = {
    "paused": Tag("Paused", "grey"),
    "met": Tag("Done in time", "green"),
    "stopped": Tag("Stopped", "grey"),
    "not_started": Tag("Not started", "grey"),
}
TASKS = {"open": Tag("To do", "blue"), "done": Tag("Done", "green"), "dropped": Tag("Not needed", "grey")}
FILES = {
    "held": Tag("Being scanned", "yellow"),
    "clean": Tag("Clean", "green"),
    "infected": Tag("Infected, deleted", "red"),
    "broken": Tag("Broken, deleted", "orange"),
}
NOTES = {None: "Note", "in": "Came in", "out": "Went out"}
_LINKS = {
    ("merge", True): "Ended in",
    ("merge", False): "Ended in this one",
    ("sub_case", True): "Opened from here",
    ("sub_case", False): "Opened from",
}
_KILO = 1_000


def describe_link(kind: str, relation: str, outward: bool) -> str:  # noqa: FBT001 - a template calls it
    """Say how a case is linked to another."""
    words = name_value(relation)
    return _LINKS.get((kind, outward)) or (words if outward else f"{words} (from the other)")


def format_size(size: int) -> str:
    """Write the size of a file."""
    if size < _KILO:
        return f"{size} bytes"
    return f"{size // _KILO:,} kB" if size < _KILO * _KILO else f"{size / _KILO / _KILO:.1f} MB"
