"""Models of layers and their versions, as the API has them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from chassis.ids import Id
from chassis.json_values import JsonObject, check_text
from chassis.types import Name
from mapping.collections.rules.layers import Audience, GeometryType, Kind, Layer, PropertyType

LAYER_NAME = r"^[a-z][a-z0-9_-]{1,58}[a-z0-9]$"
PROPERTY_NAME = r"^[A-Za-z_][A-Za-z0-9_.:-]{0,59}$"
LayerName = Annotated[str, StringConstraints(pattern=LAYER_NAME, max_length=60)]
PropertyName = Annotated[str, StringConstraints(pattern=PROPERTY_NAME, max_length=60)]
MaybeProperty = Annotated[str, StringConstraints(pattern=rf"{PROPERTY_NAME}|^$", max_length=60)]
_STORABLE = AfterValidator(check_text)
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), _STORABLE]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=5_000), _STORABLE]
Url = Annotated[str, StringConstraints(pattern=r"^(https?://[\x21-\x7e]{1,490})?$", max_length=500)]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    _STORABLE,
    Field(description="Why, for the history: no names of people"),
]


class PropertySchema(BaseModel):
    """A property that the features of a layer have."""

    model_config = ConfigDict(extra="forbid")
    name: PropertyName
    title: Name
    type: PropertyType = "string"
    audience: Audience = Field(default="public", description="Who sees it")
    required: bool = False
    values: list[Words] = Field(default=[], max_length=500, description="The allowed values; empty for any")


class LayerProperties(BaseModel):
    """What a council decides of a layer, and may change later."""

    model_config = ConfigDict(extra="forbid")
    title: Name
    description: Prose = ""
    kind: Kind
    keeper: Words = Field(default="", description="Who looks after the data")
    licence: Words = Field(default="", description="By its name, on every answer")
    licence_url: Url = ""
    attribution: Prose = ""
    vintage: Words = Field(default="", description="As of when it is: boundaries of 2013")
    source_url: Url = ""
    synthetic: bool = Field(default=False, description="Whether it is made up")
    audience: Audience = "public"
    properties: list[PropertySchema] = Field(default=[], max_length=100)
    label_property: MaybeProperty = ""
    code_property: MaybeProperty = Field(default="", description="The property with a GSS or another code")
    area_type: str = Field(default="", pattern=r"^[A-Z]{0,3}$", max_length=3, description="MapIt's: UTW")
    locking: Literal["optional", "required"] = Field(
        default="optional", description="Whether changes by OGC API Features need If-Match"
    )
    style: JsonObject = Field(default={}, description="How maps draw it")


class NewLayer(LayerProperties):
    """A layer to create."""

    name: LayerName = Field(description="In URLs")
    geometry_type: GeometryType
    storage_srid: Literal[84, 27700] = Field(
        default=27700, description="Where its coordinates are kept: 27700, or 84 for degrees"
    )
    key_property: MaybeProperty = Field(default="", description="The property with a feature's id")

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_properties({each.name for each in self.properties}, len(self.properties), self.model_dump())
        return self


def check_properties(names: set[str], count: int, values: dict[str, Any]) -> None:
    """Check that properties have names of their own, and that those referred to exist. Raises ValueError."""
    if len(names) < count:
        raise ValueError("two properties have the same name")
    for role in ("key_property", "label_property", "code_property"):
        if values.get(role) and values[role] not in names:
            raise ValueError(f"{role} is not one of the properties")


class LayerPatch(BaseModel):
    """What changes of a layer: members that you leave out stay as they are."""

    model_config = ConfigDict(extra="forbid")
    name: LayerName | None = None
    title: Name | None = None
    description: Prose | None = None
    kind: Kind | None = None
    keeper: Words | None = None
    licence: Words | None = None
    licence_url: Url | None = None
    attribution: Prose | None = None
    vintage: Words | None = None
    source_url: Url | None = None
    synthetic: bool | None = None
    audience: Audience | None = None
    properties: list[PropertySchema] | None = Field(default=None, max_length=100)
    label_property: MaybeProperty | None = None
    code_property: MaybeProperty | None = None
    area_type: str | None = Field(default=None, pattern=r"^[A-Z]{0,3}$", max_length=3)
    locking: Literal["optional", "required"] | None = None
    style: JsonObject | None = None

    def list_changes(self) -> dict[str, Any]:
        """List what is sent, by name."""
        return self.model_dump(exclude_unset=True, exclude_none=True)


class PropertyView(BaseModel):
    """A property of a layer that you may see."""

    name: str
    title: str
    type: PropertyType
    audience: Audience
    required: bool
    values: list[str]


class LayerView(BaseModel):
    """A layer."""

    id: Id
    name: str
    title: str
    description: str
    kind: Kind
    geometry_type: GeometryType
    storage_crs: str = Field(description="The URI of the system its coordinates are kept in")
    keeper: str
    licence: str
    licence_url: str
    attribution: str
    vintage: str
    source_url: str
    synthetic: bool
    audience: Audience
    properties: list[PropertyView]
    key_property: str
    label_property: str
    code_property: str
    area_type: str
    locking: Literal["optional", "required"]
    style: dict[str, Any]
    national: bool = Field(description="Whether it stands once for all councils")
    status: Literal["draft", "published", "retired"]
    version: int = Field(description="It grows with every change of the layer or of a feature")
    feature_count: int
    extent: list[float] | None = Field(description="West, south, east and north in degrees")
    changed_at: datetime


class VersionView(BaseModel):
    """A version of a layer: what made it, and how many features it changed."""

    version: int
    cause: Literal["load", "edit", "restore"]
    actor: str
    reason: str
    vintage: str
    added: int
    changed: int
    moved: int = Field(description="Of those changed: their place, too")
    deleted: int
    created_at: datetime


class LayerRestore(BaseModel):
    """A version to go back to."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(ge=1, le=2_147_483_646)
    reason: Reason


class LayerAct(BaseModel):
    """Why a layer is published or retired."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason


class Difference(BaseModel):
    """A feature that differs between two versions of its layer."""

    number: int
    id: str
    change: Literal["added", "deleted", "moved", "changed"]


def show_layer(layer: Layer, audience: Audience) -> LayerView:
    """Show a layer to an audience, without the properties that it may not see."""
    properties = [
        PropertyView(**each._asdict() | {"values": list(each.values)})
        for each in layer.visible_properties(audience)
    ]
    derived = {"properties", "extent", "storage_crs", "national"}
    values = {name: getattr(layer, name) for name in LayerView.model_fields if name not in derived}
    return LayerView(
        properties=properties,
        extent=None if layer.extent is None else list(layer.extent),
        storage_crs=layer.storage_crs.uri,
        national=layer.is_national,
        **values,
    )
