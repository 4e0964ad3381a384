"""Places by what people know of them: a postcode, a street, a thing's name, coordinates."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from chassis import clock
from mapping.collections.rules.layers import Layer
from mapping.shared.coordinates import Crs, transform
from mapping.shared.typed_places import TypedPlace, from_degrees, parse_place
from mapping.snapshots.actions import Snapshots, TooLargeError
from mapping.snapshots.rules.snapshot import Snapshot
from mapping.viewer.actions.name_indexes import INDEXES
from mapping.viewer.rules.names import fold

MOST: Final = 20  # places among which people choose
_MOST_OF_NAME = 8  # streets of one name in a council
_STREET: Final = 300.0  # metres: parts of a street of one name that are nearer are one street
_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}")
_SEARCHED: Final = ("lines", "places", "assets")  # kinds of layers whose names people know


@dataclass(frozen=True, slots=True)
class Match:
    """A place that fits what somebody typed. ``title`` is its layer's."""

    label: str
    title: str
    place: TypedPlace


@dataclass(frozen=True, slots=True)
class _Named:
    """Features of one layer with one name."""

    label: str
    rank: int
    snapshot: Snapshot
    places: Sequence[int]


async def find_places(snapshots: Snapshots, council: str, text: str) -> list[Match]:
    """Find the places that somebody may mean: by coordinates the one, else by name, the best first."""
    try:
        place = parse_place(text)
    except ValueError:
        return await _find_by_name(snapshots, council, text)
    return [Match(text.strip(), "", place)]


async def _find_by_name(snapshots: Snapshots, council: str, text: str) -> list[Match]:
    compact = "".join(text.upper().split())
    is_postcode = _POSTCODE.fullmatch(compact) is not None
    words = fold(f"{compact[:-3]} {compact[-3:]}" if is_postcode else text)
    if not words:
        return []
    candidates: list[_Named] = []
    for layer in snapshots.layers(council):
        if _is_searched(layer, is_postcode=is_postcode):
            try:
                snapshot = await snapshots.get(layer)
            except TooLargeError:
                continue
            candidates += await asyncio.to_thread(_find_named, snapshot, words)
    candidates.sort(key=lambda each: (each.rank, each.label))
    return await asyncio.to_thread(_list_matches, candidates[:MOST])


def _is_searched(layer: Layer, *, is_postcode: bool) -> bool:
    if layer.is_national or not layer.visible_to("public") or not _shows_label(layer):
        return False
    return (layer.label_property == "postcode") is is_postcode and layer.kind in _SEARCHED


def _shows_label(layer: Layer) -> bool:
    return layer.label_property in {each.name for each in layer.visible_properties("public")}


def _find_named(snapshot: Snapshot, words: str) -> list[_Named]:
    """Find features of now whose name is, begins with or has the words."""
    now = int(clock.now().timestamp() * 1_000_000)
    candidates = []
    for rank, label, places in INDEXES.get(snapshot).search(words):
        current = [place for place in places if snapshot.holds(place, now)]
        if current:
            candidates.append(_Named(label, rank, snapshot, current))
    return candidates


def _list_matches(candidates: Sequence[_Named]) -> list[Match]:
    matches = []
    for each in candidates:
        layer = each.snapshot.layer
        points = _list_points(each.snapshot.geometries[list(each.places)], layer)
        matches += [Match(each.label, layer.title, point) for point in points[:_MOST_OF_NAME]]
    return matches[:MOST]


def _list_points(geometries: NDArray[Any], layer: Layer) -> list[TypedPlace]:
    """List a point of each thing: the parts of a street that lie together are one, of several places none."""
    present = np.asarray([each for each in geometries if each is not None], dtype=object)
    if not present.size:
        return []
    metric = transform(present, layer.storage_crs, Crs.BNG)
    zones = shapely.get_parts(shapely.union_all(shapely.buffer(metric, _STREET / 2, quad_segs=2)))
    points = []
    for zone in zones:
        shapely.prepare(zone)
        parts = metric[shapely.intersects(zone, metric)]
        middle = parts[int(np.argmin(shapely.distance(parts, zone.centroid)))]
        points.append(shapely.point_on_surface(middle))
    degrees = transform(np.array(points, dtype=object), Crs.BNG, Crs.CRS84)
    return [from_degrees(float(each.x), float(each.y)) for each in degrees]
