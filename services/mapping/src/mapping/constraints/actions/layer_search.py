"""Search one layer for what is on or near a site: in memory, or in PostgreSQL if it is too large."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from chassis.problems import Problem
from mapping.collections.actions import features
from mapping.collections.rules.layers import Audience, Layer
from mapping.constraints import rules
from mapping.constraints.rules import Candidates, SearchedLayer, Site
from mapping.constraints.schemas import LayerResult
from mapping.locate.actions import Sources
from mapping.locate.rules.hits import holds_at
from mapping.shared.coordinates import Crs, transform
from mapping.snapshots.actions import TooLargeError
from mapping.snapshots.rules.snapshot import Snapshot

_MOST_RESULTS = 5_000  # of a layer
_PAGE, _MOST_CANDIDATES = 2_000, 50_000  # of a layer that is not in memory


@dataclass(frozen=True, slots=True)
class SiteQuery:
    """What is searched: metres around the site, what held when, for whom."""

    site: Site
    buffer: float
    moment: datetime
    audience: Audience


async def search_layer(
    sources: Sources, layer: Layer | None, searched: SearchedLayer, query: SiteQuery
) -> LayerResult:
    """Search a layer of the list; one that is gone or not published says so. Raises Problem 400 or 503."""
    reach = max(query.buffer, searched.within)
    if layer is None or layer.status != "published":
        return _show_result(layer, searched, reach, query.moment, None, [])
    version, candidates = await _find_candidates(sources, layer, query, reach)
    constraints = await asyncio.to_thread(rules.compare, query.site, candidates, reach)
    if len(constraints) > _MOST_RESULTS:
        detail = f"The layer {layer.name} has over {_MOST_RESULTS:,} features there: search a smaller site."
        raise Problem(400, "too-many-features", detail)
    return _show_result(layer, searched, reach, query.moment, version, constraints)


async def _find_candidates(
    sources: Sources, layer: Layer, query: SiteQuery, reach: float
) -> tuple[int, Candidates]:
    try:
        snapshot = await sources.snapshots.get(layer)
    except TooLargeError:
        return layer.version, await _read_candidates(sources, layer, query, reach)
    return snapshot.version, await asyncio.to_thread(_pick_candidates, snapshot, query, reach)


def _pick_candidates(snapshot: Snapshot, query: SiteQuery, reach: float) -> Candidates:
    micros = round(query.moment.timestamp() * 1_000_000)
    box = rules.find_box(query.site, reach, snapshot.crs)
    near = [index for index in snapshot.candidates(box).tolist() if snapshot.holds(index, micros)]
    rows = [(snapshot.fids[index], snapshot.properties(index), snapshot.geometries[index]) for index in near]
    return _make_candidates(snapshot.layer, rows, query.audience)


async def _read_candidates(sources: Sources, layer: Layer, query: SiteQuery, reach: float) -> Candidates:
    """Read features near a site of a layer that is not in memory, page by page. Raises Problem 400."""
    box = rules.find_box(query.site, reach, Crs.CRS84)
    rows: list[tuple[str, Any, Any]] = []
    after = 0
    while True:
        async with sources.database.reading(layer.council) as session:
            page = await features.list_in_box(session, layer.id, box, after, _PAGE)
        rows += [
            (each.fid, each.properties, each.geometry)
            for each in page
            if each.geometry is not None and holds_at(each.valid_from, each.valid_to, query.moment)
        ]
        if len(page) < _PAGE:
            return await asyncio.to_thread(_make_candidates, layer, rows, query.audience)
        if len(rows) > _MOST_CANDIDATES:
            detail = f"The layer {layer.name} has too much there: search a smaller site."
            raise Problem(400, "too-many-features", detail)
        after = page[-1].number


def _make_candidates(layer: Layer, rows: Sequence[tuple[str, Any, Any]], audience: Audience) -> Candidates:
    visible = {each.name for each in layer.visible_properties(audience)}
    label = layer.label_property if layer.label_property in visible else ""
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [shape for _, _, shape in rows]
    key = layer.key_property if layer.key_property in visible else ""
    references = [str(values.get(key) or fid) for fid, values, _ in rows]
    labels = [str(values.get(label) or fid) for fid, values, _ in rows]
    return Candidates(references, labels, transform(shapes, layer.storage_crs, Crs.BNG))


def _show_result(
    layer: Layer | None,
    searched: SearchedLayer,
    reach: float,
    now: datetime,
    version: int | None,
    constraints: list[dict[str, Any]],
) -> LayerResult:
    reason = None
    if version is None:
        reason = "This layer is gone." if layer is None else "This layer is not published now."
    described = {
        name: "" if layer is None else getattr(layer, name)
        for name in ("title", "vintage", "keeper", "licence", "attribution")
    }
    return LayerResult.model_validate(
        {
            **described,
            "layer": "" if layer is None else layer.name,
            "question": searched.question,
            "within_m": reach,
            "searched": version is not None,
            "reason": reason,
            "found": constraints,
            "version": version,
            "changed_at": None if layer is None else layer.changed_at,
            "as_of": now,
        }
    )
