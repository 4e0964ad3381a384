"""Vector tiles, of a collection and of several."""

import asyncio
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response

from chassis.auth import public
from chassis.etags import IfNoneMatch, Tag, is_current
from chassis.problems import Problem, document_problems
from mapping.collections.rules.layers import Layer
from mapping.tiles.actions import TheTiles
from mapping.tiles.actions.answers import TileAnswer, join_tags
from mapping.tiles.routes.access import (
    BASE,
    CollectionId,
    Collections,
    Documented,
    MatrixSetId,
    Site,
    TheSite,
    cache_control,
    only,
    require_matrix_set,
)
from mapping.tiles.rules.limits import has_zoom
from mapping.tiles.rules.matrix import Tile
from mapping.tiles.schemas.addresses import MVT

router = APIRouter(prefix=BASE, tags=["tiles"])

_ZOOM = r"^[0-9]{1,2}$"
_LAST = 2**31 - 1
Zoom = Annotated[
    str,
    Path(alias="tileMatrix", pattern=_ZOOM, max_length=2, description="The zoom: 0 to 22", examples=["9"]),
]
Row = Annotated[int, Path(alias="tileRow", ge=0, le=_LAST, description="The row, from the north (y)")]
Column = Annotated[int, Path(alias="tileCol", ge=0, le=_LAST, description="The column, from 180 W (x)")]
Version = Annotated[
    int | None,
    Query(
        alias="v",
        ge=0,
        le=_LAST,
        description="The version of the collection that you know: its tiles may be kept for a year",
    ),
]


async def _read_tile(matrix_set: MatrixSetId, zoom: Zoom, row: Row, column: Column) -> Tile:
    require_matrix_set(matrix_set)
    return Tile(int(zoom), row, column)


@dataclass(frozen=True, slots=True)
class _Copy:
    """What a client has of a tile, and whether it takes gzip."""

    if_none_match: str | None
    takes_gzip: bool


async def _read_copy(
    if_none_match: IfNoneMatch = None,
    accept_encoding: Annotated[str | None, Header(max_length=1_000, include_in_schema=False)] = None,
) -> _Copy:
    return _Copy(if_none_match, accept_encoding is not None and "gzip" in accept_encoding)


TheTile = Annotated[Tile, Depends(_read_tile)]
TheCopy = Annotated[_Copy, Depends(_read_copy)]
_ANSWERS: Documented = {
    200: {
        "description": "The tile (Vector Tile Specification 2.1), as gzip if you accept that",
        "content": {MVT: {"schema": {"type": "string", "format": "binary"}}},
        "headers": {"ETag": {"description": "Its version and place", "schema": {"type": "string"}}},
    },
    204: {
        "description": "The tile shows nothing",
        "headers": {"OATiles-hint": {"schema": {"type": "string"}}},
    },
    304: {"description": "As the ETag in If-None-Match says"},
    **document_problems(400, 403, 404),
}


@router.get(
    "/collections/{collectionId}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
    response_class=Response,
    responses=_ANSWERS,
    dependencies=[only("v", "f")],
    operation_id="mapping.collection.vector.getTile",
)
async def get_tile(
    _: Annotated[None, public],
    collection: CollectionId,
    tile: TheTile,
    site: TheSite,
    tiles: TheTiles,
    copy: TheCopy,
    version: Version = None,
) -> Response:
    """Get a tile of a collection."""
    layer = site.get_layer(collection)
    _require_tile([layer], tile)
    tag, lasts = await tiles.find_tag(layer, tile, site.audience)
    headers = _head(site, is_lasting=lasts and version == layer.version)
    if is_current(copy.if_none_match, str(Tag(tag))):
        return Response(None, 304, {**headers, "ETag": str(Tag(tag))})
    return await _respond(await tiles.get(layer, tile, site.audience), headers, copy)


@router.get(
    "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
    response_class=Response,
    responses=_ANSWERS,
    dependencies=[only("v", "f", "collections")],
    operation_id="mapping.dataset.vector.getTile",
)
async def get_joined_tile(
    _: Annotated[None, public],
    tile: TheTile,
    site: TheSite,
    tiles: TheTiles,
    copy: TheCopy,
    collections: Collections = None,
) -> Response:
    """Get a tile that shows several collections, each as a layer of its own."""
    layers = [layer for layer in site.list_layers(collections) if _has_zoom(layer, tile)]
    _require_tile(layers, tile)
    tags = [(layer, (await tiles.find_tag(layer, tile, site.audience))[0]) for layer in layers]
    tag, headers = Tag(join_tags(tags)), _head(site, is_lasting=False)
    if is_current(copy.if_none_match, str(tag)):
        return Response(None, 304, {**headers, "ETag": str(tag)})
    joined = await tiles.get_joined(layers, tile, site.audience)
    return await _respond(joined, headers, copy)


def _require_tile(layers: Sequence[Layer], tile: Tile) -> None:
    """Require a tile that is within the tile matrix set, at a zoom that a layer has. Raises Problem 404."""
    if tile.exists() and (not layers or any(_has_zoom(layer, tile) for layer in layers)):
        return
    detail = (
        f"There is no tile {tile.zoom}/{tile.row}/{tile.column} of this here. See the tileset for the limits."
    )
    raise Problem(404, "no-such-tile", detail)


def _has_zoom(layer: Layer, tile: Tile) -> bool:
    return has_zoom(tile.zoom, layer.feature_count, layer.extent)


def _head(site: Site, *, is_lasting: bool) -> dict[str, str]:
    return {
        "Cache-Control": cache_control(site, is_lasting=is_lasting),
        "Vary": "Accept-Encoding" if site.is_public else "Accept-Encoding, Authorization, X-Api-Key",
    }


async def _respond(answer: TileAnswer, headers: dict[str, str], copy: _Copy) -> Response:
    """Send a tile: gzip as it is kept, or unpacked for the few who do not accept that."""
    if not answer.data:
        return Response(None, 204, {**headers, "ETag": str(Tag(answer.tag)), "OATiles-hint": "empty"})
    if copy.takes_gzip:
        packed = {**headers, "ETag": str(Tag(answer.tag)), "Content-Encoding": "gzip"}
        return Response(answer.data, headers=packed, media_type=MVT)
    data = await asyncio.to_thread(gzip.decompress, answer.data)
    return Response(data, headers={**headers, "ETag": str(Tag(f"{answer.tag}-plain"))}, media_type=MVT)
