"""The API's definition in OpenAPI 3.0, written by us: concrete paths for every collection.

FastAPI writes 3.1 and other forms of list parameters; the standard's test suite, OWSLib, GDAL and QGIS know
3.0, and the latter two read ``limit`` of each collection's items.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mapping.collections.rules.layers import Audience, Layer
from mapping.features.rules.json_schemas import describe_property
from mapping.features.rules.links import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, Site
from mapping.features.rules.parameters import DEFAULT_LIMIT, MAX_LIMIT
from mapping.filters.actions import LANGUAGES, TEXT
from mapping.shared.coordinates import Crs

Document = dict[str, Any]
RESERVED = frozenset(
    {"bbox", "bbox-crs", "crs", "datetime", "limit", "filter", "filter-lang", "filter-crs", "f", "after"}
)
"""Parameters of items that are ours: a property of such a name is no parameter of its own."""
_UNSAFE = frozenset({"key", "lang"})  # they mean something else in every address
_ERRORS = {
    "400": "A parameter is wrong or unknown; `errors` names it",
    "404": "There is no such collection or feature",
    "406": "There is no such format",
    "500": "A fault of ours",
}
_PROBLEM = "application/problem+json"
_SHARED = ("f", "crs", "bbox-crs", "filter", "filter-lang", "filter-crs", "after")


def describe_api(
    site: Site,
    council: str,
    layers: Sequence[Layer],
    audience: Audience,
    more: Sequence[Mapping[str, Mapping[str, Any]]] = (),
) -> Document:
    """Write the document for an audience; ``more``: operations of other parts, by path and method."""
    paths: Document = {
        "/": _get("getLandingPage", "The landing page", JSON),
        "/api": _get("getApi", "This definition", OPENAPI),
        "/conformance": _get("getConformance", "The standards that this API conforms to", JSON),
        "/collections": _get("getCollections", "The layers", JSON),
    }
    for layer in layers:
        paths |= _describe_layer(layer, audience)
    for addition in more:
        for path, operations in addition.items():
            paths[path] = {**paths.get(path, {}), **operations}
    return {
        "openapi": "3.0.3",
        "info": {
            "title": f"Maps of {council}",
            "version": "1.0.0",
            "description": "OGC API Features and Tiles over map layers.",
        },
        "servers": [{"url": site.url()}],
        "tags": [
            {"name": "service"},
            *({"name": layer.name, "description": layer.title} for layer in layers),
        ],
        "paths": paths,
        "components": _components(),
        "security": [{}, {"bearer": []}, {"apiKey": []}],
    }


def list_parameters(layer: Layer, audience: Audience) -> list[str]:
    """List the properties of a layer that are parameters of its items."""
    hidden = RESERVED | _UNSAFE
    return [each.name for each in layer.visible_properties(audience) if each.name not in hidden]


def _describe_layer(layer: Layer, audience: Audience) -> Document:
    base, tag = f"/collections/{layer.name}", layer.name
    name = "".join(part.capitalize() for part in layer.name.replace("_", "-").split("-"))
    by_property = [
        _parameter(each.name, f"{each.title or each.name} is this", _simple(describe_property(each)))
        for each in layer.visible_properties(audience)
        if each.name in list_parameters(layer, audience)
    ]
    shared = [{"$ref": f"#/components/parameters/{each}"} for each in _SHARED]
    fid = {**_parameter("featureId", "The feature's id", {"type": "string"}), "in": "path", "required": True}
    crs = [{"$ref": "#/components/parameters/crs"}]
    return {
        base: _get(f"get{name}", layer.title, JSON, tag=tag),
        f"{base}/items": _get(
            f"get{name}Items",
            f"Features of {layer.title}",
            GEOJSON,
            tag=tag,
            parameters=[*_search_parameters(), *shared[1:], *by_property],
        ),
        f"{base}/items/{{featureId}}": _get(
            f"get{name}Item", f"A feature of {layer.title}", GEOJSON, tag=tag, parameters=[fid, *crs]
        ),
        f"{base}/queryables": _get(f"get{name}Queryables", "What can be filtered by", SCHEMA, tag=tag),
        f"{base}/schema": _get(f"get{name}Schema", "The properties of its features", SCHEMA, tag=tag),
    }


def _get(
    operation: str, summary: str, media_type: str, *, tag: str = "service", parameters: Sequence[Any] = ()
) -> Document:
    responses: Document = {
        "200": {
            "description": summary,
            "content": {
                media_type: {"schema": {"type": "object"}},
                HTML: {"schema": {"type": "string"}},
            },
        },
        **{status: {"$ref": f"#/components/responses/{status}"} for status in _ERRORS},
    }
    format_parameter = {"$ref": "#/components/parameters/f"}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "tags": [tag],
            "parameters": [*parameters, format_parameter],
            "responses": responses,
        }
    }


def _parameter(name: str, description: str, schema: Mapping[str, Any]) -> Document:
    return {"name": name, "in": "query", "description": description, "required": False, "schema": schema}


def _simple(schema: Mapping[str, Any]) -> Document:
    return {name: value for name, value in schema.items() if name in ("type", "format", "enum")}


def _search_parameters() -> list[Document]:
    """Write the parameters that clients look for in each collection."""
    box = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    form = {"style": "form", "explode": False}
    return [
        {**_parameter("bbox", "Only features in this box, or without a place", box), **form},
        {**_parameter("limit", "How many features a page has at most", limit), **form},
        {
            **_parameter("datetime", "Only features valid then: a time, or two with a /", {"type": "string"}),
            **form,
        },
    ]


def _components() -> Document:
    systems = {"type": "string", "format": "uri", "enum": [crs.uri for crs in Crs], "default": Crs.CRS84.uri}
    parameters = [
        _parameter("f", "The form of the answer", {"type": "string", "enum": ["json", "html"]}),
        _parameter("crs", "The system of the coordinates in the answer", systems),
        _parameter("bbox-crs", "The system of bbox", systems),
        _parameter("filter", "Only features for which this holds, in CQL2", {"type": "string"}),
        _parameter(
            "filter-lang",
            "The language of filter",
            {"type": "string", "enum": list(LANGUAGES), "default": TEXT},
        ),
        _parameter("filter-crs", "The system of the geometries in filter", systems),
        _parameter("after", "The cursor of a page, from a next link", {"type": "string"}),
    ]
    return {
        "parameters": {each["name"]: each for each in parameters},
        "responses": {
            status: {
                "description": meaning,
                "content": {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
            for status, meaning in _ERRORS.items()
        },
        "schemas": {"Problem": _PROBLEM_SCHEMA},
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer"},
            "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        },
    }


_PROBLEM_SCHEMA: Document = {
    "type": "object",
    "description": "An error (RFC 9457)",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail", "code", "instance")},
        "status": {"type": "integer"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
