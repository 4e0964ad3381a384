"""What is at a place: areas and zones, the nearest street, what is nearby, whether it is the council's."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chassis import clock
from mapping.collections.rules.layers import Layer
from mapping.locate.actions import Sources
from mapping.locate.actions.layer_choice import BOUNDARY
from mapping.locate.actions.lookups import Question, look_up
from mapping.locate.rules.points import Place
from mapping.shared.typed_places import TypedPlace

NEARBY: Final = 100.0  # metres
MOST_NEARBY: Final = 10


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
class Street:
    """The street nearest to a place; '' for a name or a keeper that nobody knows."""

    label: str
    metres: float
    maintained_by: str


@dataclass(frozen=True, slots=True)
class PlaceView:
    """What is known of a place. ``is_inside`` None: the council has no boundary here."""

    place: TypedPlace
    is_inside: bool | None
    areas: Sequence[Area]
    zones: Sequence[Area]
    street: Street | None
    nearby: Sequence[Nearby]

    def find_area(self, name: str) -> Area | None:
        """Find the area of a layer."""
        return next((area for area in self.areas if area.layer.name == name), None)


async def describe_place(sources: Sources, place: TypedPlace, kinds: Collection[str] = ()) -> PlaceView:
    """Describe a place. ``kinds``: names of the layers of what is nearby; without them all assets."""
    question = Question(clock.now(), "public", NEARBY, kinds=tuple(kinds))
    point = Place(place.longitude, place.latitude, place.easting, place.northing)
    answer = await look_up(sources, point, question)
    by_name = {layer.name: layer for layer in sources.snapshots.layers(sources.council)}
    areas = [
        Area(by_name[area["collection"]], area["id"], area["name"], area["gss"] or "")
        for area in answer["areas"]
        if area["collection"] != BOUNDARY
    ]
    nearby = [
        Nearby(by_name[asset["collection"]], asset["id"], asset["label"], asset["distance_m"])
        for asset in answer["assets"]
    ]
    return PlaceView(
        place,
        answer["inside"],
        [area for area in areas if area.layer.kind == "areas"],
        [area for area in areas if area.layer.kind == "zones"],
        _read_street(answer["street"]),
        nearby[:MOST_NEARBY],
    )


def _read_street(street: Mapping[str, Any] | None) -> Street | None:
    if street is None:
        return None
    return Street(street["name"] or "", street["distance_m"], street["maintained_by"] or "")


def label_feature(layer: Layer, values: dict[str, object]) -> str:
    """Return what everybody may call a feature: its label, else nothing."""
    names = {each.name for each in layer.visible_properties("public")}
    return str(values.get(layer.label_property) or "") if layer.label_property in names else ""
