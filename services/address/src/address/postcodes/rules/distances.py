"""How far it is, on the ellipsoid: what postcodes.io's own distances are."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproj import Geod


def metres(start: tuple[float, float], ends: Sequence[tuple[float, float]]) -> list[float]:
    """The geodesic distance in metres from ``start`` to each of ``ends``, all longitude and latitude."""
    if not ends:
        return []
    longitudes, latitudes = zip(*ends, strict=True)
    here = ([start[0]] * len(ends), [start[1]] * len(ends))
    return list(_ellipsoid().inv(*here, list(longitudes), list(latitudes))[2])


@lru_cache(maxsize=1)
def _ellipsoid() -> "Geod":
    import pyproj  # noqa: PLC0415 - a fifth of a second and 25 MB, for whoever asks for a distance

    return pyproj.Geod(ellps="WGS84")
