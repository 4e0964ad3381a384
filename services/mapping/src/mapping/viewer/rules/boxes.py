"""Boxes in degrees: as addresses write them, and around a point. Pure."""

import math
from typing import Final

from mapping.collections.rules.layers import Extent

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
