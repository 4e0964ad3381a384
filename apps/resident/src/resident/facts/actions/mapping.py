"""Facts of places, by mapping's look-ups."""

import asyncio
from typing import Any

from apps.recipes.walk import Lookup
from resident.facts.actions.addresses import find_uprn
from resident.facts.actions.sources import FactSources
from resident.facts.schemas import Fields
from townhall_client.api.mapping.api.features import get_feature
from townhall_client.api.mapping.api.look_ups import get_property_areas, list_near, locate
from townhall_client.api.mapping.api.points import read_point
from townhall_client.api.mapping.models import AreaAtPoint

_TRUTHS = ("car_free", "ours")
_MOST_AREAS = 5  # that lie over each other, and are read


async def find_area(sources: FactSources, lookup: Lookup) -> Fields | None:
    """Find the area of a layer in which an address or place lies: its name and code.

    ``car_free`` and ``ours`` are true if any area there says so; left out where the layer has no such
    property.
    """
    layer = str(lookup.settings["layer"])
    areas = await find_areas(sources, read_where(lookup), layer)
    if areas is None:
        return None
    if not areas:
        return {"found": False}
    areas = areas[:_MOST_AREAS]
    everything = await asyncio.gather(*(read_properties(sources, layer, area.id) for area in areas))
    truths = {name: [each[name] for each in everything if name in each] for name in _TRUTHS}
    truths_there = {name: any(values) for name, values in truths.items() if values}
    chosen = next(
        (area for area, each in zip(areas, everything, strict=True) if not each.get("car_free")), areas[0]
    )
    return {"found": True, "name": chosen.name, "code": chosen.gss or chosen.id, **truths_there}


async def find_near(sources: FactSources, lookup: Lookup) -> Fields | None:
    """Find what of a layer is nearest, within metres (``within: 50 m``)."""
    point = await find_point(sources, read_where(lookup))
    if point is None:
        return None
    call = list_near(
        kind=str(lookup.settings["layer"]), point=point, within=read_metres(lookup.settings), limit=1
    )
    nearest = (await sources.platform.send(call)).items
    return {"found": True, "name": nearest[0].label} if nearest else {"found": False}


def read_where(lookup: Lookup) -> Any:
    """Read the address or place that a look-up is of: the only input of these providers."""
    (where,) = lookup.inputs.values()
    return where


def read_metres(settings: dict[str, str | int]) -> float:
    """Read ``within``: ``50 m``. Raises ValueError."""
    return float(str(settings["within"]).removesuffix("m").strip())


async def find_areas(sources: FactSources, where: Any, layer: str) -> list[AreaAtPoint] | None:
    """Find the areas of a layer at an address or a place, none of them a mere neighbour; None if unknown."""
    if _is_point(where):
        place = await sources.platform.send(locate(point=f"{where['long']},{where['lat']}", areas=layer))
        return [area for area in place.areas if area.primary]
    uprn = await _find_uprn(sources, where)
    if uprn is None:
        return None
    of_property = await sources.platform.send(get_property_areas(uprn, areas=layer))
    return [area for area in of_property.areas if area.primary]


async def find_point(sources: FactSources, where: Any) -> str | None:
    """Find the point of an address or a place, as mapping reads points; None if it is only described."""
    if _is_point(where):
        return f"{where['long']},{where['lat']}"
    uprn = await _find_uprn(sources, where)
    if uprn is None:
        return None
    point = await sources.platform.send(read_point(uprn))
    return f"{point.easting},{point.northing}"


async def read_properties(sources: FactSources, layer: str, feature: str) -> dict[str, Any]:
    """Read the properties of a feature. Raises TownhallError."""
    answer = await sources.platform.send(get_feature(layer, feature))
    return dict(answer.properties.additional_properties)


def _is_point(where: Any) -> bool:
    return isinstance(where, dict) and "lat" in where


async def _find_uprn(sources: FactSources, where: Any) -> int | None:
    if isinstance(where, dict) and "lines" not in where:
        return None  # a place in words
    return await find_uprn(sources.platform, where)
