"""Convert between the British National Grid, longitude and latitude, and web maps, by OSTN15.

The grid comes with the package, and the pipeline names its path: a missing grid or a point outside it is an
error, never PROJ's silent approximation, which is up to 5 m off. WGS84
(EPSG:4326) is taken as equal to ETRS89 (EPSG:4258), as OS does: in Great Britain they are 0.9 m apart today.

pyproj is imported with the first projection: it takes a fifth of a second and 25 MB.
"""

import math
import threading
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproj import Transformer

Point = tuple[float, float]

BNG, LONLAT, MERCATOR = "EPSG:27700", "EPSG:4326", "EPSG:3857"
_GRID = "uk_os_OSTN15_NTv2_OSGBtoETRS.tif"
# EPSG:27700's own parameters (OS, "A guide to coordinate systems in Great Britain", annexes A and B).
_TO_LONLAT = (
    "+proj=pipeline +step +inv +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000"
    ' +ellps=airy +step +proj=hgridshift +grids="{grid}" +step '
)
_AS_DEGREES = "+proj=unitconvert +xy_in=rad +xy_out=deg"
_AS_MERCATOR = "+proj=webmerc +lat_0=0 +lon_0=0 +x_0=0 +y_0=0 +ellps=WGS84"

_per_thread = threading.local()  # a transformer must not be used by two threads at once


class OutsideGridError(ValueError):
    """A point outside OSTN15."""


def to_lonlat(points: Sequence[Point]) -> list[Point]:
    """Convert ``(easting, northing)`` in metres to ``(longitude, latitude)`` in degrees, good to 5 mm.

    Raises OutsideGridError when OSTN15 does not cover one of them.
    """
    return _require_inside(_project(points, LONLAT, back=False))


def from_lonlat(points: Sequence[Point]) -> list[Point]:
    """Convert ``(longitude, latitude)`` in degrees to ``(easting, northing)`` in metres; as ``to_lonlat``."""
    return _require_inside(_project(points, LONLAT, back=True))


def to_mercator(points: Sequence[Point]) -> list[Point]:
    """Convert ``(easting, northing)`` to EPSG:3857, the metres of web maps; as ``to_lonlat``."""
    return _require_inside(_project(points, MERCATOR, back=False))


def from_mercator(points: Sequence[Point]) -> list[Point]:
    """Convert EPSG:3857 to ``(easting, northing)``; as ``to_lonlat``."""
    return _require_inside(_project(points, MERCATOR, back=True))


def project_or_none(points: Sequence[Point], system: str) -> list[Point | None]:
    """Convert a gazetteer's points to ``LONLAT`` or ``MERCATOR``; None outside OSTN15."""
    return [point if _inside(point) else None for point in _project(points, system, back=False)]


def _project(points: Sequence[Point], system: str, *, back: bool) -> Iterable[Point]:
    if not points:
        return []
    eastings, northings = zip(*points, strict=True)
    projected = _transformer(system).transform(
        list(eastings), list(northings), direction="INVERSE" if back else "FORWARD"
    )
    return zip(*projected, strict=True)


def _transformer(system: str) -> "Transformer":
    """Return this thread's transformer, made on first use."""
    transformers: dict[str, Transformer] = _per_thread.__dict__
    if system not in transformers:
        import pyproj  # noqa: PLC0415 - see above

        end = _AS_DEGREES if system == LONLAT else _AS_MERCATOR
        transformers[system] = pyproj.Transformer.from_pipeline(_TO_LONLAT.format(grid=_grid()) + end)
    return transformers[system]


@lru_cache(maxsize=1)
def _grid() -> str:
    path = resources.files("address.shared").joinpath("data", "grids", _GRID)
    if not path.is_file():
        raise FileNotFoundError(f"{_GRID} is missing from the package")
    return str(path)


def _require_inside(points: Iterable[Point]) -> list[Point]:
    inside = list(points)
    if not all(map(_inside, inside)):
        raise OutsideGridError("lies outside Great Britain, where OSTN15 holds")
    return inside


def _inside(point: Point) -> bool:
    """Return whether a point is within the grid: PROJ answers infinity outside it."""
    return math.isfinite(point[0]) and math.isfinite(point[1])
