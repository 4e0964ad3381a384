"""The form of a file for a layer, and what pages say of a load. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any

from mapping.office.rules.labels import Tag
from mapping.office.rules.questions import LONDON, read_day

LENGTHS: Mapping[str, int] = {
    "submission": 26,
    "crs": 5,
    "source_layer": 200,
    "encoding": 7,
    "effective_from-day": 2,
    "effective_from-month": 2,
    "effective_from-year": 4,
}
"""Characters of each field of the form."""
CRSES = {
    "": "As the file says",
    "27700": "British National Grid (EPSG:27700)",
    "4326": "Latitude and longitude (EPSG:4326)",
    "3857": "Web Mercator (EPSG:3857)",
}
ENCODINGS = {
    "": "As the file says",
    "utf-8": "UTF-8",
    "cp1252": "Windows (1252)",
    "latin-1": "ISO 8859-1",
}
STATES = {
    "waiting": Tag("Being read", "yellow"),
    "compared": Tag("To be decided", "blue"),
    "refused": Tag("Refused", "red"),
    "publishing": Tag("Being published", "yellow"),
    "published": Tag("Published", "green"),
    "discarded": Tag("Discarded", "grey"),
}
TEMPLATES = {
    "waiting": "office-load-progress.html",
    "publishing": "office-load-progress.html",
    "compared": "office-load.html",
    "refused": "office-load-closed.html",
    "published": "office-load-closed.html",
    "discarded": "office-load-closed.html",
}
CHANGES = {
    "added": "New",
    "changed": "Changed",
    "moved": "Moved",
    "same": "As they are",
    "missing": "Gone: in the layer, not in the file",
    "refused": "Refused rows",
}
CONSENTS = {
    "refused-rows": "Leave the refused rows out",
    "guesses": "What was guessed is right",
    "many-missing": "Take all that is gone off the layer",
}
CRS_WORDS = {"CRS84": "Longitude and latitude", "EPSG:27700": "British National Grid"}
_EXPLANATIONS = {
    "empty-file": "The file is empty. Choose another",
    "vintage": "Enter up to 200 characters",
    "accept": "Choose from what the page offers",
}
_KILO = 1_000


def read_options(get: Callable[[str, int], str]) -> dict[str, Any]:
    """Read what the form says of a file. Raises WrongAnswerError for a day that is none."""
    day = read_day("effective_from", get)
    names = ("crs", "source_layer", "encoding")
    values: dict[str, Any] = {name: get(name, LENGTHS[name]) or None for name in names}
    values["crs"] = int(values["crs"]) if values["crs"] in CRSES else values["crs"]
    values["effective_from"] = None if day is None else datetime.combine(day, time(), LONDON)
    return values


def explain(name: str, message: str) -> str:
    """Say what to do about a file that was refused, or a wrong value of a form."""
    return _EXPLANATIONS.get(name, message)


def format_size(size: int) -> str:
    """Write the size of a file."""
    if size < _KILO:
        return f"{size} bytes"
    return f"{size // _KILO:,} kB" if size < _KILO * _KILO else f"{size / _KILO / _KILO:,.1f} MB"
