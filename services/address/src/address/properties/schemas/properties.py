"""The models of a property: as it is shown, entered, changed and retired."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
)

from address.shared.fields import (
    UNCHANGED,
    BlpuState,
    BuildingNumber,
    Classification,
    LogicalStatus,
    ObjectName,
    Organisation,
    PlaceName,
    UprnIn,
    UprnText,
    UsrnIn,
    UsrnText,
)
from chassis.types import Easting, Northing, Postcode


class AddressLine(BaseModel):
    """An address in a list."""

    uprn: UprnText
    address: str = Field(examples=["FLAT 12, SPRING COURT, 97 YORK STREET, BATH, BA1 1LJ"])
    postcode: str = Field(examples=["BA1 1LJ"])
    classification: Classification
    easting: Easting
    northing: Northing
    parent_uprn: UprnText | None = Field(description="The building a flat is in")


class Address(AddressLine):
    """A property with its address. ``version`` is the ETag."""

    version: int = Field(ge=1)
    organisation: str | None
    sub_building: str | None = Field(examples=["FLAT 12"])
    building_name: str | None = Field(examples=["SPRING COURT"])
    building_number: str | None = Field(examples=["97"])
    street: str = Field(examples=["YORK STREET"])
    usrn: UsrnText
    locality: str | None
    post_town: str | None = Field(examples=["BATH"])
    classification_description: str | None
    logical_status: LogicalStatus
    state: BlpuState | None
    updated_at: datetime
    successors: list[UprnText] = Field(description="The properties that took its place, once it is historic")
    predecessors: list[UprnText] = Field(description="The properties whose place it took")


class AddressChange(BaseModel):
    """Changes to a property. Leave a field out to keep its value; send ``null`` to empty it."""

    model_config = ConfigDict(extra="forbid")

    logical_status: LogicalStatus = UNCHANGED
    state: BlpuState | None = UNCHANGED
    classification: Classification = UNCHANGED
    parent_uprn: UprnIn | None = UNCHANGED
    easting: Easting = UNCHANGED
    northing: Northing = UNCHANGED
    postcode: Postcode = UNCHANGED
    usrn: UsrnIn = UNCHANGED
    organisation: Organisation | None = UNCHANGED
    sub_building: ObjectName | None = UNCHANGED
    building_name: ObjectName | None = UNCHANGED
    building_number: BuildingNumber | None = UNCHANGED
    locality: PlaceName | None = UNCHANGED
    post_town: PlaceName | None = UNCHANGED

    def sent_fields(self) -> dict[str, Any]:
        """The fields that are in the request."""
        return self.model_dump(include=self.model_fields_set)


class NewProperty(BaseModel):
    """A new property. Without a UPRN it gets the next one from the council's range."""

    model_config = ConfigDict(extra="forbid")

    uprn: UprnIn | None = Field(default=None, description="A UPRN that is not and was not in use")
    logical_status: Literal[1, 6] = Field(default=6, description="1 approved, 6 provisional")
    state: BlpuState | None = None
    classification: Classification
    parent_uprn: UprnIn | None = None
    easting: Easting
    northing: Northing
    postcode: Postcode
    usrn: UsrnIn
    organisation: Organisation | None = None
    sub_building: ObjectName | None = None
    building_name: ObjectName | None = None
    building_number: BuildingNumber | None = None
    locality: PlaceName | None = Field(default=None, description="The street's if left out")
    post_town: PlaceName | None = Field(default=None, description="The street's if left out")


class Retirement(BaseModel):
    """The end of a property. Its UPRN is never used again."""

    model_config = ConfigDict(extra="forbid")

    successors: Annotated[list[UprnIn], Field(max_length=100)] = Field(
        default=[], description="The live properties that take its place", examples=[[907900112340]]
    )
    children: bool = Field(default=False, description="Whether to retire the properties within it too")
    state: BlpuState | None = Field(default=None, description="Its last state; unchanged if left out")
