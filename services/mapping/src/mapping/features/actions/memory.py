"""Searches in a layer's snapshot."""

import asyncio
from weakref import WeakKeyDictionary

import numpy
import shapely
from numpy.typing import NDArray
from shapely import Geometry

from mapping.collections.rules.layers import Audience
from mapping.features.actions.columns import get_columns
from mapping.features.actions.searches import NARROWER, Page, Search, list_hidden
from mapping.filters.actions import make_deadline, select
from mapping.shared.coordinates import Crs, transform
from mapping.shared.geometry import to_geojson_text
from mapping.snapshots.actions import Snapshots
from mapping.snapshots.rules.feature_bytes import write_feature
from mapping.snapshots.rules.snapshot import Snapshot

Rows = NDArray[numpy.int64]
_QUICK = 2_000  # features of a layer whose search needs no thread
_FEW = 200  # features near an area, of any layer, likewise
_placeless: WeakKeyDictionary[Snapshot, Rows] = WeakKeyDictionary()


async def search(snapshots: Snapshots, snapshot: Snapshot, query: Search, audience: Audience) -> Page:
    """Find a page of features. Raises FilterError for a filter that takes too long."""
    if query.expression is None and (query.area is None or _is_quick(snapshot, query.area)):
        rows = _find(snapshot, query)
    else:
        rows = await asyncio.to_thread(_find, snapshot, query)
    page = rows
    if query.after:
        page = rows[numpy.searchsorted(snapshot.numbers[rows], query.after, "right") :]
    has_more, page = len(page) > query.limit, page[: query.limit]
    features = await write(snapshots, snapshot, page, query.crs, audience)
    next_after = int(snapshot.numbers[page[-1]]) if has_more else None
    return Page(features, len(rows), next_after)


def _is_quick(snapshot: Snapshot, area: Geometry) -> bool:
    """Tell whether few features lie near an area: they are compared at once, without a thread."""
    if len(snapshot.fids) <= _QUICK:
        return True
    west, south, east, north = shapely.bounds(area).tolist()
    return bool(shapely.is_empty(area)) or len(snapshot.candidates((west, south, east, north))) <= _FEW


def _find(snapshot: Snapshot, query: Search) -> Rows:
    """List the entries that a search finds, by number."""
    rows = snapshot.order
    if query.area is not None:
        rows = numpy.concatenate((snapshot.intersecting(query.area), _list_placeless(snapshot)))
        rows = rows[numpy.argsort(snapshot.numbers[rows], kind="stable")]
    if query.period is not None:
        arrays = snapshot.arrays
        is_valid = arrays.valid_from[rows] <= query.period.last
        rows = rows[is_valid & (arrays.valid_to[rows] > query.period.first)]
    if query.expression is not None:
        columns = get_columns(snapshot, query.expression)
        rows = select(query.expression, columns, rows, make_deadline(NARROWER))
    return rows


def _list_placeless(snapshot: Snapshot) -> Rows:
    """List the entries without geometry: the standard wants them in every box."""
    rows = _placeless.get(snapshot)
    if rows is None:
        rows = numpy.flatnonzero(snapshot.alive & numpy.isnan(snapshot.bounds[:, 0]))
        _placeless[snapshot] = rows
    return rows


async def write(
    snapshots: Snapshots, snapshot: Snapshot, rows: Rows, crs: Crs, audience: Audience
) -> list[bytes]:
    """Write features as GeoJSON without the closing brace, in a CRS.

    CRS84 and the storage CRS are ready-made; others are converted, some 30 microseconds a feature.
    """
    if crs in (Crs.CRS84, snapshot.crs):
        of_storage = crs is not Crs.CRS84
        ready = await snapshots.feature_bytes(snapshot, of_storage=of_storage, audience=audience)
        return ready.get_many(snapshot.numbers[rows])
    return await asyncio.to_thread(_convert, snapshot, rows, crs, audience)


def _convert(snapshot: Snapshot, rows: Rows, crs: Crs, audience: Audience) -> list[bytes]:
    hidden = list_hidden(snapshot.layer, audience)
    texts = to_geojson_text(transform(snapshot.geometries[rows], snapshot.crs, crs), crs)
    return [
        write_feature(snapshot.fids[row], text, snapshot.arrays.texts[row], hidden)
        for row, text in zip(rows.tolist(), texts, strict=True)
    ]
