"""Vector tiles, of a collection and of several.

These are the hottest reads of maps, so their routes read the request themselves: each parameter that FastAPI
resolves costs more than to find a tile in memory.
"""

import asyncio
import gzip
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from chassis.auth import Caller, public
from chassis.etags import Tag, is_current
from chassis.hot_reads import HotRead
from chassis.problems import Problem, document_problems, invalid
from mapping.collections.rules.layers import Layer
from mapping.tiles.actions import Tiles
from mapping.tiles.actions.answers import TileAnswer, join_tags
from mapping.tiles.routes.access import (
    BASE,
    Documented,
    Site,
    answer_head,
    cache_control,
    read_site,
    refuse_unknown,
)
from mapping.tiles.rules.limits import has_zoom
from mapping.tiles.rules.matrix import Tile
from mapping.tiles.schemas.addresses import MATRIX_SET, MVT
from mapping.tiles.schemas.parameters import COLLECTION, COLLECTIONS, COUNCIL, FORM, MOST_NAMES, TILE, VERSION

router = APIRouter(prefix=BASE, tags=["tiles"])

_MOST_DIGITS = 10
_ANSWERS: Documented = {
    200: {
        "description": "The tile (Vector Tile Specification 2.1), as gzip if you accept that",
        "content": {MVT: {"schema": {"type": "string", "format": "binary"}}},
        "headers": {"ETag": {"description": "Its version and place", "schema": {"type": "string"}}},
    },
    204: {
        "description": "The tile shows nothing",
        "headers": {"OATiles-hint": {"description": "empty", "schema": {"type": "string"}}},
    },
    304: {"description": "As the ETag in If-None-Match says"},
    **document_problems(400, 403, 404),
}


def _document(*parameters: dict[str, Any]) -> dict[str, Any]:
    return {"parameters": [*parameters]}


_TILE = "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}"
_COLLECTION_TILE = f"/collections/{{collectionId}}{_TILE}"


@router.get(
    _COLLECTION_TILE,
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra=_document(COUNCIL, COLLECTION, *TILE, VERSION, FORM),
    operation_id="mapping.collection.vector.getTile",
)
async def get_tile(request: Request, _: Annotated[None, public]) -> Response:
    """Get a tile of a collection."""
    refuse_unknown(request, "v", "f")
    site, tile, tiles = (
        await read_site(request, request.path_params["council"]),
        _read_tile(request),
        _get_tiles(request),
    )
    layer = site.get_layer(request.path_params["collectionId"])
    _require_tile([layer], tile)
    tag, lasts = await tiles.find_tag(layer, tile, site.audience)
    headers = _head(site, is_lasting=lasts and _read_number(request, "v") == layer.version)
    if is_current(request.headers.get("if-none-match"), f'"{tag}"'):
        return Response(None, 304, {**headers, "ETag": f'"{tag}"'})
    return await _respond(request, await tiles.get(layer, tile, site.audience), headers)


@router.get(
    _TILE,
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra=_document(COUNCIL, *TILE, COLLECTIONS, VERSION, FORM),
    operation_id="mapping.dataset.vector.getTile",
)
async def get_joined_tile(request: Request, _: Annotated[None, public]) -> Response:
    """Get a tile that shows several collections, each as a layer of its own."""
    refuse_unknown(request, "v", "f", "collections")
    _read_number(request, "v")
    site, tile, tiles = (
        await read_site(request, request.path_params["council"]),
        _read_tile(request),
        _get_tiles(request),
    )
    names = request.query_params.get("collections")
    if names is not None and len(names) > MOST_NAMES:
        raise invalid("query.collections", f"may have {MOST_NAMES} characters at most", "string_too_long")
    layers = [layer for layer in site.list_layers(names) if _has_zoom(layer, tile)]
    _require_tile(layers, tile)
    # What lies elsewhere is not read into memory for a tile in which it shows nothing.
    layers = [layer for layer in layers if layer.extent is not None and tile.meets(layer.extent)]
    tags = [(layer, (await tiles.find_tag(layer, tile, site.audience))[0]) for layer in layers]
    tag, headers = str(Tag(join_tags(tags))), _head(site, is_lasting=False)
    if is_current(request.headers.get("if-none-match"), tag):
        return Response(None, 304, {**headers, "ETag": tag})
    return await _respond(request, await tiles.get_joined(layers, tile, site.audience), headers)


def _get_tiles(request: Request) -> Tiles:
    tiles: Tiles = request.app.state.tiles
    return tiles


def _read_tile(request: Request) -> Tile:
    """Read the tile that the path names. Raises Problem 400 or 404."""
    path = request.path_params
    if path["tileMatrixSetId"] != MATRIX_SET:
        raise Problem(404, "not-found", f"There is no such tile matrix set here: there is {MATRIX_SET}.")
    return Tile(*(_parse(path[name], f"path.{name}") for name in ("tileMatrix", "tileRow", "tileCol")))


def _read_number(request: Request, name: str) -> int | None:
    """Read a number of the query, if it is there. Raises Problem 400. ``f`` has one value: ``mvt``."""
    if not request.scope["query_string"]:
        return None
    query = request.query_params
    if query.get("f", "mvt") != "mvt":
        raise invalid("query.f", "must be mvt", "literal_error")
    return None if name not in query else _parse(query[name], f"query.{name}")


def _parse(text: str, field: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise invalid(field, f"must be a whole number of at most {_MOST_DIGITS} digits", "int_parsing")
    return int(text)


def _require_tile(layers: Sequence[Layer], tile: Tile) -> None:
    """Require a tile that is within the tile matrix set, at a zoom that a layer has. Raises Problem 404."""
    if tile.exists() and (not layers or any(_has_zoom(layer, tile) for layer in layers)):
        return
    place = f"{tile.zoom}/{tile.row}/{tile.column}"
    detail = f"There is no tile {place} of this here. See the tileset for the limits."
    raise Problem(404, "no-such-tile", detail)


def _has_zoom(layer: Layer, tile: Tile) -> bool:
    return has_zoom(tile.zoom, layer.feature_count, layer.extent)


def _head(site: Site, *, is_lasting: bool) -> dict[str, str]:
    return {
        "Cache-Control": cache_control(site, is_lasting=is_lasting),
        "Vary": "Accept-Encoding" if site.is_public else "Accept-Encoding, Authorization, X-Api-Key",
    }


async def _respond(request: Request, answer: TileAnswer, headers: dict[str, str]) -> Response:
    """Send a tile: gzip as it is kept, or unpacked for the few who do not accept that."""
    if not answer.data:
        return Response(None, 204, {**headers, "ETag": f'"{answer.tag}"', "OATiles-hint": "empty"})
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers |= {"ETag": f'"{answer.tag}"', "Content-Encoding": "gzip"}
        return Response(answer.data, headers=headers, media_type=MVT)
    data = await asyncio.to_thread(gzip.decompress, answer.data)
    return Response(data, headers={**headers, "ETag": f'"{answer.tag}-plain"'}, media_type=MVT)


async def _answer_tile(request: Request, _: Caller | None) -> Response:
    return await get_tile(request, None)


async def _answer_joined_tile(request: Request, _: Caller | None) -> Response:
    return await get_joined_tile(request, None)


hot_reads = [HotRead(BASE + _COLLECTION_TILE, _answer_tile), HotRead(BASE + _TILE, _answer_joined_tile)]
answer_head(router)
