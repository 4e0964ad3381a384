"""Measure distances on the ellipsoid, as postcodes.io does."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproj import Geod


def metres(start: tuple[float, float], ends: Sequence[tuple[float, float]]) -> list[float]:
    """Measure geodesic metres from ``start`` to each of ``ends``, all (longitude, latitude)."""
    if not ends:
        return []
    longitudes, latitudes = zip(*ends, strict=True)
    starts = ([start[0]] * len(ends), [start[1]] * len(ends))
    return list(_ellipsoid().inv(*starts, list(longitudes), list(latitudes))[2])


@lru_cache(maxsize=1)
def _ellipsoid() -> "Geod":
    import pyproj  # noqa: PLC0415 - takes 0.2 s and 25 MB, so only for distances

    return pyproj.Geod(ellps="WGS84")
