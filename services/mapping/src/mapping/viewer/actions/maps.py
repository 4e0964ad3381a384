"""What a map shows: the features of some layers in a box, or the nearest to a place, as a list."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from chassis import clock
from mapping.collections.rules.layers import Extent, Layer
from mapping.shared.coordinates import Crs, OutsideGreatBritainError, transform
from mapping.snapshots.actions import Snapshots, TooLargeError
from mapping.snapshots.rules.snapshot import Snapshot
from mapping.viewer.actions.places import label_feature

MOST: Final = 20  # features of a layer in the list


@dataclass(frozen=True, slots=True)
class ListedFeature:
    """A feature of the list."""

    fid: str
    label: str


@dataclass(frozen=True, slots=True)
class LayerFeatures:
    """What a map shows of a layer: how many, and the first. ``total`` None: too many to count."""

    layer: Layer
    total: int | None
    features: Sequence[ListedFeature]


async def list_in_box(snapshots: Snapshots, layers: Sequence[Layer], box: Extent) -> list[LayerFeatures]:
    """List what a map of a box in degrees shows of layers, the nearest to the box's middle first."""
    listed = []
    for layer in layers:
        try:
            snapshot = await snapshots.get(layer)
        except TooLargeError:
            listed.append(LayerFeatures(layer, None, ()))
            continue
        listed.append(await asyncio.to_thread(_list_of, snapshot, box))
    return listed


def _list_of(snapshot: Snapshot, box: Extent) -> LayerFeatures:
    area = _in_crs(snapshot, shapely.box(*box))
    if area is None:
        return LayerFeatures(snapshot.layer, 0, ())
    places = snapshot.intersecting(area)
    current = snapshot.is_current(int(clock.now().timestamp() * 1_000_000))
    places = places[current[places]]
    distances = shapely.distance(snapshot.geometries[places], shapely.centroid(area))
    first = places[np.argsort(distances, kind="stable")[:MOST]].tolist()
    features = [
        ListedFeature(snapshot.fids[place], label_feature(snapshot.layer, snapshot.properties(place)))
        for place in first
    ]
    return LayerFeatures(snapshot.layer, len(places), features)


def _in_crs(snapshot: Snapshot, area: shapely.Geometry) -> shapely.Geometry | None:
    """Return the area in the layer's CRS; None where the National Grid does not reach."""
    try:
        geometry: shapely.Geometry = transform(np.array([area], dtype=object), Crs.CRS84, snapshot.crs)[0]
    except OutsideGreatBritainError:
        return None
    return geometry
