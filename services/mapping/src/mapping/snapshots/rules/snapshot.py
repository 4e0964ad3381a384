"""A layer in memory: arrays of what its features are, and an index of where.

A snapshot never changes; the one after a small change shares its index (``replace``). Features are known by
their place in the arrays, which holds for this snapshot alone. Shapely objects are shared by threads: what
GEOS prepares on first use is prepared here, under a lock.
"""

import json
import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from mapping.collections.rules.layers import Layer
from mapping.shared.coordinates import Crs
from mapping.snapshots.rules.arrays import Arrays, Indices, Row

Box = tuple[float, float, float, float]
"""West, south, east, north, or the same of eastings and northings."""
_FEATURE_BYTES = 500  # of a feature without its vertices, in the arrays and the index
_VERTEX_BYTES = 16


class Snapshot:
    """A layer's features at a version; entries that are not ``alive`` have been replaced or deleted."""

    def __init__(
        self, layer: Layer, version: int, arrays: Arrays, alive: NDArray[np.bool_], base: int, tree: STRtree
    ) -> None:
        self.layer = layer
        self.version = version
        self.arrays = arrays
        self.alive = alive
        self._all_alive = bool(alive.all())
        self._base = base  # entries in `tree`; those behind them have a small index of their own
        self._tree = tree
        self._overlay = _make_tree(arrays.geometries[base:])
        self._prepared = np.zeros(len(arrays.fids), np.bool_)
        self._preparing = threading.Lock()

    def __len__(self) -> int:
        return int(self.alive.sum())

    @property
    def numbers(self) -> Indices:
        """Return the features' numbers."""
        return self.arrays.numbers

    @property
    def fids(self) -> list[str]:
        """Return the features' ids in their layer."""
        return self.arrays.fids

    @property
    def geometries(self) -> NDArray[Any]:
        """Return their geometry in the layer's storage CRS; None where there is no place."""
        return self.arrays.geometries

    @property
    def crs(self) -> Crs:
        """Return the CRS of ``geometries``."""
        return self.layer.storage_crs

    @cached_property
    def order(self) -> Indices:
        """Return the entries that are alive, by number: the order of pages."""
        return self._sort(np.flatnonzero(self.alive))

    @cached_property
    def by_fid(self) -> dict[str, int]:
        """Map the ids of features that are alive to their entries."""
        return {self.fids[index]: index for index in self.order.tolist()}

    @cached_property
    def by_number(self) -> dict[int, int]:
        """Map the numbers of features that are alive to their entries."""
        return dict(zip(self.numbers[self.order].tolist(), self.order.tolist(), strict=True))

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """Return the features' bounds in the storage CRS; NaN without a place."""
        return np.asarray(shapely.bounds(self.geometries), np.float64)

    @cached_property
    def size(self) -> int:
        """Estimate the bytes that it takes."""
        vertices = int(shapely.get_num_coordinates(self.geometries).sum())
        texts = sum(map(len, self.arrays.texts))
        return len(self.fids) * _FEATURE_BYTES + vertices * _VERTEX_BYTES + texts

    @property
    def overlay_size(self) -> int:
        """Count the entries behind the great index: many of them ask for a new one."""
        return len(self.fids) - self._base

    def candidates(self, box: Box) -> Indices:
        """List the features whose boxes meet a box in the storage CRS, by number."""
        return self._sort(self._query(shapely.box(*box)))

    def intersecting(self, geometry: shapely.Geometry) -> Indices:
        """List the features that share a point with a geometry in the storage CRS, by number."""
        return self._sort(self._query(geometry, "intersects"))

    def containing(self, x: float, y: float) -> Indices:
        """List the features on or in whose shape a point of the storage CRS lies, by number."""
        places = self._query(shapely.points(x, y))
        if not places.size:
            return places
        self._prepare(places)
        return self._sort(places[shapely.intersects_xy(self.geometries[places], x, y)])

    def containing_each(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[Indices, Indices]:
        """Find for many points the features they lie on: pairs of a point's place and a feature's.

        Candidates come from the index, then each pair is tested on its prepared polygon: asking the index
        for the predicate would prepare the points, which takes a hundred times longer.
        """
        points = shapely.points(x, y)
        at, places = self._tree.query(points)
        more_at, more = self._overlay.query(points)
        at, places = np.concatenate((at, more_at)), np.concatenate((places, more + self._base))
        living = self.alive[places]
        at, places = at[living], places[living]
        covered = self.covers(places, x[at], y[at])
        return at[covered], places[covered]

    def covers(self, places: Indices, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Check of pairs whether the feature's shape has the point, borders included."""
        self._prepare(places)
        return np.asarray(shapely.intersects_xy(self.geometries[places], x, y), np.bool_)

    def nearest(self, x: float, y: float, count: int, within: float) -> list[tuple[int, float]]:
        """List the features nearest to a point, at most ``within`` units of the storage CRS away.

        Call it on layers in the National Grid: degrees are no distance.
        """
        places = self._query(shapely.box(x - within, y - within, x + within, y + within))
        distances = np.asarray(shapely.distance(self.geometries[places], shapely.Point(x, y)))
        is_near = distances <= within
        places, distances = places[is_near], distances[is_near]
        first = np.lexsort((self.numbers[places], distances))[:count]
        return [(int(places[each]), float(distances[each])) for each in first]

    def properties(self, index: int) -> dict[str, Any]:
        """Return all properties of a feature, also those that not everybody may see."""
        values: dict[str, Any] = json.loads(self.arrays.texts[index])
        return values

    def is_current(self, moment: int) -> NDArray[np.bool_]:
        """Check of each entry whether it holds at a moment, in microseconds since 1970."""
        in_time = (self.arrays.valid_from <= moment) & (moment < self.arrays.valid_to)
        return np.asarray(self.alive & in_time, np.bool_)

    def holds(self, index: int, moment: int) -> bool:
        """Check whether a feature holds at a moment, in microseconds since 1970."""
        return bool(self.arrays.valid_from[index] <= moment < self.arrays.valid_to[index])

    def replace(self, layer: Layer, version: int, rows: Sequence[Row], deleted: Sequence[int]) -> "Snapshot":
        """Make the snapshot after a small change: ``rows`` are new states, ``deleted`` numbers with none."""
        numbers = np.array([*(row.number for row in rows), *deleted], np.int64)
        alive = self.alive & ~np.isin(self.numbers, numbers)
        arrays = self.arrays.join(Arrays.of_rows(rows)) if rows else self.arrays
        alive = np.concatenate((alive, np.ones(len(rows), np.bool_)))
        return Snapshot(layer, version, arrays, alive, self._base, self._tree)

    def _query(self, geometry: shapely.Geometry, predicate: Any = None) -> Indices:
        places = self._tree.query(geometry, predicate)
        if self.overlay_size:
            more = self._overlay.query(geometry, predicate) + self._base
            places = np.concatenate((places, more))
        return np.asarray(places if self._all_alive else places[self.alive[places]], np.int64)

    def _sort(self, places: Indices) -> Indices:
        if places.size <= 1:
            return places
        return places[np.argsort(self.numbers[places], kind="stable")]

    def _prepare(self, places: Indices) -> None:
        """Prepare polygons, and make GEOS build what it builds at the first question, by one thread alone."""
        if self._prepared[places].all():
            return
        with self._preparing:
            new = np.unique(places[~self._prepared[places]])
            geometries = self.geometries[new]
            shapely.prepare(geometries)
            x, y = self.bounds[new, :2].T
            shapely.intersects_xy(geometries, x, y)
            self._prepared[new] = True


def build_snapshot(layer: Layer, version: int, rows: Sequence[Row]) -> Snapshot:
    """Make a layer's snapshot of all its current rows, some 5 microseconds each: call it in a thread."""
    arrays = Arrays.of_rows(rows)
    alive = np.ones(len(rows), np.bool_)
    return Snapshot(layer, version, arrays, alive, len(rows), _make_tree(arrays.geometries))


def _make_tree(geometries: NDArray[Any]) -> STRtree:
    tree = STRtree(geometries)
    tree.query(shapely.box(0, 0, 1, 1))  # it is built at the first question
    return tree
