"""Properties as a tile holds them: keys and values once each, written once for a version of a layer."""

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapping.tiles.rules.protobuf import Ragged, write_field, write_varint

Codes = NDArray[np.int32]
_KEYS, _VALUES = 3, 4  # fields of a layer
_STRING, _DOUBLE, _UINT, _SINT, _BOOL = 1, 3, 5, 6, 7  # fields of a value
_ABSENT = -1


@dataclass(frozen=True, slots=True)
class Table:
    """The properties of a layer's features.

    ``keys`` are ready-made fields of a layer message, and so are ``values``, each once. ``codes[i, k]`` is
    the value of feature i under key k, -1 where it has none.
    """

    keys: tuple[bytes, ...]
    codes: Codes
    values: Ragged

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.codes.nbytes + self.values.nbytes


def make_table(columns: Mapping[str, Sequence[object]], count: int) -> Table:
    """Make the table of ``count`` features from their values by key."""
    numbers: dict[bytes, int] = {}
    codes = np.full((count, len(columns)), _ABSENT, np.int32)
    for number, values in enumerate(columns.values()):
        codes[:, number] = _code_column(values, numbers)
    keys = tuple(write_field(_KEYS, key.encode()) for key in columns)
    return Table(keys, codes, Ragged.join(list(numbers)))


def _code_column(values: Sequence[object], numbers: dict[bytes, int]) -> list[int]:
    """Number a column's values; equal ones are written once. 1, 1.0 and True are three values."""
    codes_by_value: dict[tuple[type, object], int] = {}
    codes = []
    for value in values:
        plain = value if isinstance(value, str | int | float) else _simplify(value)
        key = (type(plain), plain)
        code = codes_by_value.get(key)
        if code is None:
            field = write_value(plain)
            code = _ABSENT if field is None else numbers.setdefault(write_field(_VALUES, field), len(numbers))
            codes_by_value[key] = code
        codes.append(code)
    return codes


def _simplify(value: object) -> str | int | float | None:
    """Turn a value of another type into one that a tile can hold; lists and objects become JSON."""
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return None if value is None else str(value)


def write_value(value: str | int | float | None) -> bytes | None:
    """Write a value's message; None for what a tile leaves out: null, NaN and the infinities."""
    if isinstance(value, str):
        return write_field(_STRING, value.encode())
    if isinstance(value, bool):
        return bytes((_BOOL << 3, value))
    if isinstance(value, int):
        return _write_integer(value)
    if value is None or not math.isfinite(value):
        return None
    return bytes((_DOUBLE << 3 | 1,)) + struct.pack("<d", value)


def _write_integer(value: int) -> bytes:
    if 0 <= value < 1 << 64:
        return bytes((_UINT << 3,)) + write_varint(value)
    if -(1 << 63) <= value < 0:
        return bytes((_SINT << 3,)) + write_varint(-2 * value - 1)
    return write_field(_STRING, str(value).encode())
