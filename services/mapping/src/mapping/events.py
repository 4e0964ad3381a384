"""Mapping's views of the events it reads; it publishes none yet."""

from typing import ClassVar

from pydantic import Field

from chassis.events import EventData
from chassis.types import Easting, Northing


class PropertyCreated(EventData):
    """A property was created in a gazetteer."""

    event_type: ClassVar[str] = "address.property.created.v1"
    uprn: str = Field(pattern=r"^[1-9][0-9]{0,11}$", max_length=12)
    easting: Easting
    northing: Northing


class PropertyChanged(PropertyCreated):
    """A property changed, perhaps its point."""

    event_type: ClassVar[str] = "address.property.changed.v1"


class PropertyRetired(PropertyCreated):
    """A property was retired."""

    event_type: ClassVar[str] = "address.property.retired.v1"
