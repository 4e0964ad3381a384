"""Read many geometries of GeoJSON at once, four times as fast as one after another."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType

_HEAD, _MIDDLE = '{"type":"', '","coordinates":'
_OPEN = ord("[")
_NUMBERS = bytes(code if chr(code) in "0123456789+-.eE" else ord(" ") for code in range(256))
_LEVELS = {  # how many brackets deep a type's coordinates lie
    "Point": 1, "LineString": 2, "MultiPoint": 2, "Polygon": 3, "MultiLineString": 3, "MultiPolygon": 4,
}  # fmt: skip


def read_shapes(texts: Sequence[str]) -> NDArray[Any]:
    """Read geometries of two dimensions without spaces, as they are in our files; null: None."""
    shapes = np.full(len(texts), None, dtype=object)
    places: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        if text != "null":
            places.setdefault(text[len(_HEAD) : text.index('"', len(_HEAD))], []).append(index)
    for kind, indexes in places.items():
        start = len(_HEAD) + len(kind) + len(_MIDDLE)
        shapes[indexes] = _read_coordinates(kind, "".join([texts[index][start:-1] for index in indexes]))
    return shapes


def _read_coordinates(kind: str, text: str) -> NDArray[Any]:
    """Read the coordinates of geometries of one type, one behind another.

    A point that follows two brackets begins a line or ring, three a polygon, four a polygon of many.
    """
    content = text.encode()
    pairs = np.fromstring(content.translate(_NUMBERS), sep=" ").reshape(-1, 2)
    is_open = np.frombuffer(b"   " + content, dtype=np.uint8) == _OPEN
    ends = np.flatnonzero(is_open[:-1] & ~is_open[1:])
    depths = 1 + np.cumprod([is_open[ends - back] for back in (1, 2, 3)], axis=0).sum(axis=0)
    starts = [np.arange(len(pairs)), *(np.flatnonzero(depths > level) for level in range(1, _LEVELS[kind]))]
    offsets = [np.append(np.searchsorted(inner, outer), len(inner)) for inner, outer in pairwise(starts)]
    return shapely.from_ragged_array(GeometryType[kind.upper()], pairs, tuple(offsets) or None)
