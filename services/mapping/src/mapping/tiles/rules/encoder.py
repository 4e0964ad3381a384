"""Write a layer of a tile: Vector Tile Specification 2.1, section 4, without a loop over features.

A feature's message is nothing but varints: field tags below 128, lengths, its id, its tags and its geometry.
So a layer's features are laid out as one array of integers, and written in one go.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapping.tiles.rules.attributes import Table
from mapping.tiles.rules.matrix import EXTENT
from mapping.tiles.rules.paths import Paths
from mapping.tiles.rules.protobuf import (
    Integers,
    Unsigned,
    measure_varints,
    spread,
    write_field,
    write_varint,
    write_varints,
    zigzag,
)

_TYPES = {"Point": 1, "LineString": 2, "Polygon": 3}
_MOVE_TO, _LINE_TO, _CLOSE_PATH = 1, 2, 15
_FEATURE, _TAGS, _GEOMETRY = 0x12, 0x12, 0x22  # field tags of length-delimited fields
_ID, _TYPE = 0x08, 0x18  # field tags of varints
_HEADER = 10  # integers of a feature beside its tags and its geometry
_VERSION = bytes((15 << 3, 2))


@dataclass(frozen=True, slots=True)
class _Section:
    """Integers of all features, one feature after the other, and how many and how long each feature's are."""

    integers: Unsigned
    widths: Integers
    counts: Integers

    def measure(self) -> Integers:
        """Give the bytes of each feature's integers."""
        sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.widths)])
        ends = np.cumsum(self.counts)
        return np.asarray(sums[ends] - sums[ends - self.counts])


def write_layer(name: str, paths: Paths, table: Table, numbers: Integers) -> bytes:
    """Write a layer as a field of a tile, or nothing when it shows no feature.

    ``paths.features`` are rows of ``table`` and of ``numbers``, the features' ids; they are in ascending
    order. A tile is its layers' bytes, one after the other.
    """
    if not len(paths.features):
        return b""
    firsts = np.flatnonzero(np.concatenate([[True], paths.features[1:] != paths.features[:-1]]))
    features = paths.features[firsts]
    tags, keys, values = _list_tags(table, features)
    messages = _write_features(
        numbers[features].astype(np.uint64), _TYPES[paths.kind], tags, _list_commands(paths, firsts)
    )
    extent = bytes((5 << 3,)) + write_varint(EXTENT)
    return write_field(3, _VERSION + write_field(1, name.encode()) + messages + keys + values + extent)


def _list_tags(table: Table, features: Integers) -> tuple[_Section, bytes, bytes]:
    """List the tags of features, with the keys and values that they use, each once."""
    codes = table.codes[features]
    present = codes >= 0
    used_keys: NDArray[np.bool_] = np.asarray(present.any(axis=0))
    used_values, places = np.unique(codes[present], return_inverse=True)
    key_numbers = np.broadcast_to(np.cumsum(used_keys) - 1, codes.shape)[present]
    integers = np.column_stack([key_numbers, places]).ravel().astype(np.uint64)
    section = _Section(integers, measure_varints(integers), 2 * present.sum(axis=1))
    keys = b"".join(table.keys[number] for number in np.flatnonzero(used_keys))
    return section, keys, table.values.take(used_values.astype(np.int64))


def _list_commands(paths: Paths, firsts: Integers) -> _Section:
    """List the commands of features: MoveTo, LineTo and ClosePath with what they move by."""
    moves = zigzag(_list_moves(paths, firsts))
    around = {"Point": 1, "LineString": 2, "Polygon": 3}[paths.kind]
    sizes = 2 * paths.counts + around
    ends = np.cumsum(sizes)
    starts = ends - sizes
    out = np.empty(int(ends[-1]), np.uint64)
    within = np.arange(len(moves)) - np.repeat(np.cumsum(paths.counts) - paths.counts, paths.counts)
    places = np.repeat(starts, paths.counts) + 2 * within + 1
    if paths.kind == "Point":
        out[starts] = paths.counts << 3 | _MOVE_TO
    else:
        out[starts] = 1 << 3 | _MOVE_TO
        out[starts + 3] = (paths.counts - 1) << 3 | _LINE_TO
        places += within > 0
    out[places], out[places + 1] = moves[:, 0], moves[:, 1]
    if paths.kind == "Polygon":
        out[ends - 1] = _CLOSE_PATH
    return _Section(out, measure_varints(out), np.add.reduceat(sizes, firsts))


def _list_moves(paths: Paths, firsts: Integers) -> Integers:
    """List the steps from vertex to vertex; a feature begins at the tile's corner."""
    moves = paths.vertices.copy()
    moves[1:] -= paths.vertices[:-1]
    begins = (np.cumsum(paths.counts) - paths.counts)[firsts]
    moves[begins] = paths.vertices[begins]
    return moves


def _write_features(ids: Unsigned, type_number: int, tags: _Section, geometry: _Section) -> bytes:
    """Write the messages of features, one after the other."""
    tag_bytes, geometry_bytes = tags.measure(), geometry.measure()
    widths = [measure_varints(part) for part in (ids, _unsigned(tag_bytes), _unsigned(geometry_bytes))]
    lengths = _unsigned(5 + tag_bytes + geometry_bytes + sum(widths))
    sizes = _HEADER + tags.counts + geometry.counts
    starts = np.cumsum(sizes) - sizes
    out, width = np.empty(int(sizes.sum()), np.uint64), np.ones(int(sizes.sum()), np.int64)
    middle = starts + 6 + tags.counts
    for place, value in (
        (starts, _FEATURE), (starts + 2, _ID), (starts + 4, _TAGS),
        (middle, _TYPE), (middle + 1, type_number), (middle + 2, _GEOMETRY),
    ):  # fmt: skip
        out[place] = value
    for place, values, size in (
        (starts + 1, lengths, measure_varints(lengths)),
        (starts + 3, ids, widths[0]),
        (starts + 5, _unsigned(tag_bytes), widths[1]),
        (middle + 3, _unsigned(geometry_bytes), widths[2]),
        (spread(starts + 6, tags.counts), tags.integers, tags.widths),
        (spread(middle + 4, geometry.counts), geometry.integers, geometry.widths),
    ):
        out[place], width[place] = values, size
    return write_varints(out, width).tobytes()


def _unsigned(values: Integers) -> Unsigned:
    return values.astype(np.uint64)
