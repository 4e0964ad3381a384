"""Boxes in degrees: as addresses write them, around a point, around layers. Pure."""

import math
from collections.abc import Sequence
from typing import Final

from mapping.collections.rules.layers import Extent, Layer, unite

_GREAT_BRITAIN: Final = Extent(-8.7, 49.8, 1.8, 60.9)
_AROUND: Final = 0.003  # degrees of latitude: some 330 m


def parse_box(text: str) -> Extent:
    """Read ``west,south,east,north``. Raises ValueError with what is wrong."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != len(Extent._fields) or not all(map(math.isfinite, numbers)):
        raise ValueError("must be four numbers: west,south,east,north in degrees")
    box = Extent(*numbers)
    if not (-180 <= box.west < box.east <= 180 and -90 <= box.south < box.north <= 90):  # noqa: PLR2004 - degrees
        raise ValueError("must have west before east and south before north")
    return box


def box_around(longitude: float, latitude: float) -> Extent:
    """Make the box of some 660 m around a point."""
    width = _AROUND / math.cos(math.radians(latitude))
    return Extent(longitude - width, latitude - _AROUND, longitude + width, latitude + _AROUND)


def find_extent(layers: Sequence[Layer]) -> Extent:
    """Find the box of a council: of its boundary, else of its own layers, else Great Britain."""
    present = [layer for layer in layers if not layer.is_national and layer.extent is not None]
    boundary = [layer for layer in present if layer.name == "council-boundary"]
    extents = [layer.extent for layer in boundary or present if layer.extent is not None]
    return unite(extents) if extents else _GREAT_BRITAIN
