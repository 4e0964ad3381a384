"""What one asks of postcodes.io: numbers, postcodes and their beginnings, and what is wrong with them."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chassis.types import normal_postcode

LONGEST = 16  # characters of what may be a postcode, spaces included
LONGEST_QUERY = 100
USUAL_LIMIT, MOST = 10, 100
_LONGEST_NUMBER = 40
_OUTWARD = re.compile(r"GIR|[A-Z]{1,2}[0-9][A-Z0-9]?")
_OUTWARD_BEGUN = re.compile(r"G|GI|GIR|[A-Z]{1,2}(?:[0-9][A-Z0-9]?)?")
_INWARD_BEGUN = re.compile(r"[0-9][A-Z]{0,2}")
_TYPED = re.compile(r"[A-Z0-9]{1,7}|[A-Z0-9]{1,4} [A-Z0-9]{1,3}")
_INTEGER = re.compile(r"[0-9]{1,9}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_AFTER_ALL = "~"  # sorts after every character of a postcode
_YES, _NO = {"true", "1", "yes", "on"}, {"", "false", "0", "no", "off"}
# What lies outside has no postcode of Great Britain near it.
_WEST, _EAST, _SOUTH, _NORTH = -9.1, 2.2, 49.7, 61.1

NO_QUERY = "No postcode query submitted. Remember to include query parameter"
NO_POINT = "Invalid longitude/latitude submitted"
NO_LIMIT = "Invalid result limit submitted"
NO_RADIUS = "Invalid lookup radius submitted"


class RefusedError(ValueError):
    """What is wrong with a value, in the words of postcodes.io where it has any."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far to look and how many to answer: the usual radius and the widest, in metres."""

    usual: float
    widest: float


POSTCODES, OUTCODES = Reach(100, 2_000), Reach(5_000, 25_000)
WIDE = 20_000.0  # metres that a wide search looks, for ten results at most


@dataclass(frozen=True, slots=True)
class Near:
    """What lies within ``radius`` metres of a point, the ``limit`` nearest."""

    longitude: float
    latitude: float
    radius: float
    limit: int

    @property
    def in_britain(self) -> bool:
        return _WEST <= self.longitude <= _EAST and _SOUTH <= self.latitude <= _NORTH


@dataclass(frozen=True, slots=True)
class Span:
    """The postcodes from ``low`` to below ``high``. A lower ``rank`` is what was rather meant."""

    low: str
    high: str
    rank: int


def whole(text: str) -> str | None:
    """``ba11lj`` is BA1 1LJ; None when it cannot be a postcode."""
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        return normal_postcode(text)
    except ValueError:
        return None


def outward(text: str) -> str | None:
    """``ba1`` is BA1; None when it cannot be an outcode."""
    if len(text) > LONGEST or not text.isascii():
        return None
    compact = "".join(text.upper().split())
    return compact if _OUTWARD.fullmatch(compact) else None


def typed(text: str) -> str:
    """What somebody looks for, with single spaces. Raises RefusedError when that is nothing, or no text."""
    if len(text) > LONGEST_QUERY:
        raise RefusedError(f"Invalid postcode query submitted: {LONGEST_QUERY} characters are the most")
    if _CONTROL.search(text):
        raise RefusedError("Invalid postcode query submitted: it holds a control character")
    said = " ".join(text.upper().split())
    if not said:
        raise RefusedError(NO_QUERY)
    return said


def spans(said: str) -> list[Span]:
    """Where postcodes that begin so lie; none when no postcode does.

    ``BA1`` means the outcode if there is one; ``BA11`` may also begin BA1 1AA. A space is taken at its word
    first.
    """
    if not _TYPED.fullmatch(said):
        return []
    compact = said.replace(" ", "")
    found = [Span(prefix, prefix + _AFTER_ALL, 1) for prefix in _beginnings(compact)]
    meant = said if " " in said else f"{said} " if _OUTWARD.fullmatch(said) else whole(said)
    return [Span(meant, meant + _AFTER_ALL, 0), *found] if meant else found


def _beginnings(compact: str) -> Iterator[str]:
    if _OUTWARD_BEGUN.fullmatch(compact):
        yield compact
    for length in (1, 2, 3):
        out, inward = compact[:-length], compact[-length:]
        if _OUTWARD.fullmatch(out) and _INWARD_BEGUN.fullmatch(inward):
            yield f"{out} {inward}"


def limit(given: object) -> int:
    """How many results: 10 unless said, 100 at most. Raises RefusedError."""
    if given is None:
        return USUAL_LIMIT
    if isinstance(given, bool) or not isinstance(given, int | str) or not _INTEGER.fullmatch(_shown(given)):
        raise RefusedError(NO_LIMIT)
    if int(given) < 1:
        raise RefusedError(NO_LIMIT)
    return min(int(given), MOST)


def near(asked: Mapping[str, object], reach: Reach) -> Near:
    """The point, radius and limit that ``asked`` has (longitude, latitude, radius, limit, widesearch).

    A number may be text. A radius beyond the widest is the widest. Raises RefusedError with what is wrong.
    """
    longitude = _decimal(asked.get("longitude"), NO_POINT, -180, 180)
    latitude = _decimal(asked.get("latitude"), NO_POINT, -90, 90)
    many = limit(asked.get("limit"))
    radius = asked.get("radius")
    metres = reach.usual if radius is None else _decimal(radius, NO_RADIUS, 0, math.inf)
    if wide(asked.get("widesearch")):
        return Near(longitude, latitude, WIDE, min(many, USUAL_LIMIT))
    return Near(longitude, latitude, min(metres, reach.widest), many)


def wide(given: object) -> bool:
    """Whether to look 20 km far. Raises RefusedError for what says neither yes nor no."""
    said = "" if given is None else str(given).strip().lower() if len(_shown(given)) <= LONGEST else "?"
    if said not in _YES | _NO:
        raise RefusedError("Invalid widesearch submitted: true or false")
    return said in _YES


def _decimal(given: object, fault: str, least: float, most: float) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise RefusedError(fault)
    said = _shown(given)
    if not _DECIMAL.fullmatch(said):
        raise RefusedError(fault)
    value = float(said)
    if not (math.isfinite(value) and least <= value <= most):
        raise RefusedError(fault)
    return value


def _shown(given: object) -> str:
    """The value as text; of one too long to be a number, nothing."""
    if isinstance(given, int) and abs(given) >= 10**20:
        return ""
    said = str(given).strip()
    return said if len(said) <= _LONGEST_NUMBER else ""
