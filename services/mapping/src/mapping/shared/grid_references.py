"""Read and write grid references of the British National Grid: ``ST 750 646``.

Source: Ordnance Survey, "A guide to coordinate systems in Great Britain", section 6.3: squares of 500 km and
100 km by a letter each, I left out, from the north-west.
"""

import math
import re

_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
_SQUARE = 100_000  # metres
_MOST_DIGITS = 10  # of both figures together: 1 m
# The grid's zero is the south-west corner of SV: 1,000 km east and 500 km north of the letters' own.
_FALSE_EAST, _FALSE_NORTH = 10, 5
_WIDTH, _HEIGHT = 7, 13  # squares of 100 km that the National Grid has
_REFERENCE = re.compile(r"([A-HJ-Z])([A-HJ-Z])((?:[0-9]{2}){0,5})")
_LONGEST = 24  # characters: two letters, ten figures and spaces between


def format_grid_reference(easting: float, northing: float, digits: int = 6) -> str:
    """Write the grid reference of a point in metres, with 0, 2, 4, 6, 8 or 10 figures.

    It names the square that the point is in: figures are cut, not rounded. Raises ValueError for a point
    outside the National Grid, or another number of figures.
    """
    if digits not in range(0, _MOST_DIGITS + 1, 2):
        raise ValueError("a grid reference has 0, 2, 4, 6, 8 or 10 figures")
    if not (0 <= easting < _WIDTH * _SQUARE and 0 <= northing < _HEIGHT * _SQUARE):
        raise ValueError("lies outside the National Grid")
    east, north = divmod(math.floor(easting), _SQUARE), divmod(math.floor(northing), _SQUARE)
    letters, half = _letters(east[0], north[0]), digits // 2
    if not half:
        return letters
    return " ".join((letters, *(f"{metres:05d}"[:half] for metres in (east[1], north[1]))))


def parse_grid_reference(text: str) -> tuple[float, float]:
    """Read a grid reference: the easting and northing, in metres, of the middle of the square it names.

    Takes 0 to 10 figures, with or without spaces, in capitals or small letters. Of 1 m, the finest, it is the
    south-west corner, which is what people mean by it. Raises ValueError for anything else.
    """
    compact = "".join(text.split()).upper() if text.isascii() and len(text) <= _LONGEST else ""
    match = _REFERENCE.fullmatch(compact)
    if match is None:
        raise ValueError("is no grid reference: write it like ST 750 646")
    column, row = _square(match[1], match[2])
    half = len(match[3]) // 2
    size = _SQUARE // 10**half
    middle = size / 2 if size > 1 else 0.0
    east, north = (int(figures or 0) * size + middle for figures in (match[3][:half], match[3][half:]))
    return column * _SQUARE + east, row * _SQUARE + north


def _letters(column: int, row: int) -> str:
    east, north = column + _FALSE_EAST, 24 - (row + _FALSE_NORTH)
    return _LETTERS[north // 5 * 5 + east // 5] + _LETTERS[north % 5 * 5 + east % 5]


def _square(first: str, second: str) -> tuple[int, int]:
    """Return the column and row of a square of 100 km. Raises ValueError outside the National Grid."""
    large, small = _LETTERS.index(first), _LETTERS.index(second)
    column = large % 5 * 5 + small % 5 - _FALSE_EAST
    row = 24 - (large // 5 * 5 + small // 5) - _FALSE_NORTH
    if not (0 <= column < _WIDTH and 0 <= row < _HEIGHT):
        raise ValueError("lies outside the National Grid: check the two letters")
    return column, row
