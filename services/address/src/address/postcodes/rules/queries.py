"""Parse parameters of postcodes.io: postcodes and beginnings, points, limits, radii."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chassis.types import normalise_postcode

MAX_LENGTH = 16  # characters of a postcode, spaces included
MAX_QUERY = 100
DEFAULT_LIMIT, MAX_LIMIT = 10, 100
_MAX_NUMBER = 40
_OUTWARD = re.compile(r"GIR|[A-Z]{1,2}[0-9][A-Z0-9]?")
_OUTWARD_PREFIX = re.compile(r"G|GI|GIR|[A-Z]{1,2}(?:[0-9][A-Z0-9]?)?")
_INWARD_PREFIX = re.compile(r"[0-9][A-Z]{0,2}")
_TYPED = re.compile(r"[A-Z0-9]{1,7}|[A-Z0-9]{1,4} [A-Z0-9]{1,3}")
_INTEGER = re.compile(r"[0-9]{1,9}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_LAST_CHARACTER = "~"  # sorts after every character of a postcode
_YES, _NO = {"true", "1", "yes", "on"}, {"", "false", "0", "no", "off"}
# Outside these bounds there is no postcode of Great Britain nearby.
_WEST, _EAST, _SOUTH, _NORTH = -9.1, 2.2, 49.7, 61.1

NO_QUERY = "No postcode query submitted. Remember to include query parameter"
NO_POINT = "Invalid longitude/latitude submitted"
NO_LIMIT = "Invalid result limit submitted"
NO_RADIUS = "Invalid lookup radius submitted"


class RefusedError(ValueError):
    """A faulty value, with postcodes.io's own message if there is one."""


@dataclass(frozen=True, slots=True)
class RadiusLimits:
    """The default radius and the largest, in metres."""

    usual: float
    widest: float


POSTCODES, OUTCODES = RadiusLimits(100, 2_000), RadiusLimits(5_000, 25_000)
WIDE_RADIUS = 20_000.0  # metres of a wide search, which has at most ten results


@dataclass(frozen=True, slots=True)
class NearQuery:
    """A search within ``radius`` metres of a point for the ``limit`` nearest."""

    longitude: float
    latitude: float
    radius: float
    limit: int

    @property
    def in_britain(self) -> bool:
        return _WEST <= self.longitude <= _EAST and _SOUTH <= self.latitude <= _NORTH


@dataclass(frozen=True, slots=True)
class Span:
    """The postcodes from ``low`` to below ``high``. The lower ``rank`` is the likelier meaning."""

    low: str
    high: str
    rank: int


def parse_postcode(text: str) -> str | None:
    """Parse ``ba11lj`` as BA1 1LJ; None when it cannot be a postcode."""
    if len(text) > MAX_LENGTH or not text.isascii():
        return None
    try:
        return normalise_postcode(text)
    except ValueError:
        return None


def parse_outcode(text: str) -> str | None:
    """Parse ``ba1`` as BA1; None when it cannot be an outcode."""
    if len(text) > MAX_LENGTH or not text.isascii():
        return None
    compact = "".join(text.upper().split())
    return compact if _OUTWARD.fullmatch(compact) else None


def parse_beginning(text: str) -> str:
    """Parse the beginning of a postcode, with single spaces. Raise RefusedError for a faulty text."""
    if len(text) > MAX_QUERY:
        raise RefusedError(f"Invalid postcode query submitted: {MAX_QUERY} characters are the most")
    if _CONTROL.search(text):
        raise RefusedError("Invalid postcode query submitted: it holds a control character")
    beginning = " ".join(text.upper().split())
    if not beginning:
        raise RefusedError(NO_QUERY)
    return beginning


def beginning_spans(beginning: str) -> list[Span]:
    """Return the spans of postcodes with a beginning; none when no postcode can have it.

    ``BA1`` means the outcode if there is one; ``BA11`` may also begin BA1 1AA. A text with a space is first
    taken literally.
    """
    if not _TYPED.fullmatch(beginning):
        return []
    compact = beginning.replace(" ", "")
    spans = [Span(prefix, prefix + _LAST_CHARACTER, 1) for prefix in _beginnings(compact)]
    exact = (
        beginning
        if " " in beginning
        else f"{beginning} "
        if _OUTWARD.fullmatch(beginning)
        else parse_postcode(beginning)
    )
    return [Span(exact, exact + _LAST_CHARACTER, 0), *spans] if exact else spans


def _beginnings(compact: str) -> Iterator[str]:
    if _OUTWARD_PREFIX.fullmatch(compact):
        yield compact
    for length in (1, 2, 3):
        out, inward = compact[:-length], compact[-length:]
        if _OUTWARD.fullmatch(out) and _INWARD_PREFIX.fullmatch(inward):
            yield f"{out} {inward}"


def parse_limit(value: object) -> int:
    """Parse the number of results: 10 by default, 100 at most. Raise RefusedError."""
    if value is None:
        return DEFAULT_LIMIT
    if isinstance(value, bool) or not isinstance(value, int | str) or not _INTEGER.fullmatch(_as_text(value)):
        raise RefusedError(NO_LIMIT)
    if int(value) < 1:
        raise RefusedError(NO_LIMIT)
    return min(int(value), MAX_LIMIT)


def parse_near(params: Mapping[str, object], reach: RadiusLimits) -> NearQuery:
    """Parse longitude, latitude, radius, limit and widesearch.

    A number may be text. A radius beyond the largest is the largest. Raises RefusedError with what is wrong.
    """
    longitude = _parse_decimal(params.get("longitude"), NO_POINT, -180, 180)
    latitude = _parse_decimal(params.get("latitude"), NO_POINT, -90, 90)
    count = parse_limit(params.get("limit"))
    radius = params.get("radius")
    metres = reach.usual if radius is None else _parse_decimal(radius, NO_RADIUS, 0, math.inf)
    if parse_wide(params.get("widesearch")):
        return NearQuery(longitude, latitude, WIDE_RADIUS, min(count, DEFAULT_LIMIT))
    return NearQuery(longitude, latitude, min(metres, reach.widest), count)


def parse_wide(value: object) -> bool:
    """Parse whether to search 20 km wide. Raise RefusedError for any other text than yes or no."""
    text = "" if value is None else str(value).strip().lower() if len(_as_text(value)) <= MAX_LENGTH else "?"
    if text not in _YES | _NO:
        raise RefusedError("Invalid widesearch submitted: true or false")
    return text in _YES


def _parse_decimal(value: object, fault: str, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise RefusedError(fault)
    text = _as_text(value)
    if not _DECIMAL.fullmatch(text):
        raise RefusedError(fault)
    value = float(text)
    if not (math.isfinite(value) and least <= value <= most):
        raise RefusedError(fault)
    return value


def _as_text(value: object) -> str:
    """Return the value as text, empty when it is too long to be a number."""
    if isinstance(value, int) and abs(value) >= 10**20:
        return ""
    text = str(value).strip()
    return text if len(text) <= _MAX_NUMBER else ""
