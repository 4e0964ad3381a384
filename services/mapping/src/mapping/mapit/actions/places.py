"""Which areas a point and a postcode are in, and which postcode is nearest."""

import asyncio
from typing import Any

import numpy as np

from mapping.mapit.actions.layers import read_areas, read_postcode_layer
from mapping.mapit.actions.lookups import Listing
from mapping.mapit.actions.problems import no_address, not_found, refuse
from mapping.mapit.actions.selections import Query, read_selection
from mapping.mapit.rules.areas import Points, make_points
from mapping.mapit.rules.paths import parse_outward, parse_pair, parse_postcode
from mapping.mapit.rules.postcodes import REACH, describe, locate
from mapping.mapit.rules.shortcuts import find_shortcuts
from mapping.snapshots.actions import Snapshots

_NO_POSTCODE = "No Postcode matches the given query."
_SYSTEMS = "4326, 27700 and 3857"


def read_point(srid: int, text: str) -> Points:
    """Read a point of an address. Raises Problem 404 for what is none, 400 for one that is nowhere."""
    pair = parse_pair(text)
    if pair is None:
        raise no_address()
    try:
        point = make_points(*pair, srid)
    except KeyError:
        raise refuse(f"Coordinates of the system {srid} cannot be read; use one of {_SYSTEMS}") from None
    if point is None:
        raise refuse("Point outside the area geometry")
    return point


async def list_at_point(
    snapshots: Snapshots, council: str, point: Points, query: Query, within: float, *, boxes: bool
) -> Listing:
    """List the areas on which a point lies."""
    areas = await read_areas(snapshots, council)
    selection = read_selection(areas, query)
    return areas, await asyncio.to_thread(areas.list_at, point, selection, within, boxes=boxes)


async def get_postcode(snapshots: Snapshots, council: str, text: str, query: Query) -> dict[str, Any]:
    """Get a postcode and its areas. Raises Problem 400, 404."""
    name = parse_postcode(text)
    if name is None:
        raise refuse(f"Postcode '{text}' is not valid.")
    layer = await read_postcode_layer(snapshots, council)
    index = None if layer is None else layer[1].by_name.get(name)
    if layer is None or index is None:
        raise not_found(_NO_POSTCODE)
    point = locate(layer[0], [index])
    if point is None:
        return {"postcode": name, "areas": {}}
    areas, places = await list_at_point(snapshots, council, point, query, 0.0, boxes=False)
    inside = areas.describe_all(places)
    shortcuts = find_shortcuts(list(inside.values()))
    return {**describe(name, point), "areas": inside, **({"shortcuts": shortcuts} if shortcuts else {})}


async def get_district(snapshots: Snapshots, council: str, text: str) -> dict[str, Any]:
    """Get the middle of a district's postcodes. Raises Problem 400, 404."""
    outward = parse_outward(text)
    if outward is None:
        raise refuse(f"Postcode '{text}' is not valid.")
    layer = await read_postcode_layer(snapshots, council)
    point = None if layer is None else locate(layer[0], layer[1].list_in(outward))
    if point is None:
        raise not_found("Postcode not found")
    return describe(outward, point)


async def get_nearest(snapshots: Snapshots, council: str, point: Points) -> dict[str, Any]:
    """Get the postcode nearest to a point, and its distance in whole metres. Raises Problem 404."""
    layer = await read_postcode_layer(snapshots, council)
    if layer is None or not np.isfinite(point.easting):
        raise not_found(_NO_POSTCODE)
    snapshot, postcodes = layer
    nearest = snapshot.nearest(*point.of(snapshot.crs), 1, REACH)
    if not nearest:
        raise not_found(_NO_POSTCODE)
    index, distance = nearest[0]
    name = next(name for name, place in postcodes.by_name.items() if place == index)
    return {"postcode": {**describe(name, locate(snapshot, [index])), "distance": round(distance)}}
