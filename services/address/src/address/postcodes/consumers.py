"""Consumers of postcodes: the areas that mapping finds them in."""

from address.events import OutcodeLocated
from address.postcodes.actions import postcode_areas
from chassis.consumer import Consumer
from chassis.database import Session
from chassis.events import Received

outcodes = Consumer("outcodes", capability="mapping", projection=True)


@outcodes.on(OutcodeLocated)
async def set_areas(session: Session, event: Received[OutcodeLocated]) -> None:
    """Set the areas of an outcode's postcodes to what the event says, unless a later one was here."""
    await postcode_areas.set_areas(session, event)
