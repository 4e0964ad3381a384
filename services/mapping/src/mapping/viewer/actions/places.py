"""What is at a place: areas and zones, the nearest street, what is nearby, whether it is the council's."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from chassis import clock
from mapping.collections.rules.layers import Layer
from mapping.shared.coordinates import Crs
from mapping.shared.typed_places import TypedPlace
from mapping.snapshots.actions import Snapshots, TooLargeError
from mapping.snapshots.rules.snapshot import Snapshot

NEARBY: Final = 100.0  # metres
MOST_NEARBY: Final = 10
_STREET: Final = 200.0  # metres
_BOUNDARY, _ROADS = "council-boundary", "roads"


@dataclass(frozen=True, slots=True)
class Area:
    """An area or a zone that a place lies in."""

    layer: Layer
    fid: str
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Nearby:
    """A thing near a place, and how far away it is."""

    layer: Layer
    fid: str
    label: str
    metres: float

    @property
    def value(self) -> str:
        """Return what a form sends for it."""
        return f"{self.layer.name}/{self.fid}"


@dataclass(frozen=True, slots=True)
class PlaceView:
    """What is known of a place. ``is_inside`` None: the council has no boundary here."""

    place: TypedPlace
    is_inside: bool | None
    areas: Sequence[Area]
    zones: Sequence[Area]
    street: Nearby | None
    nearby: Sequence[Nearby]

    def find_area(self, name: str) -> Area | None:
        """Find the area of a layer."""
        return next((area for area in self.areas if area.layer.name == name), None)


async def describe_place(
    snapshots: Snapshots, council: str, place: TypedPlace, kinds: Collection[str] = ()
) -> PlaceView:
    """Describe a place. ``kinds``: names of the layers of what is nearby; without them all assets."""
    areas: list[Area] = []
    nearby: list[Nearby] = []
    street: list[Nearby] = []
    is_inside: bool | None = None
    for layer in snapshots.layers(council):
        if not layer.visible_to("public"):
            continue
        snapshot = await _get(snapshots, layer)
        if snapshot is None:
            continue
        if layer.name == _BOUNDARY:
            is_inside = bool(_list_covering(snapshot, place))
        elif layer.kind in {"areas", "zones"}:
            areas += await asyncio.to_thread(_list_covering, snapshot, place)
        elif layer.name == _ROADS:
            street = await asyncio.to_thread(_list_near, snapshot, place, _STREET, 1)
        if layer.name in kinds or (layer.kind == "assets" and not kinds):
            nearby += await asyncio.to_thread(_list_near, snapshot, place, NEARBY, MOST_NEARBY)
    nearby.sort(key=lambda each: each.metres)
    return PlaceView(
        place,
        is_inside,
        [area for area in areas if area.layer.kind == "areas"],
        [area for area in areas if area.layer.kind == "zones"],
        street[0] if street else None,
        nearby[:MOST_NEARBY],
    )


async def _get(snapshots: Snapshots, layer: Layer) -> Snapshot | None:
    is_used = (
        layer.kind in {"areas", "zones", "assets"} or layer.name == _ROADS or layer.geometry_type == "Point"
    )
    if not is_used:
        return None
    try:
        return await snapshots.get(layer)
    except TooLargeError:
        return None


def _list_covering(snapshot: Snapshot, place: TypedPlace) -> list[Area]:
    """List the features of a layer that a place is in and that hold now."""
    now = int(clock.now().timestamp() * 1_000_000)
    x, y = _in_crs(snapshot, place)
    areas = []
    for index in snapshot.containing(x, y).tolist():
        if snapshot.holds(index, now):
            values, layer = snapshot.properties(index), snapshot.layer
            code = str(values.get(layer.code_property) or "") if layer.code_property else ""
            areas.append(Area(layer, snapshot.fids[index], label_feature(layer, values), code))
    return areas


def _list_near(snapshot: Snapshot, place: TypedPlace, within: float, most: int) -> list[Nearby]:
    """List the features of a layer nearest to a place; of a layer in degrees none."""
    if snapshot.crs is not Crs.BNG:
        return []
    now = int(clock.now().timestamp() * 1_000_000)
    near = snapshot.nearest(place.easting, place.northing, most, within)
    return [
        Nearby(
            snapshot.layer,
            snapshot.fids[index],
            label_feature(snapshot.layer, snapshot.properties(index)),
            metres,
        )
        for index, metres in near
        if snapshot.holds(index, now)
    ]


def label_feature(layer: Layer, values: dict[str, object]) -> str:
    """Return what everybody may call a feature: its label, else nothing."""
    names = {each.name for each in layer.visible_properties("public")}
    return str(values.get(layer.label_property) or "") if layer.label_property in names else ""


def _in_crs(snapshot: Snapshot, place: TypedPlace) -> tuple[float, float]:
    if snapshot.crs is Crs.BNG:
        return place.easting, place.northing
    return place.longitude, place.latitude
