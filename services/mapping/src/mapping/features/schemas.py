"""Bodies of features that are written by OGC API Features, Part 4."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from chassis.json_values import JsonObject
from mapping.collections.schemas.features import Geometry


class FeatureBody(BaseModel):
    """A GeoJSON feature. Its ``id``, and members that GeoJSON does not know, are ignored."""

    model_config = ConfigDict(extra="ignore")
    type: Literal["Feature"]
    geometry: Geometry | None = None
    properties: JsonObject | None = None


class PatchBody(BaseModel):
    """A merge patch of a GeoJSON feature (RFC 7396). An ``id`` is ignored: it cannot change."""

    model_config = ConfigDict(extra="ignore")
    type: Literal["Feature"] | None = None
    geometry: Geometry | None = None
    properties: JsonObject | None = None
