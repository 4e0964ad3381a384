"""What an area is: itself, its children and neighbours, and lists of areas."""

import asyncio
from collections.abc import Iterable
from typing import Any

from chassis.problems import Problem
from mapping.mapit.actions.layers import read_areas, read_postcode_layer
from mapping.mapit.actions.problems import no_area, not_found, refuse
from mapping.mapit.actions.selections import Query, read_selection
from mapping.mapit.rules.areas import CouncilAreas, Place
from mapping.mapit.rules.paths import parse_ids, parse_types
from mapping.mapit.rules.postcodes import find_inside
from mapping.mapit.rules.shapes import convert
from mapping.mapit.rules.words import AREA_TYPES, CODE_TYPES, NAME_TYPES, find_code_type
from mapping.snapshots.actions import Snapshots

MOST_IDS = 2_000
MOST_SHAPES = 1_000
Listing = tuple[CouncilAreas, list[Place]]


async def find_area(snapshots: Snapshots, council: str, text: str) -> tuple[CouncilAreas, Place]:
    """Find an area by the id in an address. Raises Problem 400, 404."""
    ids = parse_ids(text)
    if ids is None or len(ids) != 1:
        raise refuse("Bad area ID specified")
    areas = await read_areas(snapshots, council)
    place = areas.find(ids[0])
    if place is None:
        raise no_area()
    return areas, place


async def find_by_code(snapshots: Snapshots, council: str, kind: str, code: str, query: Query) -> int:
    """Find the id of the area that has a code. Raises Problem 404 if none has, 500 (as MapIt) if two have."""
    areas = await read_areas(snapshots, council)
    matches = areas.find_by_code(kind, code, read_selection(areas, query))
    if not matches:
        raise not_found(f"No areas were found that matched code {kind} = {code}.")
    if len(matches) > 1:
        raise Problem(500, "mapit-two-areas", f"There were multiple areas that matched code {kind} = {code}.")
    return matches[0].entry.number


def name_code(text: str) -> str | None:
    """Tell of which kind the code in an address is; None for what is no code."""
    return find_code_type(text)


async def list_children(snapshots: Snapshots, council: str, text: str, query: Query) -> Listing:
    """List the areas whose parent is an area."""
    areas, parent = await find_area(snapshots, council, text)
    selection = read_selection(areas, query)
    code, number = parent.entry.code, parent.entry.number
    children = [
        place
        for place in areas.list_all()
        if code
        and place.entry.parent_code == code
        and areas.shows(place, selection)
        and areas.find_parent(place.entry) == number
    ]
    return areas, children


async def list_related(snapshots: Snapshots, council: str, text: str, relation: str, query: Query) -> Listing:
    """List the areas that touch, overlap, cover ... an area."""
    areas, place = await find_area(snapshots, council, text)
    selection = read_selection(areas, query)
    return areas, await asyncio.to_thread(areas.list_related, place, relation, selection)


async def list_areas(snapshots: Snapshots, council: str, text: str, query: Query) -> Listing:
    """List areas by a list of ids, of kinds, or by how names begin. Ids that nothing has are left out."""
    areas = await read_areas(snapshots, council)
    ids = parse_ids(text)
    if ids is not None:
        return areas, _list_ids(areas, ids)
    selection = read_selection(areas, query)
    types = parse_types(text)
    beginning = text.casefold()
    return areas, [
        place
        for place in areas.list_all()
        if (place.entry.type in types if types else place.entry.name.casefold().startswith(beginning))
        and areas.shows(place, selection)
    ]


async def list_ids(snapshots: Snapshots, council: str, text: str) -> Listing:
    """List areas by a list of ids. Raises Problem 400."""
    ids = parse_ids(text)
    if ids is None:
        raise refuse("Bad area ID specified")
    areas = await read_areas(snapshots, council)
    return areas, _list_ids(areas, ids)


def _list_ids(areas: CouncilAreas, ids: Iterable[int]) -> list[Place]:
    numbers = list(ids)
    if len(numbers) > MOST_IDS:
        raise refuse(f"At most {MOST_IDS} areas can be asked for at once")
    return [place for place in map(areas.find, numbers) if place is not None]


async def find_example(snapshots: Snapshots, council: str, text: str) -> str | None:
    """Find a postcode inside an area; None if there is none."""
    _, place = await find_area(snapshots, council, text)
    layer = await read_postcode_layer(snapshots, council)
    if layer is None or place.geometry is None:
        return None
    area = convert(place.geometry, place.crs, layer[0].crs)
    return await asyncio.to_thread(find_inside, *layer, area)


async def list_generations(snapshots: Snapshots, council: str) -> dict[str, Any]:
    """List the generations of a council's areas."""
    return (await read_areas(snapshots, council)).generations.describe()


async def list_types(snapshots: Snapshots, council: str) -> dict[str, dict[str, str]]:
    """List the kinds of areas that a council has, of codes and of names."""
    areas = await read_areas(snapshots, council)
    kinds = {kind: f"{AREA_TYPES.get(kind, kind)} ({kind})" for kind in sorted(areas.types)}
    return {"area": kinds, "code": CODE_TYPES, "name": NAME_TYPES}
