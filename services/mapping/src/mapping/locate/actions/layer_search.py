"""Search one layer for what a point lies in or near: in memory, or in PostgreSQL if it is too large."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import shapely

from chassis.problems import Problem
from mapping.collections.actions import features
from mapping.collections.actions.features import Feature
from mapping.collections.rules.layers import Layer
from mapping.locate.actions import Sources
from mapping.locate.rules.hits import Hit, box_around, coordinates_in, distances_to, holds_at
from mapping.locate.rules.points import Place
from mapping.shared.coordinates import Crs
from mapping.snapshots.actions import TooLargeError
from mapping.snapshots.rules.snapshot import Snapshot

_MOST_CANDIDATES = 2_000  # of a large layer, near one point
_POINT_REACH = 0.5  # metres around a point in which PostgreSQL looks for boxes


async def find_containing(sources: Sources, layer: Layer, place: Place, moment: datetime) -> list[Hit]:
    """Find the features of a layer in which a place lies at a moment, borders included."""
    x, y = coordinates_in(place, layer.storage_crs)
    try:
        snapshot = await sources.snapshots.get(layer)
    except TooLargeError:
        return await _find_containing_in_database(sources, layer, place, moment)
    indices = snapshot.containing(x, y)
    if not indices.size:
        return []
    micros = to_micros(moment)
    current = [index for index in indices.tolist() if snapshot.holds(index, micros)]
    if not current:
        return []
    inside = shapely.contains_xy(snapshot.geometries[current], x, y)
    return [
        _make_hit(snapshot, index, on_boundary=not within)
        for index, within in zip(current, inside.tolist(), strict=True)
    ]


async def find_nearest(
    sources: Sources, layer: Layer, place: Place, moment: datetime, count: int, within: float
) -> list[Hit]:
    """Find the features of a layer nearest to a place, at most ``within`` metres away, nearest first."""
    try:
        snapshot = await sources.snapshots.get(layer)
    except TooLargeError:
        return await _find_nearest_in_database(sources, layer, place, moment, count, within)
    candidates = snapshot.candidates(box_around(place, within, layer.storage_crs))
    if not candidates.size:
        return []
    micros = to_micros(moment)
    valid_from, valid_to = snapshot.arrays.valid_from, snapshot.arrays.valid_to
    current = candidates[(valid_from[candidates] <= micros) & (micros < valid_to[candidates])]
    distances = distances_to(place, snapshot.geometries[current], layer.storage_crs)
    order = np.lexsort((snapshot.numbers[current], distances))[:count]
    return [
        _make_hit(snapshot, int(current[each]), distance=float(distances[each]))
        for each in order
        if distances[each] <= within
    ]


def to_micros(moment: datetime) -> int:
    """Return a moment in microseconds since 1970, as snapshots count."""
    return round(moment.timestamp() * 1_000_000)


def _make_hit(snapshot: Snapshot, index: int, *, on_boundary: bool = False, distance: float = 0.0) -> Hit:
    number = int(snapshot.numbers[index])
    return Hit(snapshot.fids[index], number, snapshot.properties(index), on_boundary, distance)


async def _find_containing_in_database(
    sources: Sources, layer: Layer, place: Place, moment: datetime
) -> list[Hit]:
    x, y = coordinates_in(place, layer.storage_crs)
    hits = []
    for feature in await _list_around(sources, layer, place, _POINT_REACH, moment):
        if feature.geometry is not None and shapely.intersects_xy(feature.geometry, x, y):
            on_boundary = not shapely.contains_xy(feature.geometry, x, y)
            hits.append(Hit(feature.fid, feature.number, feature.properties, on_boundary))
    return hits


async def _find_nearest_in_database(
    sources: Sources, layer: Layer, place: Place, moment: datetime, count: int, within: float
) -> list[Hit]:
    around = await _list_around(sources, layer, place, within, moment)
    if not around:
        return []
    geometries = np.array([feature.geometry for feature in around], dtype=object)
    distances = distances_to(place, geometries, layer.storage_crs)
    order = np.lexsort((np.array([feature.number for feature in around]), distances))[:count]
    return [
        Hit(around[each].fid, around[each].number, around[each].properties, distance=float(distances[each]))
        for each in order
        if distances[each] <= within
    ]


async def _list_around(
    sources: Sources, layer: Layer, place: Place, metres: float, moment: datetime
) -> Sequence[Feature]:
    """List the features of a large layer near a place. Raises Problem 400 for too many of them."""
    box = box_around(place, metres, Crs.CRS84)
    async with sources.database.reading(layer.council) as session:
        rows = await features.list_in_box(session, layer.id, box, 0, _MOST_CANDIDATES + 1)
    if len(rows) > _MOST_CANDIDATES:
        detail = (
            f"The layer {layer.name} has over {_MOST_CANDIDATES:,} features there: ask within fewer metres."
        )
        raise Problem(400, "too-many-features", detail)
    return [row for row in rows if holds_at(row.valid_from, row.valid_to, moment)]
