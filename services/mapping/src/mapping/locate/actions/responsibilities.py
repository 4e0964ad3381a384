"""Which body looks after a place: a council's rules over its layers, the first that fits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from chassis import ids
from mapping.collections.rules.layers import Audience, Layer
from mapping.locate.actions import Sources
from mapping.locate.actions.layer_search import find_containing, find_nearest
from mapping.locate.actions.rule_records import read_rules
from mapping.locate.rules.hits import Hit, show_asset, show_moment, show_place
from mapping.locate.rules.points import Place
from mapping.locate.rules.responsibilities import Rule, select_rules

_MOST_FEATURES = 20  # of a layer near the place, among which a rule seeks its property


class Responsibility(NamedTuple):
    """The rule that fits a place, and the feature by which it does; none where it holds everywhere."""

    rule: Rule
    layer: Layer | None
    hit: Hit | None


async def describe(
    sources: Sources, place: Place, moment: datetime, report_kind: str, audience: Audience
) -> dict[str, Any]:
    """Describe who looks after a place, as the API answers it; who may not see a feature is not told it."""
    rules = select_rules(await _read_rules(sources), report_kind)
    fitting = await find_responsible(sources, place, moment, report_kind)
    feature = None
    if fitting and fitting.layer and fitting.hit and fitting.layer.visible_to(audience):
        feature = show_asset(fitting.layer, fitting.hit, audience)
    layers = [layer for rule in rules if (layer := _get_layer(sources, rule)) is not None]
    return {
        "point": show_place(place),
        "report_kind": report_kind,
        "body": None if fitting is None else fitting.rule.body,
        "contact": None if fitting is None else fitting.rule.contact,
        "rule": None if fitting is None else ids.show(fitting.rule.id),
        "feature": feature,
        "generation": {layer.name: layer.version for layer in layers if layer.visible_to(audience)},
        "as_of": show_moment(moment),
    }


async def find_responsible(
    sources: Sources, place: Place, moment: datetime, report_kind: str, road: Hit | None = None
) -> Responsibility | None:
    """Find which rule fits a report of a kind at a place, if any.

    ``road``: of layers of lines this one decides, which is the place's own: not another one near by.
    """
    for rule in select_rules(await _read_rules(sources), report_kind):
        if rule.layer is None:
            return Responsibility(rule, None, None)
        layer = _get_layer(sources, rule)
        if layer is None:
            continue  # a layer that is gone decides nothing
        hits = [road] if road is not None and layer.kind == "lines" else None
        for hit in hits or await _find_hits(sources, layer, place, moment, rule.within):
            if rule.fits(hit.properties):
                return Responsibility(rule, layer, hit)
    return None


def _get_layer(sources: Sources, rule: Rule) -> Layer | None:
    layer = None if rule.layer is None else sources.snapshots.layer_by_id(rule.layer)
    return layer if layer is not None and layer.status == "published" else None


async def _find_hits(
    sources: Sources, layer: Layer, place: Place, moment: datetime, within: float
) -> Sequence[Hit]:
    if within == 0 and layer.geometry_type == "Polygon":
        return await find_containing(sources, layer, place, moment)
    return await find_nearest(sources, layer, place, moment, _MOST_FEATURES, within)


async def _read_rules(sources: Sources) -> list[Rule]:
    async def read() -> list[Rule]:
        async with sources.database.reading(sources.council) as session:
            return await read_rules(session, sources.council)

    return await sources.memory.rules.get(sources.council, "", read)
