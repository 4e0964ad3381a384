"""Consumers of property points: address's properties."""

from collections.abc import Sequence
from typing import Any

from chassis.consumer import Consumer
from chassis.database import Session
from chassis.events import Received
from mapping.events import PropertyChanged, PropertyCreated, PropertyRetired
from mapping.points import actions
from mapping.points.rules import Placement, read_postcode

properties = Consumer("properties", capability="address", projection=True)


@properties.on_batch(PropertyCreated)
async def place_created(session: Session, events: Sequence[Received[PropertyCreated]]) -> None:
    """Place properties that are new."""
    await actions.place_properties(session, [_to_placement(event) for event in events])


@properties.on_batch(PropertyChanged)
async def place_changed(session: Session, events: Sequence[Received[PropertyChanged]]) -> None:
    """Move properties that changed."""
    await actions.place_properties(session, [_to_placement(event) for event in events])


@properties.on_batch(PropertyRetired)
async def retire(session: Session, events: Sequence[Received[PropertyRetired]]) -> None:
    """Take retired properties off the map."""
    await actions.place_properties(session, [_to_placement(event, retired=True) for event in events])


def _to_placement(event: Received[Any], *, retired: bool = False) -> Placement:
    return Placement(
        council=event.council,
        uprn=int(event.data.uprn),
        easting=event.data.easting,
        northing=event.data.northing,
        sequence=event.sequence,
        postcode=read_postcode(event.data.postcode),
        retired=retired,
        snapshot=event.snapshot,
    )
