"""The events that mapping publishes, and its views of those it reads."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import BaseModel, Field, StringConstraints

from chassis.events import EventData
from chassis.ids import Id
from chassis.types import Easting, Northing


class PropertyCreated(EventData):
    """A property was created in a gazetteer."""

    event_type: ClassVar[str] = "address.property.created.v1"
    uprn: str = Field(pattern=r"^[1-9][0-9]{0,11}$", max_length=12)
    easting: Easting
    northing: Northing
    postcode: str = Field(default="", max_length=8)


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


class ResolvedArea(BaseModel):
    """An area or zone in which a case lies."""

    collection: str = Field(max_length=60, description="The layer's name in URLs")
    kind: str = Field(
        max_length=60, description="`ward`, `parish` ... of any layer of them; else the layer's name"
    )
    name: str = Field(max_length=200)
    code: str | None = Field(max_length=200, description="Such as a GSS code; null where the layer has none")


class ResolvedStreet(BaseModel):
    """The street of a case: the one that it names, else the nearest."""

    usrn: str | None = Field(max_length=8)
    name: str | None = Field(max_length=200)
    distance_m: float | None


class ResolvedAsset(BaseModel):
    """An asset within 50 m of a case."""

    collection: str = Field(max_length=60)
    id: str = Field(max_length=200, description="The feature's id in its layer")
    label: str = Field(max_length=200)
    distance_m: float


class LocationResolved(EventData):
    """Where a case is: the one answer to its opening, also if nothing is known of its place."""

    event_type: ClassVar[str] = "mapping.location.resolved.v1"
    event_example: ClassVar[dict[str, object]] = {
        "case": "01hzy3t8qk5v7m9x2c4b6n8p0r",
        "mode": "live",
        "place": "point",
        "easting": 375039,
        "northing": 164627,
        "inside": "yes",
        "areas": [{"collection": "wards", "kind": "ward", "name": "Kingsmead", "code": "E05012445"}],
        "street": {"usrn": "20601234", "name": "Milsom Street", "distance_m": 4.2},
        "assets": [{"collection": "grit-bins", "id": "GB-0142", "label": "By the hall", "distance_m": 38.1}],
        "searched": {"wards": 3, "grit-bins": 12, "roads": 1},
    }
    case: Id
    mode: str = Field(pattern="^(sandbox|live)$", description="Whether it is real, or a test")
    place: str = Field(
        pattern="^(point|property|street|none)$", description="What of the case says where it is"
    )
    easting: int | None = Field(
        ge=0, le=700_000, description="Metres; null: not known, or not in Great Britain"
    )
    northing: int | None = Field(ge=0, le=1_300_000)
    inside: str = Field(
        pattern="^(yes|no|unknown)$",
        description="Whether it is in the council; unknown without a layer that says so",
    )
    areas: list[ResolvedArea] = Field(max_length=100)
    street: ResolvedStreet | None
    assets: list[ResolvedAsset] = Field(max_length=20)
    searched: dict[str, int] = Field(max_length=500, description="The version of every layer searched")


class PostcodeArea(BaseModel):
    """An area with its official code."""

    kind: str = Field(
        pattern="^(ward|county-division|parish|constituency|district|county)$",
        max_length=20,
        description="What it is",
    )
    code: str = Field(pattern="^[A-Z][0-9]{8}$", max_length=9, description="Its GSS code")
    name: str = Field(max_length=200)
    layer: str = Field(max_length=60, description="The layer's name in URLs")


class OutcodeLocated(EventData):
    """The areas of all postcodes of an outcode that properties of the council have: the whole, each time."""

    event_type: ClassVar[str] = "mapping.outcode.located.v1"
    event_example: ClassVar[dict[str, object]] = {
        "outcode": "BA1",
        "as_of": "2026-12-01T09:00:00Z",
        "searched": {"wards": 3, "gb-districts": 1},
        "areas": [
            {"kind": "ward", "code": "E05012445", "name": "Kingsmead", "layer": "wards"},
            {
                "kind": "district",
                "code": "E06000022",
                "name": "Bath and North East Somerset",
                "layer": "gb-districts",
            },
        ],
        "postcodes": {"1LJ": [0, 1], "2AB": [1]},
    }
    outcode: str = Field(
        pattern="^[A-Z][A-Z0-9]{1,3}$", max_length=4, description="The first half of the postcodes"
    )
    as_of: datetime = Field(description="The moment at which the areas hold")
    searched: dict[
        Annotated[str, StringConstraints(max_length=60)], Annotated[int, Field(ge=0, le=2_147_483_647)]
    ] = Field(max_length=200, description="The version of every layer searched: the generation of the areas")
    areas: list[PostcodeArea] = Field(max_length=2_000, description="Each area once")
    postcodes: dict[
        Annotated[str, StringConstraints(pattern="^[0-9][A-Z]{2}$", max_length=3)],
        Annotated[list[Annotated[int, Field(ge=0, lt=2_000)]], Field(max_length=20)],
    ] = Field(
        max_length=4_000,
        description="By its second half, a postcode's places in the list of areas: of each kind the area "
        "that most of its properties are in",
    )


PUBLISHED: Sequence[type[EventData]] = (
    CollectionPublished,
    FeatureCreated,
    FeatureChanged,
    FeatureDeleted,
    LocationResolved,
    OutcodeLocated,
)


class CaseEvent(EventData):
    """A case as it is after casework's event."""

    case: Id
    mode: str = Field(pattern="^(sandbox|live)$")
    case_type: str = Field(max_length=60)


class CaseOpened(CaseEvent):
    """A case was opened, perhaps somewhere."""

    event_type: ClassVar[str] = "casework.case.opened.v1"
    reference: str | None = Field(default=None, max_length=20)
    is_public: bool = False
    uprn: str | None = Field(default=None, pattern=r"^[1-9][0-9]{0,11}$", max_length=12)
    usrn: str | None = Field(default=None, pattern=r"^[1-9][0-9]{0,7}$", max_length=8)
    lat: float | None = Field(default=None, ge=-90, le=90)
    long: float | None = Field(default=None, ge=-180, le=180)


class CaseChanged(CaseEvent):
    """Somebody acted on a case, which is open."""

    event_type: ClassVar[str] = "casework.case.changed.v1"


class CaseClosed(CaseEvent):
    """A case ended."""

    event_type: ClassVar[str] = "casework.case.closed.v1"


class CaseDisposed(CaseEvent):
    """A case was erased."""

    event_type: ClassVar[str] = "casework.case.disposed.v1"
