"""Models of features that are written, and of their history."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)

from chassis.json_values import JsonObject, check_text
from mapping.collections.schemas.layers import Reason

MAX_BODY = 4_000_000
"""Bytes of a feature's body: 200,000 vertices are the most that a geometry may have, some 20 bytes each."""
FeatureId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f/?#]{1,200}$"),
    AfterValidator(check_text),
]
CrsUri = Annotated[str, StringConstraints(max_length=200)]


Geometry = Annotated[
    dict[str, JsonValue],
    Field(description="A GeoJSON geometry; its coordinates are in the system that `crs` names"),
]


class Validity(BaseModel):
    """From when until when a feature holds: ``valid_to`` is the first moment at which it does no more."""

    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise ValueError("valid_to must be later than valid_from")
        return self


class FeatureInput(Validity):
    """A feature as you write it, whole."""

    model_config = ConfigDict(extra="forbid")
    geometry: Geometry | None = Field(description="Null: it has no place")
    properties: JsonObject = {}
    crs: CrsUri | None = Field(default=None, description="URI of the geometry's system; CRS84 if left out")
    reason: Reason


class NewFeatureInput(FeatureInput):
    """A feature to create. ``id`` may be left out: it is the key property, or made here."""

    id: FeatureId | None = None


class FeaturePatch(Validity):
    """A merge patch of a feature (RFC 7396): what you leave out stays, a property that is null is unset."""

    model_config = ConfigDict(extra="forbid")
    geometry: Geometry | None = None
    properties: JsonObject = {}
    crs: CrsUri | None = None
    reason: Reason


class FeatureUndo(BaseModel):
    """A change to undo: the latest of the feature."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason


class FeatureRestore(BaseModel):
    """A state to go back to, by the version of the layer that began it."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(ge=1, le=2_147_483_646)
    reason: Reason


class AddedFeature(BaseModel):
    """What is remembered of a form that added a feature, in case it is sent again."""

    id: str = Field(max_length=200)


class FeatureView(BaseModel):
    """A feature as editors see it; the geometry's coordinates are degrees, longitude first."""

    type: Literal["Feature"] = "Feature"
    id: str
    number: int = Field(description="Its id in tiles and MapIt, the same for ever")
    geometry: dict[str, Any] | None
    properties: dict[str, Any]
    valid_from: datetime | None
    valid_to: datetime | None
    version: int = Field(description="The layer's version that made it so")
    notes: list[str] = Field(default=[], description="What was mended of the geometry you sent")


class FeatureStateView(BaseModel):
    """A state of a feature, latest first in its history."""

    version: int
    change: Literal["created", "changed", "moved", "retired"]
    actor: str
    reason: str
    created_at: datetime
    etag: str = Field(description="Its entity tag, for If-Match")
    geometry: dict[str, Any] | None
    properties: dict[str, Any]
