"""The models of the addresses of one property."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from address.shared.fields import UNCHANGED, BuildingNumber, ObjectName, PlaceName, UsrnIn, UsrnText

Language = Annotated[
    Literal["ENG", "CYM", "GAE"], Field(description="BS 7666: English, Welsh, Scottish Gaelic")
]
LpiStatus = Annotated[
    Literal[1, 3, 6, 8], Field(description="BS 7666: 1 approved, 3 alternative, 6 provisional, 8 historic")
]


class NewName(BaseModel):
    """Another address of a property: an alternative, or its address in another language."""

    model_config = ConfigDict(extra="forbid")

    language: Language
    logical_status: Literal[1, 3, 6] = Field(
        default=3,
        description="3 for an alternative; 1 or 6, as the property, for its address in another language",
    )
    sub_building: ObjectName | None = None
    building_name: ObjectName | None = None
    building_number: BuildingNumber | None = None
    usrn: UsrnIn | None = Field(default=None, description="The property's street if left out")
    locality: PlaceName | None = None
    post_town: PlaceName | None = None


class NameChange(BaseModel):
    """Changes to a name. Leave a field out to keep it; ``null`` empties it; status 8 ends the name."""

    model_config = ConfigDict(extra="forbid")

    logical_status: Literal[8] = UNCHANGED
    sub_building: ObjectName | None = UNCHANGED
    building_name: ObjectName | None = UNCHANGED
    building_number: BuildingNumber | None = UNCHANGED
    usrn: UsrnIn = UNCHANGED
    locality: PlaceName | None = UNCHANGED
    post_town: PlaceName | None = UNCHANGED

    def sent_fields(self) -> dict[str, Any]:
        """The fields that are in the request."""
        return self.model_dump(include=self.model_fields_set)


class AddressName(BaseModel):
    """One address (LPI) of a property."""

    key: str = Field(examples=["0114L000000017"])
    language: Language
    logical_status: LpiStatus
    post: bool = Field(description="Whether it is the postal address, which is changed with the property")
    address: str
    sub_building: str | None
    building_name: str | None
    building_number: str | None
    street: str
    usrn: UsrnText
    locality: str | None
    post_town: str | None
    valid_from: date = Field(description="The day it has been in force from")


class AddressNames(BaseModel):
    """All addresses of a property. ``version`` is the property's, and its ETag."""

    uprn: str
    version: int
    items: list[AddressName]
