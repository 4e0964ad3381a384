"""Facts of bins: from the contractor's feed where a council has one, else from mapping's layer of rounds."""

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from apps.recipes.expressions.values import local_day
from apps.recipes.walk import Lookup
from chassis import clock
from resident.facts.actions import mapping
from resident.facts.actions.addresses import find_uprn
from resident.facts.actions.casework import count_holdings
from resident.facts.actions.sources import FactSources
from resident.facts.rules import rounds, waste_feed
from resident.facts.rules.rounds import Round, read_round
from resident.facts.rules.waste_settings import Container, WasteSettings
from resident.facts.schemas import Fields
from townhall_client import TownhallError

_EVENT_DAYS = 14  # of which the crew's notes matter


@dataclass(frozen=True, slots=True)
class _Property:
    """A property whose bins are collected, by a council's settings; ``material`` of the bin in question."""

    uprn: int
    settings: WasteSettings
    material: str


async def list_containers(sources: FactSources, lookup: Lookup) -> Fields | None:
    """List the containers that an address has, as options of a choice."""
    place = await _find_property(sources, lookup)
    if place is None:
        return None
    if uses_feed(sources, place.settings):
        materials = waste_feed.list_materials(place.settings, await _get(sources, place, "services"))
        return {"options": [place.settings.containers[each].option for each in materials]}
    if await _find_round(sources, place) is None:
        return {"options": []}
    offered = await asyncio.gather(
        *(_has(sources, place, each) for each in place.settings.containers.values())
    )
    containers = zip(place.settings.containers.values(), offered, strict=True)
    return {"options": [each.option for each, is_offered in containers if is_offered]}


async def find_round(sources: FactSources, lookup: Lookup) -> Fields | None:
    """Find the last and next collection of a bin, and whether the crew is done.

    Without a feed nobody knows whether a street was left out: then ``unfinished`` is left out.
    """
    place = await _find_property(sources, lookup)
    if place is None:
        return None
    if uses_feed(sources, place.settings):
        services, tasks = await asyncio.gather(
            _get(sources, place, "services"), _get(sources, place, "tasks")
        )
        return waste_feed.describe_round(place.settings, place.material, services, tasks)
    container, collection = place.settings.containers.get(place.material), await _find_round(sources, place)
    if container is None or collection is None:
        return None
    return rounds.describe_round(place.settings, container, collection, clock.now())


async def find_crew_event(sources: FactSources, lookup: Lookup) -> Fields | None:
    """Find what the crew noted at the last collection of a bin; nothing is known of it without a feed."""
    place = await _find_property(sources, lookup)
    if place is None:
        return None
    if not uses_feed(sources, place.settings):
        return {}
    since = (local_day(clock.now()) - timedelta(_EVENT_DAYS)).isoformat()
    services, events = await asyncio.gather(
        _get(sources, place, "services"), _get(sources, place, "events", start_date=since)
    )
    return waste_feed.describe_event(place.settings, place.material, services, events)


async def find_garden_round(sources: FactSources, lookup: Lookup) -> Fields | None:
    """Find the garden round of an address: whether one comes, and when."""
    place = await _find_property(sources, lookup)
    if place is None:
        return None
    if not place.settings.garden:
        return {"found": False}
    if uses_feed(sources, place.settings):
        return waste_feed.find_garden_round(place.settings, await _get(sources, place, "services"))
    collection = await _find_round(sources, place)
    if collection is None:
        return {"found": False}
    return rounds.describe_garden_round(place.settings, collection, local_day(clock.now()))


def list_all_containers(sources: FactSources) -> Fields | None:
    """List all containers of the council; None where it has none."""
    settings = sources.adapters.find_council(sources.council).waste
    if settings is None:
        return None
    return {"options": [container.option for container in settings.containers.values()]}


def uses_feed(sources: FactSources, settings: WasteSettings) -> bool:
    """Say whether the contractor's feed answers for this council."""
    return settings.has_feed and bool(sources.adapters.settings.waste_url)


async def _find_property(sources: FactSources, lookup: Lookup) -> _Property | None:
    """Find the property that a look-up is of; None if the gazetteer or the council's settings lack it."""
    settings = sources.adapters.find_council(sources.council).waste
    address, *others = lookup.inputs.values()
    uprn = None if settings is None else await find_uprn(sources.platform, address)
    if settings is None or uprn is None:
        return None
    return _Property(uprn, settings, str(others[0]) if others else "")


async def _find_round(sources: FactSources, place: _Property) -> Round | None:
    """Find the round of a property on mapping's layer; None if none comes there."""
    layer = place.settings.layer
    areas = await mapping.find_areas(sources, str(place.uprn), layer)
    return read_round(await mapping.read_properties(sources, layer, areas[0].id)) if areas else None


async def _has(sources: FactSources, place: _Property, container: Container) -> bool:
    """Say whether an address has a container. One that needs a subscription is offered if nobody can say."""
    if not container.holding:
        return True
    try:
        return await count_holdings(sources, place.uprn, container.holding) > 0
    except TownhallError:
        return True


async def _get(sources: FactSources, place: _Property, resource: str, **query: str) -> Any:
    """Get a list from the contractor's feed. Raises OutboundError or ValueError."""
    settings = sources.adapters.settings
    parameters = urlencode({"uprn": place.uprn, **query})
    key = settings.waste_key.get_secret_value()
    response = await sources.adapters.call(
        "GET",
        f"{settings.waste_url}/{sources.council}/{resource}?{parameters}",
        {"Authorization": f"Bearer {key}"} if key else {},
    )
    return json.loads(response.require_success().body)
