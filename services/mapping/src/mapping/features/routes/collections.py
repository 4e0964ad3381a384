"""The landing page, the API's definition, the conformance declaration, and the collections."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from mapping.collections.rules.layers import Layer
from mapping.features.actions import reads
from mapping.features.routes.common import PREFIX, Reader, TheReader, read_route
from mapping.features.rules import documents, json_schemas
from mapping.features.rules.links import JSON, OPENAPI, SCHEMA
from mapping.features.rules.openapi import describe_api

router = APIRouter(prefix=PREFIX, tags=["OGC API Features"])
CollectionName = Annotated[str, Path(max_length=100, description="A collection's id")]


@read_route(router, "", (JSON,))
async def get_landing_page(reader: TheReader) -> Response:
    """Find what is here."""
    reader.check_parameters()
    is_page = reader.wants_page()
    layers = _list_layers(reader)
    attributions = sorted({layer.attribution for layer in layers if layer.attribution})
    more = [link for each in reader.extensions for link in each.link_landing(reader.site.root)]
    document = documents.describe_landing(
        reader.site, reader.council_name, attributions, more, is_html=is_page
    )
    return reader.render("ogc-landing.html", page=document) if is_page else reader.respond(document)


@read_route(router, "/api", (OPENAPI,))
async def get_api(reader: TheReader) -> Response:
    """Get the API's definition in OpenAPI 3.0, which names every collection."""
    reader.check_parameters()
    is_page = reader.wants_page((OPENAPI,))
    layers = _list_layers(reader)
    more = [each.describe_paths(layers) for each in reader.extensions]
    document = describe_api(reader.site, reader.council_name, layers, reader.audience, more)
    if not is_page:
        return reader.respond(document, OPENAPI)
    operations = [
        (method.upper(), path, operation["summary"])
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    return reader.render("ogc-api.html", operations=operations)


@read_route(router, "/conformance", (JSON,))
async def get_conformance(reader: TheReader) -> Response:
    """Get the conformance classes of the standards that are implemented."""
    reader.check_parameters()
    is_page = reader.wants_page()
    more = [uri for each in reader.extensions for uri in each.conformance]
    document = documents.describe_conformance(reader.site, more, is_html=is_page)
    return reader.render("ogc-conformance.html", page=document) if is_page else reader.respond(document)


@read_route(router, "/collections", (JSON,))
async def list_collections(reader: TheReader) -> Response:
    """List the layers that you may see, each with its keeper, licence and extent."""
    reader.check_parameters()
    is_page = reader.wants_page()
    described = [_describe(reader, layer) for layer in _list_layers(reader)]
    document = documents.describe_collections(reader.site, described, is_html=is_page)
    return reader.render("ogc-collections.html", page=document) if is_page else reader.respond(document)


@read_route(router, "/collections/{collection}", (JSON,))
async def get_collection(reader: TheReader, collection: CollectionName) -> Response:
    """Get a layer's description."""
    reader.check_parameters()
    is_page = reader.wants_page()
    layer = find_layer(reader, collection)
    document = _describe(reader, layer)
    if is_page:
        return reader.render("ogc-collection.html", page=document, layer=layer)
    return reader.respond(document)


@read_route(router, "/collections/{collection}/queryables", (SCHEMA,))
async def get_queryables(reader: TheReader, collection: CollectionName) -> Response:
    """Get what a layer's features can be filtered by, as JSON Schema."""
    return _respond_schema(reader, find_layer(reader, collection), "queryables")


@read_route(router, "/collections/{collection}/schema", (SCHEMA,))
async def get_schema(reader: TheReader, collection: CollectionName) -> Response:
    """Get the properties of a layer's features, as JSON Schema."""
    return _respond_schema(reader, find_layer(reader, collection), "schema")


def _respond_schema(reader: Reader, layer: Layer, name: str) -> Response:
    reader.check_parameters()
    is_page = reader.wants_page((SCHEMA,))
    properties = layer.visible_properties(reader.audience)
    url = reader.site.url("collections", layer.name, name)
    write = json_schemas.describe_queryables if name == "queryables" else json_schemas.describe_schema
    document = write(url, layer, properties)
    if is_page:
        return reader.render("ogc-schema.html", page=document, layer=layer, name=name)
    return reader.respond(document, SCHEMA)


def find_layer(reader: Reader, name: str) -> Layer:
    """Find the layer that a path names. Raises Problem 404."""
    return reads.get_layer(reader.snapshots, reader.council, name, reader.audience)


def _list_layers(reader: Reader) -> list[Layer]:
    return reads.list_layers(reader.snapshots, reader.council, reader.audience)


def _describe(reader: Reader, layer: Layer) -> dict[str, Any]:
    more = [link for each in reader.extensions for link in each.link_collection(reader.site.root, layer)]
    return documents.describe_collection(reader.site, layer, more)
