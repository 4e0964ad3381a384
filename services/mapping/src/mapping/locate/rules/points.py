"""Points as people write them: longitude and latitude, easting and northing, or a grid reference."""

import math
import re
from dataclasses import dataclass

import numpy as np

from mapping.shared.coordinates import Crs, OutsideGreatBritainError, project, to_grid_point, to_wgs84
from mapping.shared.grid_references import format_grid_reference, parse_grid_reference

_NUMBER = re.compile(r"[+-]?[0-9]{1,8}(\.[0-9]{1,12})?", re.ASCII)
_NAMES = {
    "CRS84": Crs.CRS84,
    "OGC:CRS84": Crs.CRS84,
    "4326": Crs.WGS84,
    "EPSG:4326": Crs.WGS84,
    "27700": Crs.BNG,
    "EPSG:27700": Crs.BNG,
    "3857": Crs.WEB_MERCATOR,
    "EPSG:3857": Crs.WEB_MERCATOR,
    **{crs.uri: crs for crs in Crs},
}
_REFERENCE_FIGURES = 6  # as people write it: 100 m


@dataclass(frozen=True, slots=True)
class Place:
    """A point in degrees (CRS84) and in metres of the National Grid."""

    lon: float
    lat: float
    easting: float
    northing: float

    @property
    def grid_reference(self) -> str:
        """Return its grid reference to 100 m."""
        return format_grid_reference(self.easting, self.northing, _REFERENCE_FIGURES)


def read_crs(text: str) -> Crs:
    """Read a coordinate system by its URI or number. Raises ValueError for another."""
    crs = _NAMES.get(text.strip().upper()) or _NAMES.get(text.strip())
    if crs is None:
        raise ValueError("is no system that is known here: use CRS84, EPSG:27700, EPSG:4326 or EPSG:3857")
    return crs


def read_point(text: str, crs: Crs | None = None) -> Place:
    """Read a point: two numbers with a comma between, or a grid reference.

    The numbers are in the order of their system: easting, northing; 4326 latitude, longitude. Without a
    system, numbers that can be degrees are longitude, latitude, and larger ones metres of the National Grid.
    Raises ValueError for another text, and OutsideGreatBritainError.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 1 and parts[0][:1].isalpha():
        return from_grid(*parse_grid_reference(text))
    if len(parts) != 2 or not all(map(_NUMBER.fullmatch, parts)):  # noqa: PLR2004 - x and y
        raise ValueError("is no point: write lon,lat or easting,northing or a grid reference like ST 750 646")
    return make_place(float(parts[0]), float(parts[1]), crs)


def make_place(x: float, y: float, crs: Crs | None = None) -> Place:
    """Make a place of two numbers, as ``read_point`` does."""
    if crs is None:
        crs = Crs.CRS84 if abs(x) <= 180 and abs(y) <= 90 else Crs.BNG  # noqa: PLR2004 - degrees
    if crs is Crs.BNG:
        return from_grid(x, y)
    if crs is not Crs.CRS84:
        x, y = project(np.array([[x, y]]), crs, Crs.CRS84)[0].tolist()
    return from_degrees(x, y)


def from_degrees(lon: float, lat: float) -> Place:
    """Make a place of longitude and latitude. Raises OutsideGreatBritainError."""
    east, north = to_grid_point(lon, lat)
    if not math.isfinite(east):
        raise OutsideGreatBritainError("lies outside Great Britain")
    return Place(lon, lat, east, north)


def from_grid(easting: float, northing: float) -> Place:
    """Make a place of metres of the National Grid. Raises OutsideGreatBritainError."""
    lon, lat = to_wgs84(easting, northing)
    if not math.isfinite(lon):
        raise OutsideGreatBritainError("lies outside Great Britain")
    return Place(float(lon), float(lat), easting, northing)
