"""Look-ups of many points at once, over layers in memory."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic_core import to_json

from chassis.problems import Problem
from mapping.collections.rules.layers import Audience, Layer
from mapping.locate.actions import Sources, layer_choice
from mapping.locate.actions.layer_search import to_micros
from mapping.locate.actions.lookups import Question
from mapping.locate.rules.batches import LayerPairs, tabulate
from mapping.locate.rules.hits import Hit, code_of, show_area, show_moment
from mapping.shared.coordinates import Crs, project
from mapping.snapshots.actions import TooLargeError
from mapping.snapshots.rules.snapshot import Snapshot

_Point = NDArray[np.float64]


async def look_up_many(sources: Sources, points: _Point, crs: Crs, question: Question) -> bytes:
    """Look up the areas and zones of points, (n, 2) in a system: the answer of the API, as JSON.

    Layers that are too large for memory are named in ``left_out``; one that was asked for by its name is
    refused with Problem 400.
    """
    layers = layer_choice.list_area_layers(
        sources.snapshots, sources.council, question.audience, question.areas
    )
    snapshots, left_out = [], []
    for layer in layers:
        try:
            snapshots.append(await sources.snapshots.get(layer))
        except TooLargeError as error:
            if question.areas:
                raise _too_large(layer) from error
            left_out.append(layer.name)
    return await asyncio.to_thread(_answer, snapshots, points, crs, question, left_out)


def _answer(
    snapshots: Sequence[Snapshot], points: _Point, crs: Crs, question: Question, left_out: Sequence[str]
) -> bytes:
    grid = project(points, crs, Crs.BNG)
    degrees = project(points, crs, Crs.CRS84)
    inside = np.flatnonzero(np.isfinite(np.hstack((grid, degrees))).all(axis=1))
    pairs_by_layer = [
        (
            _find_pairs(each, inside, grid if each.crs is Crs.BNG else degrees, question.moment),
            _describer(each, question.audience),
        )
        for each in snapshots
    ]
    table = tabulate(len(points), pairs_by_layer)
    outside = set(range(len(points))) - set(inside.tolist())
    rows = [
        {"areas": areas, "on_boundary": table.on_boundary[place], "outside_gb": place in outside}
        for place, areas in enumerate(table.of_points)
    ]
    generation = {each.layer.name: each.version for each in snapshots}
    return to_json(
        {
            "areas": table.areas,
            "points": rows,
            "left_out": left_out,
            "generation": generation,
            "as_of": show_moment(question.moment),
        }
    )


def _find_pairs(snapshot: Snapshot, inside: NDArray[np.int64], xy: _Point, moment: datetime) -> LayerPairs:
    x, y = xy[inside].T
    at, features = snapshot.containing_each(x, y)
    micros = to_micros(moment)
    arrays = snapshot.arrays
    current = (arrays.valid_from[features] <= micros) & (micros < arrays.valid_to[features])
    at, features = at[current], features[current]
    within = shapely.contains_xy(snapshot.geometries[features], x[at], y[at])
    return LayerPairs(inside[at], features, ~np.asarray(within, np.bool_))


def _describer(snapshot: Snapshot, audience: Audience) -> Callable[[int], tuple[str, dict[str, Any]]]:
    layer = snapshot.layer

    def describe(index: int) -> tuple[str, dict[str, Any]]:
        hit = Hit(snapshot.fids[index], int(snapshot.numbers[index]), snapshot.properties(index))
        area = show_area(layer, hit, audience, primary=True)
        del area["primary"], area["on_boundary"]  # a point has them
        return code_of(layer, hit), area

    return describe


def _too_large(layer: Layer) -> Problem:
    detail = f"The layer {layer.name} is too large for a batch. Ask for its areas point by point."
    return Problem(400, "layer-too-large", detail)
