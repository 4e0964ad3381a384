"""The models of the address service's own API."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from address.rules import nearby, rows
from chassis.types import Easting, Northing, Postcode, Uprn, Usrn


def _tidied(longest: int) -> BeforeValidator:
    """Single spaces, no control characters, no more than so many characters."""
    return BeforeValidator(lambda value: rows.tidy(value, longest) if isinstance(value, str) else value)


def _number(value: object) -> object:
    """Reference numbers are shown as text; text and numbers are taken."""
    digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 12  # noqa: PLR2004
    return int(str(value)) if digits else value


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


# A field of a change that is not given stays as it is; one that may not be empty does not take null.
AS_IT_IS: Any = Field(default=None, json_schema_extra=_without_default)

Typed = Annotated[
    str,
    StringConstraints(min_length=3, max_length=200),
    Field(
        description="Three characters or more of an address, a postcode or a UPRN", examples=["97 york st"]
    ),
]
Near = Annotated[
    str,
    StringConstraints(max_length=60),
    AfterValidator(lambda value: (nearby.read(value), value)[1]),
    Field(
        description="Nearest first: easting,northing in metres, or longitude,latitude in degrees",
        examples=["375202,164718", "-2.358,51.381"],
    ),
]
Classification = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,5}$"),
    Field(description="AddressBase classification code", examples=["RD06"]),
]
LogicalStatus = Annotated[
    Literal[1, 6, 8], Field(description="BS 7666: 1 approved, 6 provisional, 8 historic")
]
BlpuState = Annotated[
    Literal[1, 2, 3, 4, 6],
    Field(description="BS 7666: 1 under construction, 2 in use, 3 unoccupied, 4 demolished, 6 planned"),
]
UprnText = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,11}$", examples=["907900112339"])]
UsrnText = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,7}$", examples=["90792217"])]
Organisation = Annotated[
    str,
    _tidied(rows.LONGEST_ORGANISATION),
    StringConstraints(min_length=1, max_length=rows.LONGEST_ORGANISATION),
]
ObjectName = Annotated[
    str, _tidied(rows.LONGEST_NAME), StringConstraints(min_length=1, max_length=rows.LONGEST_NAME)
]
PlaceName = Annotated[
    str, _tidied(rows.LONGEST_PLACE), StringConstraints(min_length=1, max_length=rows.LONGEST_PLACE)
]
BuildingNumber = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,4}[A-Za-z]?(-[0-9]{1,4}[A-Za-z]?)?$"),
    Field(examples=["97", "12A", "12-14"]),
]
UprnGiven = Annotated[Uprn, BeforeValidator(_number)]
UsrnGiven = Annotated[Usrn, BeforeValidator(_number)]


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
    successors: list[UprnText] = Field(description="What took its place, once it is historic")
    predecessors: list[UprnText] = Field(description="What it took the place of")


class Suggestion(AddressLine):
    """An address somebody may have in mind, or the building of several such."""

    contains: int = Field(
        ge=0, description="Addresses within it that match: ask for them with within=UPRN", examples=[12]
    )
    distance: float | None = Field(description="Metres from the point in near", examples=[120.5])


class Suggestions(BaseModel):
    """The best addresses for what was typed, best first."""

    items: list[Suggestion] = Field(max_length=100)


class AddressChange(BaseModel):
    """What to change of a property. A field that is not given stays as it is, ``null`` empties it."""

    model_config = ConfigDict(extra="forbid")

    logical_status: LogicalStatus = AS_IT_IS
    state: BlpuState | None = AS_IT_IS
    classification: Classification = AS_IT_IS
    parent_uprn: UprnGiven | None = AS_IT_IS
    easting: Easting = AS_IT_IS
    northing: Northing = AS_IT_IS
    postcode: Postcode = AS_IT_IS
    usrn: UsrnGiven = AS_IT_IS
    organisation: Organisation | None = AS_IT_IS
    sub_building: ObjectName | None = AS_IT_IS
    building_name: ObjectName | None = AS_IT_IS
    building_number: BuildingNumber | None = AS_IT_IS
    locality: PlaceName | None = AS_IT_IS
    post_town: PlaceName | None = AS_IT_IS

    def given(self) -> dict[str, Any]:
        """The fields that are in the request."""
        return self.model_dump(include=self.model_fields_set)
