"""Simplify lines and rings so that neighbours still meet.

Paths are cut into arcs where the way on is not the same for all that pass: at ends, and at vertices whose two
neighbours differ from path to path. Two polygons share a border as whole arcs, each arc is simplified in one
direction whoever it belongs to, and so both keep the same vertices (the method of TopoJSON). What is left is
a subset of the vertices, and no point of a path is moved further than the tolerance (Douglas and Peucker
1973).
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from mapping.tiles.rules.protobuf import Integers, spread

Coordinates = NDArray[np.float64]
Flags = NDArray[np.bool_]
_GRID = float(1 << 31)  # of the world: 2 cm. Vertices nearer than that are one and the same


@dataclass(frozen=True, slots=True)
class Arcs:
    """Paths, one after the other, and where they are cut.

    ``coordinates`` (n, 2) hold the paths from cut to cut: a ring begins at one of its cuts and repeats it at
    its end. Path i is ``offsets[i]:offsets[i + 1]``. Arc j goes from ``starts[j]`` to ``ends[j]``, both
    included. ``backward`` tells which arcs are simplified from their end.
    """

    coordinates: Coordinates
    offsets: Integers
    starts: Integers
    ends: Integers
    backward: Flags

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return sum(part.nbytes for part in (self.coordinates, self.offsets, self.starts, self.ends))

    def simplify(self, tolerance: float) -> tuple[Coordinates, Integers]:
        """Simplify; give the coordinates that are left, and how many each path has."""
        salient = np.zeros(len(self.coordinates), np.bool_)
        salient[self.starts] = salient[self.ends] = True
        long = np.flatnonzero(self.ends - self.starts > 1)
        salient[self._list_salient(long, tolerance)] = True
        counts = (
            np.add.reduceat(salient, self.offsets[:-1], dtype=np.int64) if len(self.offsets) > 1 else _EMPTY
        )
        return self.coordinates[salient], counts

    def _list_salient(self, arcs: Integers, tolerance: float) -> Integers:
        """List the vertices that Douglas and Peucker keep. Each vertex carries its position as its height."""
        counts = self.ends[arcs] - self.starts[arcs] + 1
        positions = spread(self.starts[arcs], counts)
        turned = np.repeat(self.backward[arcs], counts)
        mirrors = np.repeat(self.starts[arcs] + self.ends[arcs], counts) - positions
        positions = np.where(turned, mirrors, positions)
        vertices = np.column_stack([self.coordinates[positions], positions])
        lines = shapely.linestrings(vertices, indices=np.repeat(np.arange(len(arcs)), counts))
        left = shapely.simplify(lines, tolerance, preserve_topology=False)
        return shapely.get_coordinates(left, include_z=True)[:, 2].astype(np.int64)


_EMPTY = np.zeros(0, np.int64)


def cut_arcs(coordinates: Coordinates, offsets: Integers, *, closed: bool) -> Arcs:
    """Cut paths into arcs. ``closed``: they are rings, whose last vertex repeats their first one."""
    if len(offsets) < 2:  # noqa: PLR2004 - offsets of no path
        return Arcs(coordinates, offsets, _EMPTY, _EMPTY, np.zeros(0, np.bool_))
    keys = _key(coordinates)
    if not closed:
        cuts = _find_cuts(keys, *_list_neighbours(keys, offsets))
        return _make_arcs(coordinates, keys, offsets, cuts)
    counts = np.diff(offsets) - 1
    open_keys = keys[spread(offsets[:-1], counts)]
    open_offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    cuts = _find_cuts(open_keys, *_list_ring_neighbours(open_keys, open_offsets))
    first = _choose_starts(open_keys, open_offsets, cuts)
    turns = _number_within(offsets) + np.repeat(first - open_offsets[:-1], counts + 1)
    within = turns % np.repeat(counts, counts + 1)
    cuts[first] = True
    order = np.repeat(offsets[:-1], counts + 1) + within
    cuts = cuts[np.repeat(open_offsets[:-1], counts + 1) + within]
    return _make_arcs(coordinates[order], keys[order], offsets, cuts)


def _key(coordinates: Coordinates) -> Integers:
    cells = np.floor(coordinates * _GRID + 0.5).astype(np.int64)
    return cells[:, 0] << 32 ^ cells[:, 1] & 0xFFFFFFFF


def _number_within(offsets: Integers) -> Integers:
    return np.arange(offsets[-1], dtype=np.int64) - np.repeat(offsets[:-1], np.diff(offsets))


def _list_neighbours(keys: Integers, offsets: Integers) -> tuple[Integers, Integers]:
    """List the keys before and after each vertex of a line; an end's own key stands for none."""
    before, after = np.roll(keys, 1), np.roll(keys, -1)
    before[offsets[:-1]] = keys[offsets[:-1]]
    after[offsets[1:] - 1] = keys[offsets[1:] - 1]
    return before, after


def _list_ring_neighbours(keys: Integers, offsets: Integers) -> tuple[Integers, Integers]:
    before, after = np.roll(keys, 1), np.roll(keys, -1)
    before[offsets[:-1]] = keys[offsets[1:] - 1]
    after[offsets[1:] - 1] = keys[offsets[:-1]]
    return before, after


def _find_cuts(keys: Integers, before: Integers, after: Integers) -> Flags:
    """Find the vertices that are an end, or whose two neighbours are not the same in all paths."""
    low, high = np.minimum(before, after), np.maximum(before, after)
    order = np.argsort(keys)
    ordered, low, high = keys[order], low[order], high[order]
    firsts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    counts = np.diff(np.append(firsts, len(keys)))
    differs = (low != np.repeat(low[firsts], counts)) | (high != np.repeat(high[firsts], counts))
    differs |= (low == ordered) | (high == ordered)
    cuts = np.empty(len(keys), np.bool_)
    cuts[order] = np.repeat(np.logical_or.reduceat(differs, firsts), counts)
    return cuts


def _choose_starts(keys: Integers, offsets: Integers, cuts: Flags) -> Integers:
    """Choose where each ring starts: at its first cut, or at its smallest key when it has none."""
    starts, counts = offsets[:-1], np.diff(offsets)
    smallest = keys == np.repeat(np.minimum.reduceat(keys, starts), counts)
    has_cut = np.repeat(np.logical_or.reduceat(cuts, starts), counts)
    positions = np.arange(len(keys), dtype=np.int64)
    return np.minimum.reduceat(np.where(np.where(has_cut, cuts, smallest), positions, len(keys)), starts)


def _make_arcs(coordinates: Coordinates, keys: Integers, offsets: Integers, cuts: Flags) -> Arcs:
    cuts[offsets[:-1]] = cuts[offsets[1:] - 1] = True
    places = np.flatnonzero(cuts)
    starts, ends = places[:-1], places[1:]
    within = np.searchsorted(offsets, starts, "right") == np.searchsorted(offsets, ends, "right")
    starts, ends = starts[within], ends[within]
    loops = keys[starts] == keys[ends]
    backward = (keys[starts] > keys[ends]) | (loops & (keys[starts + 1] > keys[ends - 1]))
    return Arcs(coordinates, offsets, starts, ends, backward)
