"""Searches in PostgreSQL, of layers that are too large for memory.

A condition on places is one on boxes there; what it lets through is judged again here, in bounded time.
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import numpy
import shapely
from numpy.typing import NDArray
from shapely import Geometry

from chassis.database import Database
from mapping.collections.actions import features
from mapping.collections.actions.features import Feature, Matching
from mapping.collections.rules.layers import Audience, Layer
from mapping.features.actions.searches import NARROWER, Page, Search, list_hidden
from mapping.features.rules.parameters import ALWAYS, NEVER
from mapping.filters.actions import compile_condition, make_deadline, select
from mapping.filters.rules.nodes import TooCostlyError
from mapping.filters.rules.values import show_moment
from mapping.shared.coordinates import Crs, transform
from mapping.shared.geometry import to_geojson_text
from mapping.snapshots.rules.feature_bytes import write_feature

MAX_COUNT = 10_000
"""More are not counted."""
_SECONDS = 0.5
_BATCH = 1_000
_MOST_PARTS = 10


async def search(database: Database, layer: Layer, query: Search, audience: Audience) -> Page:
    """Find a page of features. Raises FilterError for a filter that takes too long."""
    matching, is_exact = _compile(layer, query)
    try:
        async with asyncio.timeout(_SECONDS if query.expression is not None else None):
            matched, matching = await _count(database, layer, query, matching)
            candidates = await _find(database, layer, query, matching, is_exact=is_exact)
    except TimeoutError:
        detail = f"takes longer than {round(_SECONDS * 1000)} ms over this collection: {NARROWER}"
        raise TooCostlyError(detail) from None
    has_more, page = len(candidates) > query.limit, candidates[: query.limit]
    bodies = await asyncio.to_thread(write, layer, page, query.crs, audience)
    next_after = page[-1].number if has_more else None
    return Page(bodies, matched if is_exact else None, next_after)


async def _count(
    database: Database, layer: Layer, query: Search, matching: Matching
) -> tuple[int | None, Matching]:
    """Count what matches, up to MAX_COUNT, and choose how to read it: few in a box by the box's index."""
    if query.is_everything:
        return layer.feature_count, matching
    async with database.reading(layer.council) as session:
        count = await features.count_matching(session, layer.id, matching, MAX_COUNT + 1)
    is_few = query.area is not None and count <= MAX_COUNT
    return (None if count > MAX_COUNT else count), matching._replace(by_place=is_few)


async def _find(
    database: Database, layer: Layer, query: Search, matching: Matching, *, is_exact: bool
) -> list[Feature]:
    """Read one more feature than a page has."""
    keep_going = make_deadline(NARROWER)
    candidates: list[Feature] = []
    after = query.after
    while len(candidates) <= query.limit:
        most = (
            query.limit + 1 - len(candidates) if is_exact else max(_BATCH, query.limit + 1 - len(candidates))
        )
        async with database.reading(layer.council) as session:
            rows = await features.list_matching(session, layer.id, matching, after, most)
        candidates += rows if is_exact else await asyncio.to_thread(_judge, query, rows)
        if len(rows) < most:
            break
        after = rows[-1].number
        if query.expression is not None:
            keep_going()
    return candidates


def _judge(query: Search, rows: Sequence[Feature]) -> list[Feature]:
    """Keep the rows that a search finds, by their geometry."""
    columns = _Columns(rows)
    chosen = numpy.arange(len(rows))
    if query.area is not None:
        shapely.prepare(query.area)
        geometries = columns.geometries(chosen)
        chosen = chosen[shapely.is_missing(geometries) | shapely.intersects(query.area, geometries)]
    if query.expression is not None:
        chosen = select(query.expression, columns, chosen, make_deadline(NARROWER))
    return [rows[index] for index in chosen.tolist()]


class _Columns:
    """Rows as columns, for filters."""

    def __init__(self, rows: Sequence[Feature]) -> None:
        self._rows = rows
        self._geometries = shapely.from_wkb(numpy.array([row.wkb for row in rows], object))

    def values(self, name: str, rows: NDArray[numpy.int64]) -> NDArray[numpy.object_]:
        column = numpy.empty(len(rows), object)
        column[:] = [self._rows[index].properties.get(name) for index in rows.tolist()]
        return column

    def geometries(self, rows: NDArray[numpy.int64]) -> NDArray[numpy.object_]:
        return numpy.asarray(self._geometries[rows], object)


def _compile(layer: Layer, query: Search) -> tuple[Matching, bool]:
    """Write a search as a condition of SQL, and tell whether it says all of it."""
    conditions: list[str] = []
    parameters: dict[str, Any] = {}
    is_exact = True
    if query.area is not None:
        boxes = _write_boxes(_to_globe(layer, query.area), parameters)
        conditions.append(f"({boxes} OR bbox IS NULL)")
        is_exact = layer.geometry_type == "Point" and layer.storage_crs is Crs.CRS84
    if query.period is not None:
        if query.period.last != NEVER:
            conditions.append("(valid_from IS NULL OR valid_from <= CAST(:period_last AS timestamptz))")
            parameters["period_last"] = show_moment(query.period.last)
        if query.period.first != ALWAYS:
            conditions.append("(valid_to IS NULL OR valid_to > CAST(:period_first AS timestamptz))")
            parameters["period_first"] = show_moment(query.period.first)
    if query.expression is not None:
        condition = compile_condition(query.expression, lambda shape: _to_globe(layer, shape))
        conditions.append(condition.sql)
        parameters |= condition.parameters
        is_exact = is_exact and condition.is_exact
    return Matching(" AND ".join(conditions) or "TRUE", parameters), is_exact


def _to_globe(layer: Layer, shape: Geometry) -> Geometry:
    globe: Geometry = transform(numpy.array([shape], object), layer.storage_crs, Crs.CRS84)[0]
    return globe


def _write_boxes(area: Geometry, parameters: dict[str, Any]) -> str:
    """Write a condition on boxes for each part of an area, which has two at the antimeridian."""
    parts = numpy.asarray(shapely.get_parts(area), object)
    if len(parts) > _MOST_PARTS:
        parts = numpy.array([area], object)
    conditions = []
    for index, bounds in enumerate(shapely.bounds(parts).tolist()):
        names = [f"area_{index}_{side}" for side in ("west", "south", "east", "north")]
        parameters |= dict(zip(names, bounds, strict=True))
        west, south, east, north = (f"CAST(:{name} AS double precision)" for name in names)
        conditions.append(f"bbox && box(point({east}, {north}), point({west}, {south}))")
    return f"({' OR '.join(conditions)})" if conditions else "FALSE"


def write(layer: Layer, rows: Sequence[Feature], crs: Crs, audience: Audience) -> list[bytes]:
    """Write features as GeoJSON without the closing brace, in a CRS: call it in a thread for many."""
    hidden = list_hidden(layer, audience)
    texts = [row.geojson if crs is Crs.CRS84 else row.geojson_storage for row in rows]
    if crs not in (Crs.CRS84, layer.storage_crs):
        shapes = shapely.from_wkb(numpy.array([row.wkb for row in rows], object))
        texts = to_geojson_text(transform(shapes, layer.storage_crs, crs), crs)
    return [
        write_feature(row.fid, text, json.dumps(row.properties, ensure_ascii=False), hidden)
        for row, text in zip(rows, texts, strict=True)
    ]
