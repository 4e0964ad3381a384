"""The models of a property's life: its beginning, its names, its history, its end."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from address.schemas.addresses import (
    AS_IT_IS,
    BlpuState,
    BuildingNumber,
    Classification,
    ObjectName,
    Organisation,
    PlaceName,
    UprnGiven,
    UsrnGiven,
    UsrnText,
)
from chassis.types import Easting, Northing, Postcode

Language = Annotated[
    Literal["ENG", "CYM", "GAE"], Field(description="BS 7666: English, Welsh, Scottish Gaelic")
]
LpiStatus = Annotated[
    Literal[1, 3, 6, 8], Field(description="BS 7666: 1 approved, 3 alternative, 6 provisional, 8 historic")
]


class NewProperty(BaseModel):
    """A property to enter. Without a UPRN it gets the next of the council's own range."""

    model_config = ConfigDict(extra="forbid")

    uprn: UprnGiven | None = Field(default=None, description="Only one that nobody has or had")
    logical_status: Literal[1, 6] = Field(default=6, description="1 approved, 6 provisional")
    state: BlpuState | None = None
    classification: Classification
    parent_uprn: UprnGiven | None = None
    easting: Easting
    northing: Northing
    postcode: Postcode
    usrn: UsrnGiven
    organisation: Organisation | None = None
    sub_building: ObjectName | None = None
    building_name: ObjectName | None = None
    building_number: BuildingNumber | None = None
    locality: PlaceName | None = Field(default=None, description="The street's own when left out")
    post_town: PlaceName | None = Field(default=None, description="The street's own when left out")


class Retirement(BaseModel):
    """The end of a property. Its UPRN is never used again."""

    model_config = ConfigDict(extra="forbid")

    successors: Annotated[list[UprnGiven], Field(max_length=100)] = Field(
        default=[], description="What takes its place: properties that stand", examples=[[907900112340]]
    )
    children: bool = Field(default=False, description="Whether all that stands within it ends with it")
    state: BlpuState | None = Field(default=None, description="Its last state; as it is when left out")


class NewName(BaseModel):
    """Another address of a property: an alternative, or its address in another language."""

    model_config = ConfigDict(extra="forbid")

    language: Language
    logical_status: Literal[1, 3, 6] = Field(
        default=3, description="3 an alternative; the property's own (1 or 6) for another language's address"
    )
    sub_building: ObjectName | None = None
    building_name: ObjectName | None = None
    building_number: BuildingNumber | None = None
    usrn: UsrnGiven | None = Field(default=None, description="The property's own street when left out")
    locality: PlaceName | None = None
    post_town: PlaceName | None = None


class NameChange(BaseModel):
    """What to change of a name. A field that is not given stays, ``null`` empties it, status 8 ends it."""

    model_config = ConfigDict(extra="forbid")

    logical_status: Literal[8] = AS_IT_IS
    sub_building: ObjectName | None = AS_IT_IS
    building_name: ObjectName | None = AS_IT_IS
    building_number: BuildingNumber | None = AS_IT_IS
    usrn: UsrnGiven = AS_IT_IS
    locality: PlaceName | None = AS_IT_IS
    post_town: PlaceName | None = AS_IT_IS

    def given(self) -> dict[str, Any]:
        """The fields that are in the request."""
        return self.model_dump(include=self.model_fields_set)


class AddressName(BaseModel):
    """One address (LPI) of a property."""

    key: str = Field(examples=["0114L000000017"])
    language: Language
    logical_status: LpiStatus
    post: bool = Field(description="Whether it is the one post is sent to: it is changed with the property")
    address: str
    sub_building: str | None
    building_name: str | None
    building_number: str | None
    street: str
    usrn: UsrnText
    locality: str | None
    post_town: str | None
    valid_from: date = Field(description="Since when it has stood so")


class AddressNames(BaseModel):
    """All addresses of a property. ``version`` is the property's, and its ETag."""

    uprn: str
    version: int
    items: list[AddressName]


class Past(BaseModel):
    """One change of a property or a street, and whose it was."""

    version: int
    at: datetime
    actor: str = Field(description="Who: a token's subject, or load/{id}")
    kind: Literal["created", "changed", "retired"]
    changes: dict[str, JsonValue] | None = Field(description="Field to [before, after]; null when created")
