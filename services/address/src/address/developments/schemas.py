"""The models of numbering a development."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from address.developments import rules
from address.shared.fields import (
    BuildingNumber,
    Classification,
    ObjectName,
    PlaceName,
    UprnText,
    UsrnIn,
    UsrnText,
)
from chassis.ids import Id
from chassis.types import Easting, Name, Northing, Postcode

PlotReference = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$"
    ),
    Field(examples=["PLOT 1"]),
]
StreetNumber = Annotated[int, Field(ge=0, le=rules.MAX_NUMBER)]


class PlotGiven(BaseModel):
    """One building: the builder's name for it, and its number or name. Each flat gets a UPRN."""

    model_config = ConfigDict(extra="forbid")

    reference: PlotReference
    number: BuildingNumber | None = None
    name: ObjectName | None = None
    flats: Annotated[list[ObjectName], Field(max_length=500)] = Field(
        default=[], examples=[["FLAT 1", "FLAT 2"]]
    )
    easting: Easting | None = Field(default=None, description="The development's if left out")
    northing: Northing | None = None
    classification: Classification | None = None


class Scheme(BaseModel):
    """Numbering by a rule: one side of the street or both, from a first number."""

    model_config = ConfigDict(extra="forbid")

    side: Literal["odd", "even", "consecutive"]
    first: StreetNumber = Field(alias="from")
    count: Annotated[int, Field(ge=1, le=rules.MAX_PLOTS)]
    skip: Annotated[list[StreetNumber], Field(max_length=500)] = Field(default=[], examples=[[13]])
    prefix: PlotReference = Field(default="PLOT", description="What plots are called: PLOT 1, PLOT 2 ...")


class NewDevelopment(BaseModel):
    """Plots to number on a street, one by one or by a scheme."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    street: UsrnIn = Field(description="The USRN")
    postcode: Postcode
    locality: PlaceName | None = Field(default=None, description="The street's if left out")
    post_town: PlaceName | None = Field(default=None, description="The street's if left out")
    easting: Easting
    northing: Northing
    classification: Classification = Field(default="RD", description="For plots and flats without one")
    plots: Annotated[list[PlotGiven], Field(max_length=rules.MAX_PLOTS)] = []
    scheme: Scheme | None = None

    @model_validator(mode="after")
    def _require_plots_or_scheme(self) -> "NewDevelopment":
        if bool(self.plots) == (self.scheme is not None):
            raise ValueError("give either plots or a scheme")
        return self


class Approval(BaseModel):
    """The approval of the properties of a development that are still provisional."""

    model_config = ConfigDict(extra="forbid")

    state: Literal[1, 2] | None = Field(default=None, description="1 under construction, 2 in use")


class Plot(BaseModel):
    """A property of a development."""

    plot: str
    uprn: UprnText
    parent_uprn: UprnText | None
    address: str
    logical_status: int


class Development(BaseModel):
    """A development with its properties. ``version`` is the ETag."""

    id: Id
    version: int
    name: str
    street: UsrnText
    created_at: datetime
    approved_at: datetime | None
    properties: list[Plot] = Field(max_length=rules.MAX_PROPERTIES)


class DevelopmentLine(BaseModel):
    """A development in a list."""

    id: Id
    version: int
    name: str
    street: UsrnText
    created_at: datetime
    approved_at: datetime | None
    properties: int = Field(description="How many it has")
