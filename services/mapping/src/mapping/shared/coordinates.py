"""Convert coordinates between the British National Grid and the systems of the web, by OSTN15.

The grid comes with the package and the pipeline names its path: a missing grid is an error and a point
outside it is infinite, never PROJ's silent approximation, which is up to 5 m off. ETRS89 is taken as WGS84,
as OS does. OSTN15's rectangle reaches Belfast and Dublin: what lies off the National Grid is outside too.
"""

import math
import threading
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from importlib import resources
from typing import Any, Self

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer
from pyproj.enums import TransformDirection

Coordinates = NDArray[np.float64]

GRID_WIDTH, GRID_HEIGHT = 700_000.0, 1_300_000.0  # metres: the squares of the National Grid
_GRID = "uk_os_OSTN15_NTv2_OSGBtoETRS.tif"
# EPSG:27700's own parameters (OS, "A guide to coordinate systems in Great Britain", annexes A and B).
_TO_GRID = (
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad"
    ' +step +inv +proj=hgridshift +grids="{grid}"'
    " +step +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy"
)
_SPHERE = 6_378_137.0  # metres: the radius of EPSG:3857
# OS's published points TP09, TP15, TP27: longitude, latitude, easting, northing.
_CHECKED = np.array(
    [
        (-0.11992557180, 51.48936564950, 530624.974, 178388.464),
        (-1.19747655922, 52.96219109410, 454002.834, 340834.943),
        (-3.29479219337, 55.92478265510, 319188.434, 670947.534),
    ]
)
_TOLERANCE = 0.01  # metres
_OUTSIDE = (3.0, 56.0)  # in the North Sea
_METRES_A_DEGREE = 111_320.0

_per_thread = threading.local()  # a transformer must not be used by two threads at once


class OutsideGreatBritainError(ValueError):
    """A coordinate that OSTN15 or the National Grid does not cover."""


class GridError(RuntimeError):
    """The grid does not give Ordnance Survey's own results."""


class Crs(Enum):
    """A coordinate reference system, by its OGC URI."""

    CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    BNG = "http://www.opengis.net/def/crs/EPSG/0/27700"
    WGS84 = "http://www.opengis.net/def/crs/EPSG/0/4326"
    WEB_MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"

    @property
    def uri(self) -> str:
        """Return the URI that requests and ``Content-Crs`` name it by."""
        return self.value

    @property
    def srid(self) -> int:
        """Return its number: EPSG's, and 84 for CRS84, which has none there."""
        return int(self.value.rpartition("/")[2].removeprefix("CRS"))

    @property
    def is_latitude_first(self) -> bool:
        """Return whether a coordinate is written latitude, longitude."""
        return self is Crs.WGS84

    @classmethod
    def from_srid(cls, srid: int) -> Self:
        """Get the system of a number. Raises KeyError for another."""
        return {crs.srid: crs for crs in cls}[srid]


def transform(geometries: NDArray[Any], source: Crs, target: Crs) -> NDArray[Any]:
    """Convert geometries from one system to another; they become two-dimensional, None stays None.

    Raises OutsideGreatBritainError when the National Grid is one of the two and does not cover a coordinate.
    """
    if source is target:
        return np.asarray(shapely.force_2d(geometries), dtype=object)
    inside = _required(lambda pairs: project(pairs, source, target))
    return np.asarray(shapely.transform(geometries, inside), dtype=object)


def project(pairs: Coordinates, source: Crs, target: Crs) -> Coordinates:
    """Convert an (n, 2) array of coordinates, in each system's own order of axes.

    What the National Grid does not cover is infinite.
    """
    if source is target:
        return pairs
    return _FROM_LONLAT[target](_TO_LONLAT[source](np.asarray(pairs, dtype=np.float64)))


def to_national_grid(lon: ArrayLike, lat: ArrayLike) -> tuple[Coordinates, Coordinates]:
    """Convert degrees to easting and northing in metres, each infinite outside Great Britain."""
    east, north = _transformer().transform(_floats(lon), _floats(lat))
    return _without_outside(np.asarray(east), np.asarray(north), np.asarray(east), np.asarray(north))


def to_grid_point(lon: float, lat: float) -> tuple[float, float]:
    """Convert one point's degrees as ``to_national_grid`` does: without arrays, a third of the time."""
    east, north = _transformer().transform(lon, lat)
    is_inside = 0 <= east <= GRID_WIDTH and 0 <= north <= GRID_HEIGHT  # not so for infinite ones
    return (east, north) if is_inside else (math.inf, math.inf)


def to_wgs84(easting: ArrayLike, northing: ArrayLike) -> tuple[Coordinates, Coordinates]:
    """Convert metres of the National Grid to longitude and latitude, each infinite outside Great Britain."""
    east, north = _floats(easting), _floats(northing)
    lon, lat = _transformer().transform(east, north, direction=TransformDirection.INVERSE)
    return _without_outside(east, north, np.asarray(lon), np.asarray(lat))


def check_grid() -> None:
    """Check the grid against Ordnance Survey's points. Raises GridError when it does not hold."""
    lon, lat, east, north = _CHECKED.T
    grid_east, grid_north = to_national_grid(lon, lat)
    back_lon, back_lat = to_wgs84(east, north)
    widths = _METRES_A_DEGREE * np.cos(np.radians(lat))
    off = np.hypot(grid_east - east, grid_north - north)
    off_back = np.hypot((back_lon - lon) * widths, (back_lat - lat) * _METRES_A_DEGREE)
    if not (np.max(off) < _TOLERANCE and np.max(off_back) < _TOLERANCE):
        raise GridError("OSTN15 is not within 1 cm of Ordnance Survey's points TP09, TP15 and TP27")
    if np.isfinite(to_national_grid(*_OUTSIDE)[0]).any():
        raise GridError("OSTN15 gives a place outside its grid")


def _transformer() -> Transformer:
    if not hasattr(_per_thread, "transformer"):
        _per_thread.transformer = Transformer.from_pipeline(_TO_GRID.format(grid=_grid()))
    transformer: Transformer = _per_thread.transformer
    return transformer


@lru_cache(maxsize=1)
def _grid() -> str:
    path = resources.files("mapping.shared").joinpath("data", "grids", _GRID)
    if not path.is_file():
        raise FileNotFoundError(f"{_GRID} is missing from the package")
    return str(path)


def _floats(values: ArrayLike) -> Coordinates:
    return np.array(values, dtype=np.float64)


def _without_outside(
    east: Coordinates, north: Coordinates, first: Coordinates, second: Coordinates
) -> tuple[Coordinates, Coordinates]:
    with np.errstate(invalid="ignore"):
        inside = (east >= 0) & (east <= GRID_WIDTH) & (north >= 0) & (north <= GRID_HEIGHT)
    inside &= np.isfinite(first) & np.isfinite(second)
    return np.where(inside, first, np.inf), np.where(inside, second, np.inf)


def _required(convert: Callable[[Coordinates], Coordinates]) -> Callable[[Coordinates], Coordinates]:
    def inside(pairs: Coordinates) -> Coordinates:
        converted = convert(pairs)
        if not np.isfinite(converted).all():
            raise OutsideGreatBritainError("lies outside Great Britain, where the National Grid holds")
        return converted

    return inside


def _swapped(pairs: Coordinates) -> Coordinates:
    return pairs[:, ::-1]


def _from_mercator(pairs: Coordinates) -> Coordinates:
    lat = np.degrees(np.arctan(np.sinh(pairs[:, 1] / _SPHERE)))
    return np.column_stack([np.degrees(pairs[:, 0] / _SPHERE), lat])


def _to_mercator(pairs: Coordinates) -> Coordinates:
    y = _SPHERE * np.arcsinh(np.tan(np.radians(pairs[:, 1])))
    return np.column_stack([_SPHERE * np.radians(pairs[:, 0]), y])


_TO_LONLAT: dict[Crs, Callable[[Coordinates], Coordinates]] = {
    Crs.CRS84: lambda pairs: pairs,
    Crs.WGS84: _swapped,
    Crs.BNG: lambda pairs: np.column_stack(to_wgs84(pairs[:, 0], pairs[:, 1])),
    Crs.WEB_MERCATOR: _from_mercator,
}
_FROM_LONLAT: dict[Crs, Callable[[Coordinates], Coordinates]] = {
    Crs.CRS84: lambda pairs: pairs,
    Crs.WGS84: _swapped,
    Crs.BNG: lambda pairs: np.column_stack(to_national_grid(pairs[:, 0], pairs[:, 1])),
    Crs.WEB_MERCATOR: _to_mercator,
}
