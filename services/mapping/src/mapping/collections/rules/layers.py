"""A layer: what it holds, whose it is, and who may see what of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from mapping.shared.coordinates import Crs
from mapping.shared.councils import NATIONAL

Kind = Literal["zones", "areas", "assets", "lines", "places"]
Audience = Literal["public", "staff", "restricted"]
GeometryType = Literal["Point", "LineString", "Polygon"]
PropertyType = Literal["string", "integer", "number", "boolean", "date", "date-time"]
AUDIENCES: Sequence[Audience] = ("public", "staff", "restricted")
"""Each sees what those before it see, and more."""
_BNG = Crs.BNG.srid
_RANKS = {audience: rank for rank, audience in enumerate(AUDIENCES)}


def may_see(audience: Audience, needed: Audience) -> bool:
    """Check whether somebody of an audience may see what needs another."""
    return _RANKS[audience] >= _RANKS[needed]


class Property(NamedTuple):
    """A property that the features of a layer have."""

    name: str
    title: str
    type: PropertyType = "string"
    audience: Audience = "public"
    required: bool = False
    values: Sequence[str] = ()


class Extent(NamedTuple):
    """A box in CRS84: degrees."""

    west: float
    south: float
    east: float
    north: float


_GREAT_BRITAIN = Extent(-8.7, 49.8, 1.8, 60.9)


def unite(extents: Sequence[Extent]) -> Extent:
    """Return the extent of several."""
    west, south, east, north = zip(*extents, strict=True)
    return Extent(min(west), min(south), max(east), max(north))


class Validity(NamedTuple):
    """From and until when something is valid; None: always, and without end."""

    since: datetime | None
    until: datetime | None


def unite_validity(spans: Sequence[Validity]) -> Validity:
    """Return the time in which any of several is valid."""
    begins, ends = [each.since for each in spans], [each.until for each in spans]
    return Validity(
        None if None in begins else min(filter(None, begins), default=None),
        None if None in ends else max(filter(None, ends), default=None),
    )


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as it is after its latest change. ``council`` is ``region`` for a national one."""

    id: UUID
    council: str
    name: str
    title: str
    description: str
    kind: Kind
    geometry_type: GeometryType
    storage_srid: int
    keeper: str
    licence: str
    licence_url: str
    attribution: str
    vintage: str
    source_url: str
    synthetic: bool
    audience: Audience
    properties: tuple[Property, ...]
    key_property: str
    label_property: str
    code_property: str
    area_type: str
    locking: Literal["optional", "required"]
    style: Mapping[str, Any]
    status: Literal["draft", "published", "retired"]
    version: int
    feature_count: int
    extent: Extent | None
    valid_since: datetime | None
    valid_until: datetime | None
    changed_at: datetime

    @property
    def is_national(self) -> bool:
        """Check whether it stands once for all councils."""
        return self.council == NATIONAL

    @property
    def storage_crs(self) -> Crs:
        """Return the CRS in which its geometry is kept."""
        return Crs.BNG if self.storage_srid == _BNG else Crs.CRS84

    def visible_to(self, audience: Audience) -> bool:
        """Check whether an audience may see the layer."""
        return may_see(audience, self.audience)

    def visible_properties(self, audience: Audience) -> tuple[Property, ...]:
        """List the properties that an audience may see."""
        return tuple(each for each in self.properties if may_see(audience, each.audience))


def make_layer(row: object) -> Layer:
    """Make a layer of a row of ``collection``, by its columns' names."""
    values = {name: getattr(row, name) for name in Layer.__dataclass_fields__}
    values["properties"] = tuple(Property(**each) for each in values["properties"])
    values["extent"] = None if values["extent"] is None else Extent(*values["extent"])
    return Layer(**values)


def find_extent(layers: Sequence[Layer]) -> Extent:
    """Find the box of a council: of its boundary, else of its own layers, else Great Britain."""
    present = [layer for layer in layers if not layer.is_national and layer.extent is not None]
    boundary = [layer for layer in present if layer.name == "council-boundary"]
    extents = [layer.extent for layer in boundary or present if layer.extent is not None]
    return unite(extents) if extents else _GREAT_BRITAIN
