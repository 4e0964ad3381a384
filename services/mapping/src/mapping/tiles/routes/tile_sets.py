"""Tilesets and tile matrix sets: what tiles there are, and how they are addressed."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel

from chassis.auth import public
from chassis.etags import NOT_MODIFIED, IfNoneMatch, respond_hashed
from chassis.problems import document_problems
from mapping.tiles.routes.access import (
    BASE,
    CollectionId,
    Collections,
    MatrixSetId,
    Site,
    TheSite,
    answer_head,
    cache_control,
    json_form,
    only,
    require_matrix_set,
)
from mapping.tiles.schemas.addresses import JSON, TILEJSON
from mapping.tiles.schemas.matrix_sets import MatrixSet, MatrixSetList, describe_matrix_set, list_matrix_sets
from mapping.tiles.schemas.tile_sets import (
    TileJson,
    TileSet,
    TileSetList,
    describe_tile_set,
    list_tile_sets,
    make_tilejson,
)

router = APIRouter(prefix=BASE, tags=["tiles"])
_PROBLEMS = {**NOT_MODIFIED, **document_problems(400, 403, 404)}
_TEMPLATE = "{z}/{y}/{x}"
_FORM = [only("f"), json_form]
_FORM_AND_COLLECTIONS = [only("f", "collections"), json_form]


def _respond(site: Site, body: BaseModel, if_none_match: str | None, media_type: str = JSON) -> Response:
    text = body.model_dump_json(exclude_none=True).encode()
    return respond_hashed(text, if_none_match, cache_control(site, seconds=60), media_type=media_type)


@router.get("/tileMatrixSets", responses=_PROBLEMS, response_model=MatrixSetList, dependencies=_FORM)
async def get_matrix_sets(
    _: Annotated[None, public], site: TheSite, if_none_match: IfNoneMatch = None
) -> Response:
    """List the tile matrix sets: there is WebMercatorQuad."""
    return _respond(site, list_matrix_sets(site.addresses), if_none_match)


@router.get(
    "/tileMatrixSets/{tileMatrixSetId}", responses=_PROBLEMS, response_model=MatrixSet, dependencies=_FORM
)
async def get_matrix_set(
    _: Annotated[None, public],
    matrix_set: MatrixSetId,
    site: TheSite,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Get a tile matrix set: its zooms, and the size of their tiles."""
    require_matrix_set(matrix_set)
    return _respond(site, describe_matrix_set(), if_none_match)


@router.get(
    "/tiles",
    responses=_PROBLEMS,
    response_model=TileSetList,
    dependencies=_FORM,
    operation_id="mapping.dataset.vector.getTileSetsList",
)
async def list_dataset_tile_sets(
    _: Annotated[None, public], site: TheSite, if_none_match: IfNoneMatch = None
) -> Response:
    """List the tilesets of all collections together."""
    return _respond(site, list_tile_sets("all collections", site.addresses), if_none_match)


@router.get(
    "/tiles/{tileMatrixSetId}",
    responses=_PROBLEMS,
    response_model=TileSet,
    dependencies=_FORM_AND_COLLECTIONS,
    operation_id="mapping.dataset.vector.getTileSet",
)
async def get_dataset_tile_set(
    _: Annotated[None, public],
    matrix_set: MatrixSetId,
    site: TheSite,
    collections: Collections = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Get the tileset of several collections, or of all."""
    require_matrix_set(matrix_set)
    layers = site.list_layers(collections)
    about = "Each collection is a layer of the tiles."
    body = describe_tile_set("all collections", about, layers, site.audience, site.addresses)
    return _respond(site, body, if_none_match)


@router.get(
    "/tiles/{tileMatrixSetId}/tilejson.json",
    responses=_PROBLEMS,
    response_model=TileJson,
    dependencies=_FORM_AND_COLLECTIONS,
)
async def get_dataset_tilejson(
    _: Annotated[None, public],
    matrix_set: MatrixSetId,
    site: TheSite,
    collections: Collections = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Get the TileJSON of several collections, or of all."""
    require_matrix_set(matrix_set)
    layers = site.list_layers(collections)
    query = f"?collections={','.join(layer.name for layer in layers)}" if collections else ""
    tiles = f"{site.addresses.tile_set()}/{_TEMPLATE}{query}"
    body = make_tilejson("All collections", "", layers, site.audience, tiles)
    return _respond(site, body, if_none_match, TILEJSON)


@router.get(
    "/collections/{collectionId}/tiles",
    responses=_PROBLEMS,
    response_model=TileSetList,
    dependencies=_FORM,
    operation_id="mapping.collection.vector.getTileSetsList",
)
async def list_collection_tile_sets(
    _: Annotated[None, public],
    collection: CollectionId,
    site: TheSite,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List the tilesets of a collection."""
    layer = site.get_layer(collection)
    return _respond(site, list_tile_sets(layer.title, site.addresses, layer.name), if_none_match)


@router.get(
    "/collections/{collectionId}/tiles/{tileMatrixSetId}",
    responses=_PROBLEMS,
    response_model=TileSet,
    dependencies=_FORM,
    operation_id="mapping.collection.vector.getTileSet",
)
async def get_collection_tile_set(
    _: Annotated[None, public],
    collection: CollectionId,
    matrix_set: MatrixSetId,
    site: TheSite,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Get the tileset of a collection."""
    require_matrix_set(matrix_set)
    layer = site.get_layer(collection)
    body = describe_tile_set(
        layer.title, layer.description, [layer], site.audience, site.addresses, layer.name
    )
    return _respond(site, body, if_none_match)


@router.get(
    "/collections/{collectionId}/tiles/{tileMatrixSetId}/tilejson.json",
    responses=_PROBLEMS,
    response_model=TileJson,
    dependencies=[only()],
)
async def get_collection_tilejson(
    _: Annotated[None, public],
    collection: CollectionId,
    matrix_set: MatrixSetId,
    site: TheSite,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Get the TileJSON of a collection. The address of its tiles names the version."""
    require_matrix_set(matrix_set)
    layer = site.get_layer(collection)
    tiles = f"{site.addresses.tile_set(layer.name)}/{_TEMPLATE}?v={layer.version}"
    body = make_tilejson(layer.title, layer.description, [layer], site.audience, tiles)
    return _respond(site, body, if_none_match, TILEJSON)


answer_head(router)
