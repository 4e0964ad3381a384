"""Look-ups of one place: its areas and zones, its street, and what is near it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mapping.collections.rules.layers import Audience, Layer
from mapping.locate.actions import Sources, layer_choice, streets
from mapping.locate.actions.layer_search import find_containing, find_nearest
from mapping.locate.actions.responsibilities import find_responsible
from mapping.locate.rules.hits import (
    Hit,
    order_areas,
    show_area,
    show_asset,
    show_moment,
    show_place,
)
from mapping.locate.rules.points import Place

STREET_REACH = 200.0  # metres within which a road is the street of a place
_MOST_ASSETS = 20  # of one layer
_STREET = "street"  # the kind of report that asks who maintains a street


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a place: metres around it, layers by name (none: all of areas), as of when."""

    moment: datetime
    audience: Audience
    within: float = 50.0
    areas: Sequence[str] = ()
    kinds: Sequence[str] = ()


async def look_up(sources: Sources, place: Place, question: Question) -> dict[str, Any]:
    """Look up all that is known of a place, as the API answers it.

    ``generation`` names the version of every layer that was searched. ``inside`` is null where the council
    has no layer of its boundary. Raises Problem 400 for a layer that is not known.
    """
    layers = layer_choice.list_area_layers(
        sources.snapshots, sources.council, question.audience, question.areas
    )
    near = layer_choice.list_layers_near(
        sources.snapshots, sources.council, question.audience, question.kinds
    )
    answer: dict[str, Any] = {
        "point": show_place(place),
        "inside": await is_inside(sources, place, question.moment),
        "areas": await list_areas(sources, place, question, layers),
        "street": await _describe_street(sources, place, question),
        "assets": await list_near(sources, place, question, near),
    }
    searched = [*layers, *near, *_list_special(sources, question.audience)]
    answer["generation"] = {layer.name: layer.version for layer in searched}
    answer["as_of"] = show_moment(question.moment)
    return answer


async def list_areas(
    sources: Sources, place: Place, question: Question, layers: Sequence[Layer]
) -> list[dict[str, Any]]:
    """List the areas and zones of layers in which a place lies; the primary one of a layer comes first."""
    areas: list[dict[str, Any]] = []
    for layer in layers:
        if layer_choice.reaches(layer, place):
            hits = await find_containing(sources, layer, place, question.moment)
            ordered = order_areas(layer, hits)
            areas += [show_area(layer, hit, question.audience, primary=primary) for hit, primary in ordered]
    return areas


async def list_near(
    sources: Sources, place: Place, question: Question, layers: Sequence[Layer], most: int = _MOST_ASSETS
) -> list[dict[str, Any]]:
    """List what layers have within the metres asked for, nearest first, at most ``most`` of each."""
    hits: list[tuple[Layer, Hit]] = []
    for layer in layers:
        if layer.extent is not None:
            nearest = await find_nearest(sources, layer, place, question.moment, most, question.within)
            hits += [(layer, hit) for hit in nearest]
    hits.sort(key=lambda pair: (pair[1].distance, pair[0].name))
    return [show_asset(layer, hit, question.audience) for layer, hit in hits]


async def is_inside(sources: Sources, place: Place, moment: datetime) -> bool | None:
    """Check whether a place lies in the council, its border included; None if no layer says so."""
    layer = layer_choice.get_special(
        sources.snapshots, sources.council, layer_choice.BOUNDARY, "areas", "restricted"
    )
    if layer is None:
        return None
    return layer_choice.reaches(layer, place) and bool(await find_containing(sources, layer, place, moment))


async def find_near(sources: Sources, place: Place, question: Question, most: int) -> dict[str, Any]:
    """Find what of some kinds is nearest to a place, as the API answers it. Raises Problem 400."""
    layers = layer_choice.list_layers_near(
        sources.snapshots, sources.council, question.audience, question.kinds, "kind"
    )
    return {
        "point": show_place(place),
        "items": (await list_near(sources, place, question, layers, most))[:most],
        "generation": {layer.name: layer.version for layer in layers},
        "as_of": show_moment(question.moment),
    }


async def _describe_street(sources: Sources, place: Place, question: Question) -> dict[str, Any] | None:
    street_and_road = await streets.find_street(
        sources, place, question.moment, STREET_REACH, question.audience
    )
    if street_and_road is None:
        return None
    street, road = street_and_road
    responsible = await find_responsible(sources, place, question.moment, _STREET, road)
    return {**street, "maintained_by": None if responsible is None else responsible.rule.body}


def _list_special(sources: Sources, audience: Audience) -> list[Layer]:
    special = ((layer_choice.ROADS, "lines"), (layer_choice.BOUNDARY, "areas"))
    layers = (
        layer_choice.get_special(sources.snapshots, sources.council, name, kind, audience)
        for name, kind in special
    )
    return [layer for layer in layers if layer is not None]
