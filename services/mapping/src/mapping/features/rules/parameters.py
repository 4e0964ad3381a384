"""Query parameters of OGC API Features, read strictly: what is wrong is named, with its parameter.

Sources: OGC 17-069r4 (Part 1) 7.15, OGC 18-058r1 (Part 2) 7, RFC 3339.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from mapping.shared.coordinates import Crs

DEFAULT_LIMIT, MAX_LIMIT = 100, 10_000
ALWAYS, NEVER = -(2**63), 2**63 - 1
"""Microseconds since 1970 that stand for times without a beginning or an end."""
MAX_LENGTH = 500
_HTML = "text/html"
_MOST_RANGES = 20  # of an Accept header
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE][+-]?[0-9]{1,2})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DURATION = re.compile(
    r"P(?=.)(?:([0-9]{1,4})D)?(?:T(?=.)(?:([0-9]{1,5})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,8})S)?)?"
)
_COORDINATE_SIZES = (4, 6)
_PAIR = 2


class ParameterError(ValueError):
    """A parameter that cannot be used. ``name`` is the parameter's, the text says what to send instead."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True)
class Box:
    """Bounds in the order x, y of ``crs``: longitude or easting first. West above east: the antimeridian."""

    west: float
    south: float
    east: float
    north: float
    crs: Crs


@dataclass(frozen=True, slots=True)
class Period:
    """A time from its first to its last microsecond, both inside."""

    first: int
    last: int


def read_limit(text: str) -> int:
    """Read ``limit``: above the maximum it is the maximum. Raises ParameterError for 0 and for no number."""
    if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) == 0:
        raise ParameterError("limit", f"must be a whole number from 1 to {MAX_LIMIT}")
    return min(int(text), MAX_LIMIT)


def read_cursor(text: str) -> int:
    """Read ``after``, the cursor of a page, which is that of a next link. Raises ParameterError."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ParameterError("after", "must be that of a next link")
    return int(text)


def read_crs(name: str, text: str) -> Crs:
    """Read the URI of a CRS, compared as it is given. Raises ParameterError."""
    try:
        return Crs(text)
    except ValueError:
        raise ParameterError(name, f"must be one of {', '.join(crs.uri for crs in Crs)}") from None


def read_bbox(text: str, crs: Crs) -> Box:
    """Read ``bbox``: 4 or 6 numbers in the order of the CRS's axes. Raises ParameterError."""
    parts = text.split(",")
    if len(parts) not in _COORDINATE_SIZES or not all(_NUMBER.fullmatch(part) for part in parts):
        raise ParameterError("bbox", "must be 4 or 6 numbers with commas between: west,south,east,north")
    numbers = [float(part) for part in parts]
    half = len(numbers) // 2
    lower, upper = numbers[:_PAIR], numbers[half : half + _PAIR]
    if crs.is_latitude_first:
        lower, upper = lower[::-1], upper[::-1]
    (west, south), (east, north) = lower, upper
    return _check_box(Box(west, south, east, north, crs))


def _check_box(box: Box) -> Box:
    if box.south > box.north:
        raise ParameterError("bbox", "has its south above its north")
    if box.crs in (Crs.BNG, Crs.WEB_MERCATOR):
        if box.west > box.east:
            raise ParameterError("bbox", "has its west right of its east")
        return box
    if max(abs(box.west), abs(box.east)) > 180 or max(abs(box.south), abs(box.north)) > 90:  # noqa: PLR2004
        order = "latitude is first" if box.crs.is_latitude_first else "longitude is first"
        raise ParameterError("bbox", f"is beyond longitude 180 or latitude 90: in {box.crs.uri} {order}")
    return box


def read_datetime(text: str) -> Period:
    """Read ``datetime``: an instant, a day, or an interval of them; ``..`` or nothing is an open end.

    A day means all of it. An end may be a duration of days, hours, minutes and seconds (ISO 8601).
    Raises ParameterError.
    """
    parts = text.split("/")
    if len(parts) == 1:
        return Period(*_read_moment(text))
    if len(parts) != _PAIR:
        raise ParameterError("datetime", "must be a time, or two with a / between")
    if all(part in ("", "..") for part in parts):
        raise ParameterError("datetime", "must have a beginning or an end: leave it out for all times")
    first = ALWAYS if parts[0] in ("", "..") else _read_moment(parts[0])[0]
    last = _read_end(first, parts[1])
    if first > last:
        raise ParameterError("datetime", "ends before it begins")
    return Period(first, last)


def _read_end(first: int, text: str) -> int:
    if text in ("", ".."):
        return NEVER
    duration = _DURATION.fullmatch(text)
    if duration is None:
        return _read_moment(text)[1]
    if first == ALWAYS:
        raise ParameterError("datetime", "has a duration without a beginning")
    days, hours, minutes, seconds = (int(part or 0) for part in duration.groups())
    return first + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds) // _MICROSECOND


def _read_moment(text: str) -> tuple[int, int]:
    """Read a day or an instant as its first and last microsecond."""
    try:
        if _DAY.fullmatch(text):
            start = (date.fromisoformat(text) - _EPOCH.date()) // _MICROSECOND
            return start, start + timedelta(days=1) // _MICROSECOND - 1
        parts = _MOMENT.fullmatch(text)
        if parts is not None:
            instant = _to_microseconds(*parts.groups(default=""))
            return instant, instant
    except (ValueError, OverflowError):
        pass
    raise ParameterError(
        "datetime", "must be of times like 2026-04-01 or 2026-04-01T09:00:00Z, with their zone"
    )


def _to_microseconds(day: str, hour: str, fraction: str, zone: str) -> int:
    fraction = fraction[:6].ljust(6, "0")
    moment = datetime.fromisoformat(f"{day}T{hour}.{fraction}{zone.upper().replace('Z', '+00:00')}")
    return (moment - _EPOCH) // _MICROSECOND


def choose_form(accept: str, media_types: Sequence[str]) -> str | None:
    """Choose ``json`` (any of ``media_types``) or ``html`` by Accept (RFC 9110, 12.5.1); None for neither.

    JSON is what a client without a preference gets.
    """
    ranges = [_read_range(part) for part in accept.split(",")[:_MOST_RANGES] if part.strip()]
    if not ranges:
        return "json"
    json = max(_weigh(media_type, ranges) for media_type in (*media_types, "application/json"))
    html = _weigh(_HTML, ranges)
    if max(json, html) <= 0:
        return None
    return "html" if html > json else "json"


def _read_range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                weight = min(max(float(parameter[2:]), 0.0), 1.0)
            except ValueError:
                weight = 0.0
    return name, weight


def _weigh(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the weight of the most exact range that has a media type; 0 if none has."""
    name = media_type.partition(";")[0]
    for pattern in (name, f"{name.partition('/')[0]}/*", "*/*"):
        weights = [weight for text, weight in ranges if text == pattern]
        if weights:
            return max(weights)
    return 0.0
