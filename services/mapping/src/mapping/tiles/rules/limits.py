"""The zooms that a layer has tiles of."""

import math

from mapping.tiles.rules.matrix import MAX_ZOOM

MAX_IN_TILE = 10_000
"""Most features of a tile that is read from PostgreSQL, because its layer is too large for memory."""
LAST_ZOOM = 16
"""The zoom that clients need no more detail than: a unit is 9 cm in Britain. They draw it larger."""
_USUAL_IN_TILE = 2_500
_LARGE = 100_000


def first_zoom(count: int, extent: tuple[float, float, float, float] | None) -> int:
    """Give the first zoom at which a tile of a layer has few enough features, by its count and its extent.

    A layer that is kept in memory has tiles from zoom 0 on.
    """
    if count <= _LARGE or extent is None:
        return 0
    west, south, east, north = extent
    share = max((east - west) / 360, 1e-9) * max((north - south) / 170, 1e-9)
    zoom = math.log(count / _USUAL_IN_TILE / share, 4)  # a zoom has four times the tiles of the one before
    return min(max(math.ceil(zoom), 0), LAST_ZOOM)


def has_zoom(zoom: int, count: int, extent: tuple[float, float, float, float] | None) -> bool:
    """Check whether a layer has tiles of a zoom."""
    return first_zoom(count, extent) <= zoom <= MAX_ZOOM
