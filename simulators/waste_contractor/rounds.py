"""The contractor's rounds: which containers a property has, on which days, and what happened there."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

STREAMS = {
    "household-waste": ("Rubbish", "black", "wheelie bin"),
    "mixed-recyclables": ("Mixed recyclables", "green", "box"),
    "food-waste": ("Food waste", "grey", "caddy"),
    "garden-waste": ("Garden waste", "brown", "wheelie bin"),
}
FORTNIGHTLY = frozenset({"household-waste", "garden-waste"})
ENDS = time(15)  # when crews are done on a usual day
STATUSES = frozenset({"not_started", "in_progress", "completed", "not_completed"})
_FIRST_MONDAY = date(2026, 1, 5)
_WORKING_DAYS, _WEEK = 5, 7
_AROUND = 21  # days on each side


@dataclass(slots=True)
class Property:
    """A property of the contractor's rounds, with what a test changed.

    ``last``: the day of the last collection of all its containers, instead of the round's. ``status``: how
    that collection stands, instead of what the time says. ``back``: when the crew returns. ``late``: when the
    crew will be done, on a day when it is late. ``events``: what the crew noted.
    """

    uprn: str
    streams: tuple[str, ...] = tuple(STREAMS)
    last: date | None = None
    status: str = ""
    back: date | None = None
    late: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)

    def find_days(self, stream: str, today: date) -> tuple[date, date]:
        """Find the last day of collection, which may be today, and the next."""
        days = list(self._list_days(stream, today))
        last = self.last or max(day for day in days if day <= today)
        period = 2 * _WEEK if stream in FORTNIGHTLY else _WEEK
        following = last + timedelta(period) if self.last else min(day for day in days if day > today)
        return last, following

    def find_status(self, day: date, now: datetime) -> str:
        """Find how the collection of a day stands at a moment of local time."""
        if self.status:
            return self.status
        ends = time.fromisoformat(self.late) if self.late else ENDS
        return "completed" if datetime.combine(day, ends) <= now else "in_progress"

    def _list_days(self, stream: str, today: date) -> Iterator[date]:
        digest = hashlib.sha256(self.uprn.encode()).digest()
        for offset in range(-_AROUND, _AROUND + 1):
            day = today + timedelta(offset)
            is_week = (day - _FIRST_MONDAY).days // _WEEK % 2 == digest[1] % 2
            if day.weekday() == digest[0] % _WORKING_DAYS and (
                stream not in FORTNIGHTLY or is_week != (stream == "garden-waste")
            ):
                yield day


def show_type(stream: str) -> dict[str, Any]:
    """Show a type of container."""
    name, colour, shape = STREAMS[stream]
    path = f"/waste/material-streams/{stream}"
    return {
        "@type": "ContainerType",
        "color": colour,
        "shape": shape,
        "material_stream": {"name": name, "@id": path},
    }


def show_service(place: Property, stream: str, today: date) -> dict[str, Any]:
    """Show the service that empties a container of a property."""
    last, following = place.find_days(stream, today)
    container = {
        "@type": "WasteContainer",
        "id": f"{place.uprn}-{stream}",
        "status": "in_service",
        "type": show_type(stream),
    }
    return {
        "@type": "WasteService",
        "name": STREAMS[stream][0],
        "frequency": "fortnightly" if stream in FORTNIGHTLY else "weekly",
        "container_types": [show_type(stream)],
        "last_collection": {"@type": "Collection", "date": last.isoformat(), "containers": [container]},
        "next_collection": {"@type": "Collection", "date": following.isoformat(), "containers": [container]},
    }


def list_tasks(place: Property, stream: str, now: datetime) -> Iterator[dict[str, Any]]:
    """List the emptying of a container: the last one, and when the crew comes back, if it does."""
    last, following = place.find_days(stream, now.date())
    yield _show_task(place, stream, last, place.find_status(last, now))
    if place.status == "not_completed":
        yield _show_task(place, stream, place.back or following, "not_started")


def _show_task(place: Property, stream: str, day: date, status: str) -> dict[str, Any]:
    ends = place.late or f"{ENDS:%H:%M}"
    return {
        "@type": "EmptyBinTask",
        "name": f"Empty {STREAMS[stream][0]}",
        "status": status,
        "scheduled_start_date": f"{day}T07:00",
        "scheduled_end_date": f"{day}T{ends}",
        "features": [{"@type": "WasteContainer", "type": show_type(stream)}],
    }
