"""What the office calls things. Pure."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mapping.collections.rules.layers import Property

_LONDON = ZoneInfo("Europe/London")
_NOON = 12


class Tag(NamedTuple):
    """Words and the colour of their tag."""

    text: str
    colour: str


STATUSES = {
    "draft": Tag("Draft", "yellow"),
    "published": Tag("Published", "green"),
    "retired": Tag("Retired", "grey"),
}
AUDIENCES = {
    "public": "Everybody",
    "staff": "Staff",
    "restricted": "Staff who may see restricted layers",
}
KINDS = {
    "zones": "Zones, such as conservation areas",
    "areas": "Areas that divide the council, such as wards",
    "assets": "Assets, such as grit bins",
    "lines": "Lines, such as cycle routes",
    "places": "Places, such as libraries",
}
SHAPES = {"Point": "Points", "LineString": "Lines", "Polygon": "Areas"}
CAUSES = {"load": "File loaded", "edit": "Feature changed", "restore": "Older version restored"}
CHANGES = {
    "created": "Added",
    "changed": "Changed",
    "moved": "Moved",
    "retired": "Retired",
    "added": "Added",
    "deleted": "Retired",
}
_MENDED = "Its shape was not valid, such as an outline that crosses itself, and was mended: check it."
DONE = {
    "added": "The feature is added.",
    "changed": "The feature is changed.",
    "added-mended": f"The feature is added. {_MENDED}",
    "moved": "The feature has another place.",
    "moved-mended": f"The feature has another place. {_MENDED}",
    "retired": "The feature is retired. You can undo that in its history.",
    "undone": "The change is undone.",
    "restored": "The older state is the present one again.",
    "layer-created": "The layer is created as a draft.",
    "layer-changed": "The layer is changed.",
    "layer-published": "The layer is published.",
    "layer-retired": "The layer is retired.",
    "layer-restored": "The older version is the present one again.",
    "load-discarded": "The file is discarded. The layer stays as it was.",
    "nothing": "Nothing was changed.",
}


def format_moment(moment: datetime) -> str:
    """Write a moment in the time of the United Kingdom: 27 March 2026, 2:30pm."""
    local = moment.astimezone(_LONDON)
    half = "am" if local.hour < _NOON else "pm"
    return f"{local.day} {local:%B %Y}, {local.hour % _NOON or _NOON}:{local:%M}{half}"


def format_value(schema: Property, value: object) -> str:
    """Write a value of a property for people."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if schema.type in {"date", "date-time"} and isinstance(value, str):
        return _format_date(value)
    return str(value)


def _format_date(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:  # loaded before the schema said so
        return value
    return format_moment(moment) if moment.tzinfo else f"{moment.day} {moment:%B %Y}"


def count(number: int, noun: str) -> str:
    """Write a number with its noun: 1 feature, 2 features."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
