"""Reads a contractor's feed in the shape of communitiesuk/waste-service-standards (Waste Services API 0.1).

The standard leaves dates and statuses free: dates are read as ISO 8601 and as its examples write them
(``23 July 2015``), and a status that is not known says nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from resident.facts.rules.rounds import LONDON
from resident.facts.rules.waste_settings import WasteSettings

# The standard's code list of events at a collection, as residents would say it.
_REASONS = {
    "not presented": ("the bin was not out", "nad oedd y bin allan"),
    "contaminated": ("the bin held something it must not hold", "bod rhywbeth na ddylai fod yn y bin"),
    "too heavy": ("the bin was too heavy", "bod y bin yn rhy drwm"),
}
_MOST_REASON = 200  # characters of the contractor's own words
_OPEN = frozenset({"not_started", "in_progress"})


@dataclass(frozen=True, slots=True)
class Task:
    """The emptying of a container: on which day, how it ended, and when the crew is done by; maybe empty."""

    day: date
    status: str
    ends: str


def list_materials(settings: WasteSettings, services: Any) -> list[str]:
    """List the materials of the containers that an address has, in the council's order.

    Raises KeyError, TypeError or ValueError for what is not a list of services.
    """
    streams = {
        stream for service in _rows(services) for stream in _list_streams(service.get("container_types", []))
    }
    present = {settings.find_material(stream) for stream in streams}
    return [material for material in settings.containers if material in present]


def describe_round(
    settings: WasteSettings, material: str, services: Any, tasks: Any
) -> dict[str, Any] | None:
    """Describe the round of a container; None if the address has no such service.

    Raises as ``list_materials``.
    """
    service = _find_service(settings, material, services)
    if service is None:
        return None
    last, following = service.get("last_collection"), service.get("next_collection")
    day = read_day(last["date"]) if last else None
    tasks_of_bin = list(_list_tasks(settings, material, tasks))
    task = next((each for each in tasks_of_bin if each.day == day), None)
    described = {
        "day": day.isoformat() if day else None,
        "next": _read_next(following).isoformat() if following else None,
        "ends": task.ends if task and task.ends else settings.ends,
    }
    if task is not None:
        back = min((each.day for each in tasks_of_bin if each.day > task.day), default=None)
        described |= _describe_task(task, back)
    if described.get("unfinished") and "back" not in described:
        described["back"] = described["next"]
    return {name: value for name, value in described.items() if value is not None}


def describe_event(settings: WasteSettings, material: str, services: Any, events: Any) -> dict[str, Any]:
    """Describe what the crew noted at the last collection of a container; both empty if nothing.

    Raises as ``list_materials``.
    """
    service = _find_service(settings, material, services)
    last = service.get("last_collection") if service else None
    since = read_day(last["date"]) if last else date.min
    noted = [
        event
        for event in _rows(events)
        if settings.find_material(_read_stream(event["container_type"])) == material
        and read_day(event["date_created"]) >= since
    ]
    if not noted:
        return {"reason": "", "time": ""}
    event = max(noted, key=lambda each: _read_moment(each["date_created"]))
    kind = str(event.get("type") or event["event_type"]).lower()
    moment = _read_moment(event["date_created"])
    english, welsh = _REASONS.get(kind, (kind[:_MOST_REASON], ""))
    in_welsh = {"reason_cy": welsh} if welsh else {}
    return {"reason": english, "time": f"{moment:%H:%M}", **in_welsh}


def find_garden_round(settings: WasteSettings, services: Any) -> dict[str, Any]:
    """Find the garden round of an address. Raises as ``list_materials``."""
    service = _find_service(settings, settings.garden, services)
    following = service.get("next_collection") if service else None
    if not following:
        return {"found": service is not None}
    day = _read_next(following)
    return {"found": True, "day": f"{day:%A}", "next": day.isoformat()}


def read_day(text: str) -> date:
    """Read a day: ``2015-07-23``, with or without a time, or ``23 July 2015``. Raises ValueError."""
    try:
        return _read_moment(text).date()
    except ValueError:
        return datetime.strptime(text, "%d %B %Y").replace(tzinfo=LONDON).date()


def _read_moment(text: str) -> datetime:
    """Read a moment as the clock on the wall shows it; one without a zone is that of the council."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=LONDON) if moment.tzinfo is None else moment.astimezone(LONDON)


def _read_next(collection: dict[str, Any]) -> date:
    return read_day(collection.get("changed_date") or collection["date"])


def _find_service(settings: WasteSettings, material: str, services: Any) -> dict[str, Any] | None:
    for service in _rows(services):
        streams = _list_streams(service.get("container_types", []))
        if any(settings.find_material(stream) == material for stream in streams):
            return service
    return None


def _describe_task(task: Task, comes_back: date | None) -> dict[str, Any]:
    if task.status in _OPEN:
        return {"finished": False, "unfinished": False}
    if task.status == "completed":
        return {"finished": True, "unfinished": False}
    if task.status == "not_completed":
        back = {} if comes_back is None else {"back": comes_back.isoformat()}
        return {"finished": True, "unfinished": True, **back}
    return {}


def _list_tasks(settings: WasteSettings, material: str, tasks: Any) -> Iterator[Task]:
    for task in _rows(tasks):
        streams = _list_streams(feature["type"] for feature in task.get("features", []))
        if any(settings.find_material(stream) == material for stream in streams):
            ends = task.get("scheduled_end_date")
            hour = f"{_read_moment(ends):%H:%M}" if ends else ""
            yield Task(read_day(task["scheduled_start_date"]), str(task["status"]), hour)


def _list_streams(types: Any) -> Iterator[str]:
    """List the streams of types of containers: the standard has one in some places, and a list in others."""
    for kind in types:
        if "material_stream" in kind:
            yield _read_stream(kind)
        for stream in kind.get("material_streams", []):
            yield str(stream.get("@id") or stream["name"])


def _read_stream(kind: dict[str, Any]) -> str:
    stream = kind["material_stream"]
    return str(stream.get("@id") or stream["name"])


def _rows(document: Any) -> list[dict[str, Any]]:
    if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
        raise TypeError("the feed answered something that is not a list of objects")
    return document
