"""Streets: the nearest line of the roads, and the USRN that address has for its name."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from chassis.database import Session
from mapping.collections.rules.layers import Audience
from mapping.locate.actions import Sources
from mapping.locate.actions.layer_choice import ROADS, get_special, reaches
from mapping.locate.actions.layer_search import find_nearest
from mapping.locate.rules.hits import Hit
from mapping.locate.rules.points import Place, from_grid
from mapping.locate.rules.street_names import (
    NamedStreet,
    StreetName,
    choose_street,
    fold_street_name,
    select_latest,
)
from mapping.locate.store import street_names as store

_MOST_STREETS = 200  # of one name in one council


async def name_streets(session: Session, streets: Sequence[StreetName]) -> None:
    """Record streets' names, in whichever order their events arrive."""
    latest = select_latest(streets)
    if snapshots := [street for street in latest if street.snapshot]:
        await store.set_streets(session, snapshots)
    if others := [street for street in latest if not street.snapshot]:
        await store.upsert_streets(session, others)


async def find_street(
    sources: Sources, place: Place, moment: datetime, within: float, audience: Audience
) -> tuple[dict[str, Any], Hit] | None:
    """Find the street nearest to a place: as answers show it, and its road; None if none is so near."""
    layer = get_special(sources.snapshots, sources.council, ROADS, "lines", audience)
    if layer is None or not reaches(layer, place):
        return None
    # A roundabout or a slip road has no name: the street is the nearest that has one, else the nearest.
    roads = await find_nearest(sources, layer, place, moment, 5, within)
    if not roads:
        return None
    road = next((each for each in roads if each.properties.get(layer.label_property)), roads[0])
    name = str(road.properties.get(layer.label_property) or "")
    street = {
        "usrn": await _find_usrn(sources, name, place) if name else None,
        "name": name or None,
        "distance_m": round(road.distance, 1),
    }
    return street, road


async def _find_usrn(sources: Sources, name: str, place: Place) -> str | None:
    folded = fold_street_name(name)

    async def read() -> list[NamedStreet]:
        async with sources.database.reading(sources.council) as session:
            rows = await store.list_named(session, sources.council, folded, _MOST_STREETS)
        return [NamedStreet(row.usrn, _to_float(row.easting), _to_float(row.northing)) for row in rows]

    streets = await sources.memory.streets.get(sources.council, folded, read)
    usrn = choose_street(streets, place.easting, place.northing)
    return None if usrn is None else str(usrn)


async def find_street_point(sources: Sources, usrn: int) -> Place | None:
    """Find the point of a street that address's events gave; None if there is none.

    Raises OutsideGreatBritainError.
    """
    async with sources.database.reading(sources.council) as session:
        row = await store.get_street(session, sources.council, usrn)
    if row is None or row.easting is None or row.northing is None:
        return None
    return from_grid(float(row.easting), float(row.northing))


def _to_float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
