"""Read a council's areas and postcodes from the layers in memory; what is made of a snapshot is made once."""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

from chassis import clock
from mapping.mapit.rules.areas import CouncilAreas, LayerAreas
from mapping.mapit.rules.entries import Entries, has_areas, read_entries
from mapping.mapit.rules.generations import to_moment
from mapping.mapit.rules.postcodes import Postcodes, read_postcodes
from mapping.snapshots.actions import Snapshots, TooLargeError
from mapping.snapshots.rules.snapshot import Snapshot

POSTCODES = "postcodes"
Derived = TypeVar("Derived")
_entries: WeakKeyDictionary[Snapshot, Entries] = WeakKeyDictionary()
_postcodes: WeakKeyDictionary[Snapshot, Postcodes] = WeakKeyDictionary()


async def read_areas(snapshots: Snapshots, council: str) -> CouncilAreas:
    """Read the areas of a council. A layer too large for memory has none here."""
    layers = [layer for layer in snapshots.layers(council) if has_areas(layer)]
    areas = []
    for layer in sorted(layers, key=lambda each: (each.is_national, each.name)):
        try:
            snapshot = await snapshots.get(layer)
        except TooLargeError:
            continue
        areas.append(LayerAreas(snapshot, await _make_once(_entries, snapshot, read_entries)))
    return CouncilAreas(areas, to_moment(clock.now()))


async def read_postcode_layer(snapshots: Snapshots, council: str) -> tuple[Snapshot, Postcodes] | None:
    """Read the postcodes of a council, or the nation's; None if there are none in memory."""
    layer = snapshots.layer(council, POSTCODES)
    if layer is None or layer.audience != "public":
        return None
    try:
        snapshot = await snapshots.get(layer)
    except TooLargeError:
        return None
    return snapshot, await _make_once(_postcodes, snapshot, read_postcodes)


async def _make_once(
    cache: WeakKeyDictionary[Snapshot, Derived], snapshot: Snapshot, make: Callable[[Snapshot], Derived]
) -> Derived:
    value = cache.get(snapshot)
    if value is None:
        value = cache[snapshot] = await asyncio.to_thread(make, snapshot)
    return value
