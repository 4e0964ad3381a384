"""Encode layers for tests, and decode them with mapbox-vector-tile, which is not ours."""

from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from mapbox_vector_tile.Mapbox import vector_tile_pb2

from mapping.tiles.rules.attributes import make_table
from mapping.tiles.rules.bands import Kind, band_zoom, make_band, make_base
from mapping.tiles.rules.encoder import write_layer
from mapping.tiles.rules.matrix import EXTENT, Tile, project
from mapping.tiles.rules.paths import cut_tile


def encode(geometries: list[Any], kind: Kind, tile: Tile, columns: dict[str, list[object]] | None = None):
    """Encode a layer named ``layer``; features are numbered from 1."""
    columns = columns or {"id": [str(number) for number in range(len(geometries))]}
    base = make_base(np.array(geometries, object), kind)
    paths = cut_tile(make_band(base, band_zoom(tile.zoom)), tile)
    table = make_table(columns, len(geometries))
    return write_layer("layer", paths, table, np.arange(1, len(geometries) + 1))


def decode(data: bytes) -> dict[int, Any]:
    """Decode the layer's features by their ids: their geometry, y down."""
    layers = mapbox_vector_tile.decode(data, default_options={"y_coord_down": True})
    features = layers["layer"]["features"] if layers else []
    return {feature["id"]: shapely.geometry.shape(feature["geometry"]) for feature in features}


def read_message(data: bytes) -> Any:
    """Read the layer's protobuf message."""
    message = vector_tile_pb2.tile()
    message.ParseFromString(data)
    return message.layers[0]


def list_rings(geometry: list[int]) -> list[list[tuple[int, int]]]:
    """Follow a polygon's commands, as section 4.3 of the specification says: the vertices of each ring."""
    rings, position, x, y = [], 0, 0, 0
    while position < len(geometry):
        command, count = geometry[position] & 7, geometry[position] >> 3
        position += 1
        if command == 7:
            continue
        if command == 1:
            rings.append([])
        for _ in range(count):
            dx, dy = ((value >> 1) ^ -(value & 1) for value in geometry[position : position + 2])
            x, y, position = x + dx, y + dy, position + 2
            rings[-1].append((x, y))
    return rings


def surveyor(ring: list[tuple[int, int]]) -> float:
    """Give a ring's area by the surveyor's formula."""
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs) / 2


def in_units(geometry: Any, tile: Tile) -> Any:
    """Put a geometry of longitude and latitude into a tile's units, without rounding."""
    origin = np.array([tile.column, tile.row], float)
    return shapely.transform(geometry, lambda lonlat: (project(lonlat) * 2**tile.zoom - origin) * EXTENT)


def place(units: np.ndarray, tile: Tile) -> np.ndarray:
    """Give longitudes and latitudes of places in a tile's units."""
    world = (units / EXTENT + (tile.column, tile.row)) / 2**tile.zoom
    latitudes = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * world[:, 1]))))
    return np.column_stack([world[:, 0] * 360 - 180, latitudes])
