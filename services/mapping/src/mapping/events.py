"""The events that mapping publishes, and its views of those it reads."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from chassis.events import EventData
from chassis.ids import Id
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


class StreetCreated(EventData):
    """A street appeared in a gazetteer."""

    event_type: ClassVar[str] = "address.street.created.v1"
    usrn: str = Field(pattern=r"^[1-9][0-9]{0,7}$", max_length=8)
    description: str = Field(max_length=100)
    easting: Easting | None = None
    northing: Northing | None = None


class StreetChanged(StreetCreated):
    """A street changed, perhaps its name."""

    event_type: ClassVar[str] = "address.street.changed.v1"


class StreetRetired(StreetCreated):
    """A street was closed for good."""

    event_type: ClassVar[str] = "address.street.retired.v1"


_LAYER: dict[str, object] = {"layer": "grit-bins", "collection": "01hzy3t8qk5v7m9x2c4b6n8p0r"}


class CollectionPublished(EventData):
    """A layer has another version: a file was loaded, or an older version restored."""

    event_type: ClassVar[str] = "mapping.collection.published.v1"
    event_example: ClassVar[dict[str, object]] = {
        **_LAYER,
        "cause": "load",
        "vintage": "2026",
        "added": 12,
        "changed": 3,
        "moved": 1,
        "deleted": 0,
    }
    layer: str = Field(max_length=60, description="The layer's name in URLs")
    collection: Id = Field(description="The layer's id, which no renaming changes")
    cause: str = Field(max_length=20, description="load, edit or restore")
    vintage: str = Field(max_length=200, description="As of when the layer is, in words")
    added: int = Field(ge=0)
    changed: int = Field(ge=0)
    moved: int = Field(ge=0, description="Of those changed: their place, too")
    deleted: int = Field(ge=0)


class FeatureEvent(EventData):
    """A feature of a layer after the event. Its geometry is not in it: read the feature."""

    layer: str = Field(max_length=60, description="The layer's name in URLs")
    collection: Id = Field(description="The layer's id, which no renaming changes")
    feature: str = Field(max_length=200, description="The feature's id in its layer")
    former_version: int | None = Field(
        default=None, description="The layer's version that began the state before; null if there was none"
    )
    bbox: list[float] | None = Field(
        default=None, max_length=4, description="West, south, east and north in degrees; null without a place"
    )


_FEATURE: dict[str, object] = {
    **_LAYER,
    "feature": "GB-0142",
    "former_version": 7,
    "bbox": [-2.360123, 51.381234, -2.360123, 51.381234],
}


class FeatureCreated(FeatureEvent):
    """A feature was added to a layer."""

    event_type: ClassVar[str] = "mapping.feature.created.v1"
    event_example: ClassVar[dict[str, object]] = {**_FEATURE, "former_version": None}


class FeatureChanged(FeatureEvent):
    """A feature was changed or moved."""

    event_type: ClassVar[str] = "mapping.feature.changed.v1"
    event_example: ClassVar[dict[str, object]] = _FEATURE


class FeatureDeleted(FeatureEvent):
    """A feature was taken off its layer."""

    event_type: ClassVar[str] = "mapping.feature.deleted.v1"
    event_example: ClassVar[dict[str, object]] = {**_FEATURE, "bbox": None}


PUBLISHED: Sequence[type[EventData]] = (CollectionPublished, FeatureCreated, FeatureChanged, FeatureDeleted)
