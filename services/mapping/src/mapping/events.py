"""Mapping's views of the events it reads; it publishes none yet."""

from typing import ClassVar

from pydantic import Field

from chassis.events import EventData


class PropertyCreated(EventData):
    """A property was created in a gazetteer."""

    event_type: ClassVar[str] = "address.property.created.v1"
    uprn: str = Field(max_length=12)
    easting: float
    northing: float


class PropertyChanged(PropertyCreated):
    """A property changed, perhaps its point."""

    event_type: ClassVar[str] = "address.property.changed.v1"


class PropertyRetired(PropertyCreated):
    """A property was retired."""

    event_type: ClassVar[str] = "address.property.retired.v1"
