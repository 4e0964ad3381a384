"""The tile matrix set WebMercatorQuad (OGC 17-083r4, annex E.1), and coordinates on it.

World coordinates are Web Mercator in parts of its square: x from 0 (180 W) to 1 (180 E), y from 0 (85.05 N)
to 1 (85.05 S). A tile's own coordinates go from 0 to 4,096 within it, y down, as the Vector Tile
Specification 2.1 says.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EXTENT = 4_096
"""Units of a tile's side."""
BUFFER = 64
"""Units beyond each side that a tile also holds, so that lines and symbols are whole at its edge."""
MAX_ZOOM = 22
HALF_SIDE = 20_037_508.342_789_2
"""Metres from the origin of EPSG:3857 to the edge of the square."""
_MAX_LATITUDE = 89.9  # the poles are infinitely far away; what is north of 85.05 is in no tile anyway


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile: its zoom (tileMatrix), row (y, from the north) and column (x, from 180 W)."""

    zoom: int
    row: int
    column: int

    def exists(self) -> bool:
        """Tell whether the tile is within its matrix."""
        side = 1 << self.zoom if 0 <= self.zoom <= MAX_ZOOM else 0
        return 0 <= self.row < side and 0 <= self.column < side

    @property
    def scale(self) -> float:
        """Units for the whole world at this zoom."""
        return float(EXTENT << self.zoom)

    def box(self, buffer: int = BUFFER) -> tuple[float, float, float, float]:
        """Give the tile with its buffer, in world coordinates: min x, min y, max x, max y."""
        margin, side = buffer / EXTENT, float(1 << self.zoom)
        return (
            (self.column - margin) / side,
            (self.row - margin) / side,
            (self.column + 1 + margin) / side,
            (self.row + 1 + margin) / side,
        )

    def bounds(self, buffer: int = 0) -> tuple[float, float, float, float]:
        """Give the tile in degrees: west, south, east, north."""
        west, north, east, south = self.box(buffer)
        return (west * 360 - 180, _latitude(south), east * 360 - 180, _latitude(north))

    def meets(self, extent: tuple[float, float, float, float]) -> bool:
        """Tell whether the tile, with its buffer, meets a box in degrees: west, south, east, north."""
        west, south, east, north = self.bounds(BUFFER)
        return extent[0] <= east and west <= extent[2] and extent[1] <= north and south <= extent[3]


def project(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project longitudes and latitudes, an array of (n, 2), to world coordinates."""
    world = np.empty(coordinates.shape, np.float64)
    world[:, 0] = coordinates[:, 0] / 360 + 0.5
    sines = np.sin(np.radians(np.clip(coordinates[:, 1], -_MAX_LATITUDE, _MAX_LATITUDE)))
    world[:, 1] = 0.5 - np.arctanh(sines) / (2 * math.pi)
    return world


def find_tile(longitude: float, latitude: float, zoom: int) -> Tile:
    """Find the tile that a place is in; a place beyond the matrix is in the nearest tile."""
    x, y = project(np.array([[longitude, latitude]], np.float64))[0]
    last = (1 << zoom) - 1
    row, column = (min(max(int(part * (last + 1)), 0), last) for part in (y, x))
    return Tile(zoom, row, column)


def _latitude(y: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y))))
