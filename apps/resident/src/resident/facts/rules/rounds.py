"""When a round comes, by its day of the week, its week and the council's settings: no feed is needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from resident.facts.rules.waste_settings import Container, WasteSettings

LONDON = ZoneInfo("Europe/London")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_AROUND = 35  # days on each side: a fortnight's round that a holiday moved is well within
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Round:
    """A round as mapping's layer has it: a day of the week (0 is Monday), and a week (A or B)."""

    weekday: int
    week: str


def read_round(properties: dict[str, Any]) -> Round:
    """Read a feature of the layer of rounds. Raises KeyError or ValueError if it is not one."""
    return Round(_DAYS.index(properties["day"]), str(properties["week"]))


def describe_round(
    settings: WasteSettings, container: Container, collection: Round, now: datetime
) -> dict[str, Any]:
    """Describe the round of a container: the last and next day, and whether today's is over by its hour.

    Whether crews finished is not known without a feed, and so left out.
    """
    local = now.astimezone(LONDON)
    day, following = find_days(settings, container, collection, local.date())
    is_over = day < local.date() or local.time() >= time.fromisoformat(settings.ends)
    return {
        "day": day.isoformat(),
        "next": following.isoformat(),
        "ends": settings.ends,
        "finished": is_over,
    }


def describe_garden_round(settings: WasteSettings, collection: Round, today: date) -> dict[str, Any]:
    """Describe the garden round: its day of the week, and the next collection."""
    _, following = find_days(settings, settings.containers[settings.garden], collection, today)
    return {"found": True, "day": _DAYS[collection.weekday], "next": following.isoformat()}


def find_days(
    settings: WasteSettings, container: Container, collection: Round, today: date
) -> tuple[date, date]:
    """Find the last day of collection, which may be today, and the next one after today."""
    days = sorted(set(_list_days(settings, container, collection, today)))
    return max(day for day in days if day <= today), min(day for day in days if day > today)


def _list_days(
    settings: WasteSettings, container: Container, collection: Round, today: date
) -> Iterator[date]:
    for offset in range(-_AROUND, _AROUND + 1):
        day = today + timedelta(offset)
        if day.weekday() == collection.weekday and _is_week(settings, container, collection, day):
            yield settings.moved.get(day, day)


def _is_week(settings: WasteSettings, container: Container, collection: Round, day: date) -> bool:
    if container.weeks == "every":
        return True
    is_week_a = (day - settings.week_a).days // _WEEK % 2 == 0
    return (is_week_a == (collection.week == "A")) == (container.weeks == "round")
