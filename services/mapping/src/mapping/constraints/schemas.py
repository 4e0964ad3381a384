"""Models of the API of constraints."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.ids import Id
from chassis.types import Uprn

MOST_LAYERS = 200
_LINE = r"^[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
Buffer = Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False, description="Metres around the site")]


class ListedLayer(BaseModel):
    """A layer that is searched."""

    model_config = ConfigDict(extra="forbid")

    layer: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)] = Field(
        examples=["conservation-areas"]
    )
    question: Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=_LINE)] = Field(
        examples=["Is it in a conservation area?"]
    )
    within_m: Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)] = Field(
        default=0, description="Metres around the site, for questions such as road proposals within 200 m"
    )


class LayerList(BaseModel):
    """The layers that a council searches for constraints, in the order of its answers."""

    model_config = ConfigDict(extra="forbid")

    layers: list[ListedLayer] = Field(max_length=MOST_LAYERS)


class LayerListView(LayerList):
    """The list, with its version: 0 is all zones, until the council writes its own."""

    version: int


class SearchRequest(BaseModel):
    """What is searched: a property, or a site that was drawn."""

    model_config = ConfigDict(extra="forbid")

    uprn: Uprn | None = None
    site: dict[str, Any] | None = Field(
        default=None, max_length=3, description="A GeoJSON Polygon or MultiPolygon"
    )
    crs: Annotated[str, StringConstraints(max_length=100)] = Field(
        default="CRS84", description="The system of the site's coordinates: CRS84, EPSG:27700 or a URI"
    )
    buffer: Buffer = 0


class Constraint(BaseModel):
    """Something of a layer on the site, or near it."""

    reference: str
    name: str
    overlap_m2: float = Field(description="Square metres that it shares with the site")
    overlap_share: float | None = Field(description="That of the site's area; null for a single point")
    distance_m: float = Field(description="0 if it meets the site")
    touches_only: bool = Field(description="It has a border with the site, and nothing within it")


class LayerResult(BaseModel):
    """A layer that was asked for, also if nothing was found."""

    layer: str
    title: str
    question: str
    within_m: float = Field(description="Metres around the site that were searched")
    searched: bool
    reason: str | None = Field(description="Why it was not searched")
    found: list[Constraint]
    version: int | None = Field(description="Of the layer")
    changed_at: datetime | None = Field(description="When the layer was last changed")
    as_of: datetime = Field(description="What held then was searched")
    vintage: str
    keeper: str
    licence: str
    attribution: str


class SiteView(BaseModel):
    """What was searched, in metres of the National Grid."""

    uprn: str | None
    geometry: dict[str, Any]
    crs: str
    area_m2: float
    repaired: str | None = Field(description="What was wrong with the polygon as it was drawn")


class SearchReceipt(BaseModel):
    """A search that is kept: what is remembered of a request that may be sent twice."""

    id: Id


class SignedSearch(BaseModel):
    """Proof of a search: a signed statement of its SHA-256 (JWS, Ed25519), and the key that checks it."""

    statement: str
    public_key: dict[str, str] = Field(description="A JWK. Keep it apart: it is the same for years")


class ConstraintSearch(BaseModel):
    """The answer, which is kept as it is."""

    id: Id
    searched_at: datetime
    list_version: int = Field(description="Of the council's list of layers")
    site: SiteView
    buffer_m: float
    layers: list[LayerResult]
    withheld: int = Field(description="Layers of the list that you may not read")
