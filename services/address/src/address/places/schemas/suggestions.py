"""The models of type-ahead."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from address.places.rules import near_point
from address.properties.schemas.properties import AddressLine

SearchText = Annotated[
    str,
    StringConstraints(min_length=3, max_length=200),
    Field(
        description="Three characters or more of an address, a postcode or a UPRN", examples=["97 york st"]
    ),
]
NearPoint = Annotated[
    str,
    StringConstraints(max_length=60),
    AfterValidator(lambda value: (near_point.parse_point(value), value)[1]),
    Field(
        description="Nearest first: easting,northing in metres, or longitude,latitude in degrees",
        examples=["375202,164718", "-2.358,51.381"],
    ),
]


class Suggestion(AddressLine):
    """An address that may be meant, or the building of several such."""

    contains: int = Field(
        ge=0, description="How many addresses within it match: list them with within=UPRN", examples=[12]
    )
    distance: float | None = Field(description="Metres from the point in near", examples=[120.5])


class Suggestions(BaseModel):
    """The addresses that fit the text best, best first."""

    items: list[Suggestion] = Field(max_length=100)
