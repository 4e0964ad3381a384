"""Tilesets as documents: OGC API Tiles' own, and TileJSON 3.0.0."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mapping.collections.rules.layers import Audience, Extent, Layer, unite
from mapping.tiles.rules.limits import LAST_ZOOM, first_zoom
from mapping.tiles.rules.matrix import MAX_ZOOM
from mapping.tiles.schemas.addresses import JSON, MVT, TILEJSON, Addresses, Link
from mapping.tiles.schemas.matrix_sets import CRS, MATRIX_SET_URI

_TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
_GEODATA = "http://www.opengis.net/def/rel/ogc/1.0/geodata"
_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_WORLD = Extent(-180.0, -85.051129, 180.0, 85.051129)
_DIMENSIONS = {"Point": 0, "LineString": 1, "Polygon": 2}
_TYPES = {"string": "String", "date": "String", "date-time": "String", "boolean": "Boolean"}


class TileSetItem(BaseModel):
    """A tileset, as lists have it."""

    title: str
    dataType: str = "vector"  # noqa: N815 - the standard's spelling
    crs: str = CRS
    tileMatrixSetURI: str = MATRIX_SET_URI  # noqa: N815
    links: list[Link]


class TileSetList(BaseModel):
    """The tilesets of a collection or of the council."""

    links: list[Link]
    tilesets: list[TileSetItem]


class BoundingBox(BaseModel):
    """A box in longitude and latitude."""

    lowerLeft: tuple[float, float]  # noqa: N815
    upperRight: tuple[float, float]  # noqa: N815
    crs: str = _CRS84


class TileLayer(BaseModel):
    """A layer within the tiles."""

    id: str = Field(description="Its name in the tiles: the collection's id")
    title: str
    description: str
    dataType: str = "vector"  # noqa: N815
    geometryDimension: int = Field(description="0 points, 1 lines, 2 polygons")  # noqa: N815
    minTileMatrix: str  # noqa: N815
    maxTileMatrix: str  # noqa: N815
    propertiesSchema: dict[str, Any]  # noqa: N815
    boundingBox: BoundingBox  # noqa: N815
    attribution: str
    links: list[Link]


class TileSet(TileSetItem):
    """A tileset."""

    description: str
    attribution: str
    layers: list[TileLayer]
    boundingBox: BoundingBox  # noqa: N815


class VectorLayer(BaseModel):
    """A layer of TileJSON."""

    id: str
    description: str
    fields: dict[str, str]
    minzoom: int
    maxzoom: int


class TileJson(BaseModel):
    """A tileset as TileJSON 3.0.0."""

    model_config = ConfigDict(
        json_schema_extra={"externalDocs": {"url": "https://github.com/mapbox/tilejson-spec"}}
    )

    tilejson: str = "3.0.0"
    name: str
    description: str
    version: str = "1.0.0"
    scheme: str = "xyz"
    tiles: list[str]
    attribution: str
    bounds: tuple[float, float, float, float]
    center: tuple[float, float, int]
    minzoom: int
    maxzoom: int
    vector_layers: list[VectorLayer]


def list_tile_sets(title: str, addresses: Addresses, name: str = "") -> TileSetList:
    """List the tilesets of a collection, or of the council."""
    own_link = Link(href=addresses.tiles(name), rel="self", type=JSON, title=f"Tilesets of {title}")
    return TileSetList(
        links=[own_link], tilesets=[TileSetItem(title=title, links=_link(title, addresses, name))]
    )


def describe_tile_set(
    title: str,
    description: str,
    layers: Sequence[Layer],
    audience: Audience,
    addresses: Addresses,
    name: str = "",
) -> TileSet:
    """Describe the tileset of layers: ``name`` is the collection's, if it is of one."""
    links = _link(title, addresses, name)
    item = Link(href=addresses.template(name), rel="item", type=MVT, title="Tiles", templated=True)
    tilejson = Link(href=addresses.tilejson(name), rel="describedby", type=TILEJSON, title="TileJSON")
    return TileSet(
        title=title,
        description=description,
        attribution=attribute(layers),
        links=[*links, item, tilejson],
        layers=[_describe_layer(layer, audience, addresses) for layer in layers],
        boundingBox=_box(find_extent(layers)),
    )


def make_tilejson(
    title: str, description: str, layers: Sequence[Layer], audience: Audience, tiles: str
) -> TileJson:
    """Make the TileJSON of layers. ``tiles`` is the template of their tiles' address."""
    extent = find_extent(layers)
    first = min((_first_zoom(layer) for layer in layers), default=0)
    middle = ((extent.west + extent.east) / 2, (extent.south + extent.north) / 2)
    return TileJson(
        name=title,
        description=description,
        tiles=[tiles],
        attribution=attribute(layers),
        bounds=tuple(extent),
        center=(*middle, max(first, 10)),
        minzoom=first,
        maxzoom=LAST_ZOOM,
        vector_layers=[
            VectorLayer(
                id=layer.name,
                description=layer.description,
                fields={"id": "String"} | {
                    each.name: _TYPES.get(each.type, "Number") for each in layer.visible_properties(audience)
                },
                minzoom=_first_zoom(layer),
                maxzoom=LAST_ZOOM,
            )
            for layer in layers
        ],
    )  # fmt: skip


def attribute(layers: Sequence[Layer]) -> str:
    """Join the attributions of layers, each once."""
    return " ".join(dict.fromkeys(layer.attribution for layer in layers if layer.attribution))


def find_extent(layers: Sequence[Layer]) -> Extent:
    """Find the extent of layers, within what tiles show."""
    extents = [layer.extent for layer in layers if layer.extent is not None]
    if not extents:
        return _WORLD
    whole = unite(extents)
    return Extent(*map(max, whole[:2], _WORLD[:2]), *map(min, whole[2:], _WORLD[2:]))


def _first_zoom(layer: Layer) -> int:
    return first_zoom(layer.feature_count, layer.extent)


def _box(extent: Extent) -> BoundingBox:
    return BoundingBox(lowerLeft=(extent.west, extent.south), upperRight=(extent.east, extent.north))


def _link(title: str, addresses: Addresses, name: str) -> list[Link]:
    links = [
        Link(href=addresses.tile_set(name), rel="self", type=JSON, title=f"Tileset of {title}"),
        Link(href=addresses.matrix_set(), rel=_TILING_SCHEME, type=JSON, title="WebMercatorQuad"),
    ]
    if name:
        links.append(Link(href=addresses.collection(name), rel=_GEODATA, type=JSON, title=title))
    return links


def _describe_layer(layer: Layer, audience: Audience, addresses: Addresses) -> TileLayer:
    properties = {
        each.name: {"title": each.title, "type": _json_type(each.type)}
        for each in layer.visible_properties(audience)
    }
    return TileLayer(
        id=layer.name,
        title=layer.title,
        description=layer.description,
        geometryDimension=_DIMENSIONS[layer.geometry_type],
        minTileMatrix=str(_first_zoom(layer)),
        maxTileMatrix=str(MAX_ZOOM),
        propertiesSchema={"type": "object", "properties": {"id": {"type": "string"}, **properties}},
        boundingBox=_box(find_extent([layer])),
        attribution=layer.attribution,
        links=[
            Link(href=addresses.collection(layer.name), rel=_GEODATA, type=JSON, title=layer.title),
        ],
    )


def _json_type(kind: str) -> str:
    return "string" if kind in {"date", "date-time"} else kind
