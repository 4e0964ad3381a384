"""The events the address service publishes: thin, with what a map or a case needs to follow a property."""

from typing import Annotated, ClassVar, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from chassis.events import EventData
from chassis.types import Easting, Northing


class PropertyEvent(EventData):
    """A property as it is after the event."""

    uprn: str = Field(pattern=r"^[1-9][0-9]{0,11}$", max_length=12)
    easting: Easting = Field(description="British National Grid, metres")
    northing: Northing = Field(description="British National Grid, metres")
    postcode: str = Field(max_length=8)
    logical_status: int = Field(description="BS 7666: 1 approved, 6 provisional, 8 historic")
    classification: str = Field(max_length=6, description="AddressBase classification code")


class PropertyCreated(PropertyEvent):
    """A property appeared in a council's gazetteer."""

    event_type: ClassVar[str] = "address.property.created.v1"
    event_example: ClassVar[dict[str, object]] = {
        "uprn": "907900112339",
        "easting": 375202.11,
        "northing": 164718.39,
        "postcode": "BA1 1LJ",
        "logical_status": 1,
        "classification": "RD06",
    }


class PropertyChanged(PropertyEvent):
    """Something about a property changed; ``changed`` names the fields."""

    event_type: ClassVar[str] = "address.property.changed.v1"
    event_example: ClassVar[dict[str, object]] = {
        **PropertyCreated.event_example,
        "changed": ["easting", "northing"],
    }

    changed: list[str] = Field(min_length=1, max_length=30)


class PropertyRetired(PropertyEvent):
    """A property came to its end: logical status 8. Its UPRN is never used again."""

    event_type: ClassVar[str] = "address.property.retired.v1"
    event_example: ClassVar[dict[str, object]] = {
        **PropertyCreated.event_example,
        "logical_status": 8,
        "successors": ["907900112340"],
    }

    successors: list[str] = Field(max_length=1000, description="The UPRNs that took its place, if any")


class StreetEvent(EventData):
    """A street as it is after the event."""

    usrn: str = Field(pattern=r"^[1-9][0-9]{0,7}$", max_length=8)
    description: str = Field(max_length=100, description="Its English name")
    locality: str | None = Field(max_length=60)
    town: str | None = Field(max_length=60)
    easting: Easting | None = Field(
        default=None,
        description="A point of it, in metres: its start, else the middle of its addresses. Null if the "
        "event says none: the one you know holds",
    )
    northing: Northing | None = None


class StreetCreated(StreetEvent):
    """A street appeared in a council's gazetteer."""

    event_type: ClassVar[str] = "address.street.created.v1"
    event_example: ClassVar[dict[str, object]] = {
        "usrn": "90792217",
        "description": "YORK STREET",
        "locality": None,
        "town": "BATH",
        "easting": 375192.4,
        "northing": 164690.1,
    }


class StreetChanged(StreetEvent):
    """Something about a street changed; ``changed`` names the fields."""

    event_type: ClassVar[str] = "address.street.changed.v1"
    event_example: ClassVar[dict[str, object]] = {**StreetCreated.event_example, "changed": ["description"]}

    changed: list[str] = Field(min_length=1, max_length=30)


class StreetRetired(StreetEvent):
    """A street was closed for good. Its USRN is never used again."""

    event_type: ClassVar[str] = "address.street.retired.v1"
    event_example: ClassVar[dict[str, object]] = StreetCreated.event_example


_MOST_AREAS = 2_000


class LocatedArea(BaseModel):
    """An area with its official code, as mapping found it."""

    kind: str = Field(max_length=60)
    code: str = Field(pattern="^[A-Z][0-9]{8}$", max_length=9)
    name: str = Field(max_length=200)


class OutcodeLocated(EventData):
    """Mapping's: the areas of all postcodes of an outcode that a council's properties have."""

    event_type: ClassVar[str] = "mapping.outcode.located.v1"
    outcode: str = Field(pattern="^[A-Z][A-Z0-9]{1,3}$", max_length=4)
    as_of: AwareDatetime
    searched: dict[
        Annotated[str, StringConstraints(max_length=60)], Annotated[int, Field(ge=0, le=2_147_483_647)]
    ] = Field(max_length=500)
    areas: list[LocatedArea] = Field(max_length=_MOST_AREAS)
    postcodes: dict[
        Annotated[str, StringConstraints(pattern="^[0-9][A-Z]{2}$", max_length=3)],
        Annotated[
            list[Annotated[int, Field(ge=0, lt=_MOST_AREAS)]],
            Field(max_length=20),
        ],
    ] = Field(max_length=4_000)

    @model_validator(mode="after")
    def _check_places(self) -> Self:
        if any(place >= len(self.areas) for places in self.postcodes.values() for place in places):
            raise ValueError("a postcode names an area that is not in the list")
        return self
