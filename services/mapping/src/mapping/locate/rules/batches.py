"""Many points at once: pairs of a point and an area, put in order without a loop over the points."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class LayerPairs:
    """Which points lie in which features of a layer: places of points, places of features, on its border."""

    points: Indices
    features: Indices
    on_boundary: NDArray[np.bool_]


@dataclass
class AreaTable:
    """The areas that any of the points lies in, each once; and for each point the places in that list."""

    areas: list[dict[str, Any]]
    of_points: list[list[int]]
    on_boundary: list[list[int]]


def tabulate(
    count: int, layers: Sequence[tuple[LayerPairs, Callable[[int], tuple[str, dict[str, Any]]]]]
) -> AreaTable:
    """Tabulate the areas of ``count`` points, layer by layer.

    With each layer's pairs comes a function from a feature to the text by which a layer's areas are ordered
    and how the area is shown. Of a layer the areas of a point are in that order: the first is primary.
    """
    table = AreaTable([], [[] for _ in range(count)], [[] for _ in range(count)])
    for pairs, describe in layers:
        unique, inverse = np.unique(pairs.features, return_inverse=True)
        described = [describe(int(feature)) for feature in unique]
        rank = sorted(range(len(described)), key=lambda place: described[place][0])
        first = len(table.areas)
        table.areas += [described[place][1] for place in rank]
        places = np.empty(len(rank), np.int64)
        places[rank] = np.arange(first, first + len(rank))
        _append(table, pairs, places[inverse])
    return table


def _append(table: AreaTable, pairs: LayerPairs, areas: Indices) -> None:
    order = np.lexsort((areas, pairs.points))
    borders = pairs.on_boundary[order].tolist()
    for point, area, border in zip(pairs.points[order].tolist(), areas[order].tolist(), borders, strict=True):
        table.of_points[point].append(area)
        if border:
            table.on_boundary[point].append(area)
