"""Models of the HTTP API of look-ups."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from chassis.ids import Id
from chassis.types import reject_control_characters

_Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(reject_control_characters),
]
ReportKind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", min_length=1, max_length=60)]
RuleKind = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z][a-z0-9_-]*)$", min_length=1, max_length=60)]
LayerNames = Annotated[list[Annotated[str, StringConstraints(max_length=60)]], Field(max_length=50)]
MAX_POINTS = 10_000


class PointView(BaseModel):
    """A point in degrees, in metres of the National Grid, and as a grid reference."""

    lon: float
    lat: float
    easting: float
    northing: float
    gridref: str = Field(examples=["ST 750 646"])


class AreaView(BaseModel):
    """An area or a zone in which the point lies, its border included."""

    collection: str = Field(description="The layer's name")
    id: str = Field(description="Its id in the layer")
    number: int = Field(description="Its number, which stays for ever: as MapIt's id")
    name: str
    gss: str | None = Field(description="Its code, where the layer has one")
    type: str | None = Field(description="As MapIt names it, such as UTW for a unitary authority ward")
    kind: Literal["areas", "zones"] = Field(description="areas do not overlap; zones may")


class AreaAtPoint(AreaView):
    """An area, and how the point lies in it."""

    primary: bool = Field(
        description="False for a neighbour on whose border the point lies: of areas that meet there, the one "
        "with the smallest code is the primary one. Every zone is primary"
    )
    on_boundary: bool = Field(description="The point lies on its border")


class StreetView(BaseModel):
    """The nearest street that has a name, within 200 m."""

    usrn: str | None = Field(description="Of the street of that name that is nearest, from the gazetteer")
    name: str | None
    distance_m: float
    maintained_by: str | None = Field(
        description="The body that the council's rules for reports of kind `street` name; null without a rule"
    )


class AssetView(BaseModel):
    """Something near the point."""

    collection: str = Field(description="The layer's name")
    id: str
    number: int
    label: str
    distance_m: float


class _Searched(BaseModel):
    inside: bool | None = Field(
        description="Whether the point lies in the council; null if no layer `council-boundary` says so"
    )
    areas: list[AreaAtPoint]
    generation: dict[str, int] = Field(
        description="The version of each layer that was searched: an empty answer is one at these versions"
    )
    as_of: datetime = Field(description="The moment at which the areas hold")


class OpenCase(BaseModel):
    """An open case near a point, of a kind that is shown on public maps."""

    case_type: str = Field(examples=["pothole"])
    reference: str | None = Field(description="As people write it. Null without the scope `mapping:staff`")
    distance_m: float


class LocateView(_Searched):
    """What is at a point."""

    point: PointView
    street: StreetView | None
    assets: list[AssetView] = Field(description="Nearest first, at most 20 of each layer")
    open_cases: list[OpenCase] | None = Field(
        description="Within 50 m, nearest first, of kinds that public maps show; null unless you ask for them"
    )


class PropertyAreas(_Searched):
    """The areas of a property."""

    uprn: str
    point: PointView


class PostcodeAreas(_Searched):
    """The areas of a postcode's point: those of an address in it may be others, near a border."""

    postcode: str
    point: PointView


class BatchRequest(BaseModel):
    """Points of which the areas are wanted."""

    model_config = ConfigDict(extra="forbid")

    points: list[tuple[float, float]] = Field(
        min_length=1, max_length=MAX_POINTS, description="Two numbers each, in the order of `crs`"
    )
    crs: str = Field(
        default="CRS84", max_length=100, description="CRS84 (lon, lat), EPSG:27700, EPSG:4326 (lat, lon) ..."
    )
    areas: LayerNames = Field(default=[], description="Names of layers; none: all of areas and zones")
    moment: datetime | None = Field(
        default=None, alias="datetime", description="As of when, with its zone; now without it"
    )


class BatchPoint(BaseModel):
    """Where a point lies: places in the list of areas. Of each layer the primary one comes first."""

    areas: list[int]
    on_boundary: list[int] = Field(description="Those on whose border it lies")
    outside_gb: bool = Field(description="It lies outside Great Britain: nothing was searched")


class BatchView(BaseModel):
    """The areas of many points."""

    areas: list[AreaView] = Field(description="Each area once")
    points: list[BatchPoint] = Field(description="One for each point, in their order")
    left_out: list[str] = Field(description="Layers that are too large for a batch")
    generation: dict[str, int]
    as_of: datetime


class NearView(BaseModel):
    """What is near a point, nearest first."""

    point: PointView
    items: list[AssetView]
    generation: dict[str, int]
    as_of: datetime


class RuleBody(BaseModel):
    """Reports of a kind at a place go to a body: the first rule that fits, by position."""

    model_config = ConfigDict(extra="forbid")

    position: int = Field(default=100, ge=0, le=1_000_000, description="Rules are asked in this order")
    report_kind: RuleKind = Field(
        description="Such as `pothole`; `street` decides who maintains a street; `*` is any"
    )
    layer: str | None = Field(
        default=None, max_length=60, description="Only in, or near, features of this layer; null: everywhere"
    )
    within_metres: float = Field(
        default=0, ge=0, le=500, allow_inf_nan=False, description="How near; 0: in a polygon"
    )
    property_name: str = Field(
        default="", max_length=60, description="Only features that have one of the values here; empty: all"
    )
    property_values: list[_Text] = Field(default=[], max_length=50)
    body: _Text = Field(examples=["National Highways"])
    contact: str = Field(default="", max_length=300, description="Where people turn to: a page or a number")


class RuleView(RuleBody):
    """A rule of a council."""

    id: Id
    version: int


class ResponsibilityView(BaseModel):
    """Who looks after a place; ``body`` is null when no rule fits: the council has not said."""

    point: PointView
    report_kind: str
    body: str | None
    contact: str | None
    rule: Id | None
    feature: AssetView | None = Field(
        description="The feature by which the rule fits; null: it holds everywhere, or is not for you to see"
    )
    generation: dict[str, int]
    as_of: datetime
