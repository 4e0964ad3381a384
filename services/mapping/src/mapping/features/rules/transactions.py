"""What Part 4 adds to the documents of the API: conformance classes, and operations of each collection."""

from collections.abc import Mapping, Sequence
from typing import Any

from mapping.collections.rules.layers import Layer
from mapping.features.rules.links import GEOJSON

_CLASSES = "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf"
_MERGE_PATCH = "application/merge-patch+json"
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_ERRORS = {
    "400": "The feature does not fit its layer; `errors` says where",
    "401": "You need a key",
    "403": "Your key may not change this layer",
    "404": "There is no such collection or feature",
    "409": "The id is in use, or the layer is retired",
    "412": "The feature was changed meanwhile",
    "415": "Send the feature as GeoJSON",
    "428": "This layer needs If-Match",
}
_ID = {
    "name": "featureId",
    "in": "path",
    "description": "The feature's id",
    "required": True,
    "schema": {"type": "string"},
}
_CRS = {
    "name": "Content-Crs",
    "in": "header",
    "description": "The system of the coordinates you send, as <URI>",
    "required": False,
    "schema": {"type": "string"},
}


class Transactions:
    """An extension of the documents: ``mapping.features.rules.extensions.Extension``."""

    conformance: Sequence[str] = tuple(
        f"{_CLASSES}/{name}"
        for name in ("create-replace-delete", "update", "optimistic-locking-etags", "features")
    )

    def link_landing(self, root: str) -> Sequence[Mapping[str, Any]]:  # noqa: ARG002 - the protocol's
        """Make its links of the landing page: none."""
        return ()

    def link_collection(self, root: str, layer: Layer) -> Sequence[Mapping[str, Any]]:  # noqa: ARG002 - as above
        """Make its links of a collection: none."""
        return ()

    def describe_paths(self, layers: Sequence[Layer]) -> Mapping[str, Mapping[str, Any]]:
        """Make its operations of the layers that a council may change."""
        paths: dict[str, Mapping[str, Any]] = {}
        for layer in layers:
            if not layer.is_national:
                paths |= _describe(layer)
        return paths


def _describe(layer: Layer) -> dict[str, Mapping[str, Any]]:
    name = "".join(part.capitalize() for part in layer.name.replace("_", "-").split("-"))
    items = f"/collections/{layer.name}/items"
    title = layer.title
    return {
        items: {"post": _operation(f"create{name}Item", f"Add to {title}", layer, "201", GEOJSON)},
        f"{items}/{{featureId}}": {
            "put": _operation(f"replace{name}Item", f"Replace one of {title}", layer, "204", GEOJSON, [_ID]),
            "patch": _operation(
                f"update{name}Item", f"Change one of {title}", layer, "204", _MERGE_PATCH, [_ID]
            ),
            "delete": _operation(f"delete{name}Item", f"Delete one of {title}", layer, "204", "", [_ID]),
        },
    }


def _operation(
    operation: str,
    summary: str,
    layer: Layer,
    status: str,
    media_type: str,
    parameters: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation,
        "summary": summary,
        "tags": [layer.name],
        "parameters": [*parameters, *([_CRS] if media_type else [])],
        "security": [{"bearer": []}, {"apiKey": []}],
        "responses": {
            status: {"description": "It is done"},
            **{
                code: {"description": meaning, "content": {"application/problem+json": {"schema": _PROBLEM}}}
                for code, meaning in _ERRORS.items()
            },
        },
    }
    if media_type:
        body = {"schema": {"type": "object"}}
        described["requestBody"] = {"required": True, "content": {media_type: body}}
    return described
