"""How likely two cases are about the same, and why, in words. Pure."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from casework.shared.words import Words

_EARTH_METRES = 6_371_009
_METRES_OF_DEGREE = 111_195
_PROPERTY = Words("At the same property.", "Yn yr un eiddo.")
_STREET = Words("In the same street.", "Yn yr un stryd.")


@dataclass(frozen=True, slots=True)
class Site:
    """Where a case is, as far as that is known."""

    uprn: int | None = None
    usrn: int | None = None
    lat: float | None = None
    long: float | None = None


class Box(NamedTuple):
    """Degrees within which all points of a distance lie."""

    south: float
    north: float
    west: float
    east: float


class Reason(NamedTuple):
    """Why a case is likely about the same."""

    code: str
    words: Words


class Candidate(Protocol):
    """A row that may be a duplicate."""

    id: UUID
    uprn: int | None
    usrn: int | None
    lat: float | None
    long: float | None
    closed_at: datetime | None


class Match(NamedTuple):
    """A case that is likely about the same."""

    row: Any
    metres: int | None
    reasons: tuple[Reason, ...]


def make_box(site: Site, metres: int) -> Box | None:
    """Make the box around a site; None if its point is not known."""
    if site.lat is None or site.long is None:
        return None
    high = metres / _METRES_OF_DEGREE
    wide = high / max(math.cos(math.radians(site.lat)), 0.01)
    return Box(site.lat - high, site.lat + high, site.long - wide, site.long + wide)


def rank_candidates(site: Site, candidates: Iterable[Candidate], metres: int) -> list[Match]:
    """Rank cases: the same property, then by distance, then the same street.

    Open ones go first, then the newest.
    """
    matches = []
    for row in candidates:
        distance = _measure(site, row)
        reasons = tuple(_list_reasons(site, row, distance, metres))
        if reasons:
            matches.append(Match(row, distance, reasons))
    return sorted(matches, key=_find_rank)


def _find_rank(match: Match) -> tuple[bool, bool, int, bool, int]:
    codes = {reason.code for reason in match.reasons}
    distance = match.metres if match.metres is not None and "near" in codes else _EARTH_METRES
    is_closed = match.row.closed_at is not None
    return "same_property" not in codes, "near" not in codes, distance, is_closed, -match.row.id.int


def _list_reasons(site: Site, row: Candidate, distance: int | None, metres: int) -> Iterator[Reason]:
    if site.uprn is not None and row.uprn == site.uprn:
        yield Reason("same_property", _PROPERTY)
    if distance is not None and distance <= metres:
        yield Reason("near", Words(f"{distance} metres away.", f"{distance} metr i ffwrdd."))
    if site.usrn is not None and row.usrn == site.usrn:
        yield Reason("same_street", _STREET)


def _measure(site: Site, row: Candidate) -> int | None:
    """Measure a distance in whole metres, on a sphere (haversine): within 1 % of the true one."""
    if site.lat is None or site.long is None or row.lat is None or row.long is None:
        return None
    first, second = math.radians(site.lat), math.radians(row.lat)
    north, east = second - first, math.radians(row.long - site.long)
    part = math.sin(north / 2) ** 2 + math.cos(first) * math.cos(second) * math.sin(east / 2) ** 2
    return round(2 * _EARTH_METRES * math.asin(min(1.0, math.sqrt(part))))
