"""Protocol Buffers' wire format for whole arrays: varints, zigzag, and parts of a byte array.

Source: protobuf.dev, "Encoding". A varint has seven bits a byte, the lowest first; the high bit says that
more follow.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Unsigned = NDArray[np.uint64]
Bytes = NDArray[np.uint8]
_LOW, _MORE = 0x7F, 0x80  # the seven bits of a value; the bit that says that another byte follows
_LIMITS = np.array([1 << bits for bits in range(7, 64, 7)], np.uint64)


def zigzag(values: Integers) -> Unsigned:
    """Map signed integers to unsigned ones, small for those near zero."""
    return ((values << 1) ^ (values >> 63)).view(np.uint64)


def measure_varints(values: Unsigned) -> Integers:
    """Count the bytes of each value as a varint: 1 to 10."""
    sizes = np.ones(len(values), np.int64)
    for limit in _LIMITS:
        over = values >= limit
        if not over.any():
            break
        sizes += over
    return sizes


def write_varints(values: Unsigned, sizes: Integers) -> Bytes:
    """Write values one after the other as varints. ``sizes`` is what ``measure_varints`` gives."""
    ends = np.cumsum(sizes)
    out = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
    starts, rest, more = ends - sizes, values, np.flatnonzero(sizes > 1)
    out[starts] = (rest & np.uint64(_LOW)).astype(np.uint8)
    position = starts
    while len(more):
        out[position[more]] |= _MORE
        rest = rest >> np.uint64(7)
        position = position + 1
        out[position[more]] = (rest[more] & np.uint64(_LOW)).astype(np.uint8)
        more = more[rest[more] > _LOW]
    return out


def write_varint(value: int) -> bytes:
    """Write one value as a varint."""
    out = bytearray()
    while value > _LOW:
        out.append(value & _LOW | _MORE)
        value >>= 7
    out.append(value)
    return bytes(out)


def write_field(number: int, content: bytes) -> bytes:
    """Write a length-delimited field: text or an embedded message."""
    return write_varint(number << 3 | 2) + write_varint(len(content)) + content


def spread(starts: Integers, counts: Integers) -> Integers:
    """List the positions of ranges: ``starts`` 5, 9 and ``counts`` 2, 3 give 5, 6, 9, 10, 11."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total, dtype=np.int64) + np.repeat(starts - (ends - counts), counts))


@dataclass(frozen=True, slots=True)
class Ragged:
    """Many byte strings in one array; string i is ``data[offsets[i]:offsets[i + 1]]``."""

    data: Bytes
    offsets: Integers

    @classmethod
    def join(cls, strings: list[bytes]) -> "Ragged":
        """Join byte strings."""
        lengths = np.fromiter(map(len, strings), np.int64, len(strings))
        data = np.frombuffer(b"".join(strings), np.uint8)
        return cls(data, np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]))

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.data.nbytes + self.offsets.nbytes

    def take(self, indices: Integers) -> bytes:
        """Give some of the strings, one after the other."""
        starts = self.offsets[indices]
        return self.data[spread(starts, self.offsets[indices + 1] - starts)].tobytes()
