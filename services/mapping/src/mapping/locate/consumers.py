"""Consumers of look-ups: address's streets."""

from collections.abc import Sequence
from typing import Any

from chassis.consumer import Consumer
from chassis.database import Session
from chassis.events import Received
from mapping.events import StreetChanged, StreetCreated, StreetRetired
from mapping.locate.actions.streets import name_streets
from mapping.locate.rules.street_names import StreetName, fold_street_name

streets = Consumer("streets", capability="address", projection=True)


@streets.on_batch(StreetCreated)
async def name_created(session: Session, events: Sequence[Received[StreetCreated]]) -> None:
    """Name streets that are new."""
    await name_streets(session, [_to_street(event) for event in events])


@streets.on_batch(StreetChanged)
async def name_changed(session: Session, events: Sequence[Received[StreetChanged]]) -> None:
    """Rename or move streets that changed."""
    await name_streets(session, [_to_street(event) for event in events])


@streets.on_batch(StreetRetired)
async def retire(session: Session, events: Sequence[Received[StreetRetired]]) -> None:
    """Forget the names of retired streets."""
    await name_streets(session, [_to_street(event, retired=True) for event in events])


def _to_street(event: Received[Any], *, retired: bool = False) -> StreetName:
    return StreetName(
        council=event.council,
        usrn=int(event.data.usrn),
        name=fold_street_name(event.data.description),
        easting=event.data.easting,
        northing=event.data.northing,
        sequence=event.sequence,
        retired=retired,
        snapshot=event.snapshot,
    )
