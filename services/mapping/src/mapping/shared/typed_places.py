"""A place as people type it: a grid reference, easting and northing, or latitude and longitude. Pure."""

import re
from typing import NamedTuple

from mapping.shared.coordinates import to_national_grid, to_wgs84
from mapping.shared.grid_references import format_grid_reference, parse_grid_reference

EXAMPLES = "ST 750 646, or 375000 164600, or 51.3810, -2.3600"
MAX_LENGTH = 80
_NUMBER = r"[+-]?[0-9]{1,7}(?:\.[0-9]{1,12})?"
_PAIR = re.compile(rf"({_NUMBER})\s*°?\s*([NSEW]?)[\s,;]+({_NUMBER})\s*°?\s*([NSEW]?)", re.ASCII)
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?:[^0-9]|$))", re.ASCII)
_LATITUDES, _LONGITUDES = (49.0, 61.5), (-9.5, 2.5)  # Great Britain and its waters
_DEGREES = 180.0


class TypedPlace(NamedTuple):
    """A point of Great Britain: metres of the National Grid, and the same in degrees."""

    easting: float
    northing: float
    longitude: float
    latitude: float

    @property
    def grid_reference(self) -> str:
        """Return its grid reference, to 1 m."""
        return format_grid_reference(self.easting, self.northing, 10)


def parse_place(text: str) -> TypedPlace:
    """Read what somebody typed. Raises ValueError, which says what to type instead."""
    compact = text.strip().upper()
    if not compact or len(compact) > MAX_LENGTH:
        raise ValueError(f"Enter a place such as {EXAMPLES}")
    pair = _find_pair(compact)
    if pair is None:
        return _read_reference(compact)
    first, second = _turn(pair)
    if max(abs(first), abs(second)) > _DEGREES:
        return from_grid(first, second)
    return _read_degrees(first, second)


def from_grid(easting: float, northing: float) -> TypedPlace:
    """Make a place of metres of the National Grid. Raises ValueError outside Great Britain."""
    longitude, latitude = (float(each) for each in to_wgs84(easting, northing))
    return _check(TypedPlace(easting, northing, longitude, latitude))


def from_degrees(longitude: float, latitude: float) -> TypedPlace:
    """Make a place of degrees. Raises ValueError outside Great Britain."""
    easting, northing = (float(each) for each in to_national_grid(longitude, latitude))
    return _check(TypedPlace(easting, northing, longitude, latitude))


def _find_pair(text: str) -> re.Match[str] | None:
    return _PAIR.fullmatch(text) or _PAIR.fullmatch(_THOUSANDS.sub("", text))


def _read_reference(text: str) -> TypedPlace:
    try:
        easting, northing = parse_grid_reference(text)
    except ValueError as error:
        raise ValueError(f"Enter a place such as {EXAMPLES}") from error
    return from_grid(easting, northing)


def _turn(pair: re.Match[str]) -> tuple[float, float]:
    """Read the two numbers with their signs; in the order north, east where letters say the other."""
    first, second = (
        float(number) * (-1 if letter in {"S", "W"} else 1)
        for number, letter in ((pair[1], pair[2]), (pair[3], pair[4]))
    )
    return (second, first) if pair[2] in {"E", "W"} else (first, second)


def _read_degrees(first: float, second: float) -> TypedPlace:
    """Read degrees in whichever order puts them in Great Britain: no point of it fits both."""
    for latitude, longitude in ((first, second), (second, first)):
        if _within(latitude, _LATITUDES) and _within(longitude, _LONGITUDES):
            return from_degrees(longitude, latitude)
    raise ValueError("This place is outside Great Britain: check the numbers and their signs")


def _within(number: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= number <= limits[1]


def _check(place: TypedPlace) -> TypedPlace:
    if place.easting == float("inf") or place.longitude == float("inf"):
        raise ValueError("This place is outside Great Britain: check the numbers and their signs")
    return place
