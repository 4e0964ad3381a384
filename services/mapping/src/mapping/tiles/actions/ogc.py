"""What tiles add to the documents of OGC API Features at the same address (OGC 20-057, clauses 8 to 12)."""

from collections.abc import Mapping, Sequence
from typing import Any

from mapping.collections.rules.layers import Layer
from mapping.tiles.actions import CONFORMANCE

_REL = "http://www.opengis.net/def/rel/ogc/1.0"
_JSON = "application/json"
_MVT = "application/vnd.mapbox-vector-tile"
_SET = "WebMercatorQuad"
_INDICES = ("tileMatrix", "tileRow", "tileCol")


class OgcTiles:
    """Adds tiles to the landing page, collections, the conformance declaration and the API's definition."""

    conformance: Sequence[str] = CONFORMANCE

    def link_landing(self, root: str) -> Sequence[Mapping[str, Any]]:
        """Make the links of the landing page."""
        return [
            _link(f"{root}/tiles", f"{_REL}/tilesets-vector", "Vector tiles of all layers"),
            _link(f"{root}/tileMatrixSets", f"{_REL}/tiling-schemes", "How the map is cut into tiles"),
        ]

    def link_collection(self, root: str, layer: Layer) -> Sequence[Mapping[str, Any]]:
        """Make the links of a collection."""
        url = f"{root}/collections/{layer.name}/tiles"
        return [_link(url, f"{_REL}/tilesets-vector", f"Vector tiles of {layer.title}")]

    def describe_paths(self, layers: Sequence[Layer]) -> Mapping[str, Mapping[str, Any]]:
        """Make the operations; the standard's own names end their ids."""
        paths = {**_describe("", "dataset.vector.")}
        for layer in layers:
            paths |= _describe(f"/collections/{layer.name}", f"{layer.name}.collection.vector.")
        return paths


def _link(href: str, rel: str, title: str) -> Mapping[str, Any]:
    return {"href": href, "rel": rel, "type": _JSON, "title": title}


def _describe(base: str, prefix: str) -> dict[str, dict[str, Any]]:
    tile_set = f"{base}/tiles/{_SET}"
    tile = f"{tile_set}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
    return {
        f"{base}/tiles": _get(f"{prefix}getTileSetsList", "The tile sets", _JSON),
        tile_set: _get(f"{prefix}getTileSet", "A tile set", _JSON),
        tile: _get(f"{prefix}getTile", "A tile", _MVT, [_index(name) for name in _INDICES]),
    }


def _index(name: str) -> dict[str, Any]:
    schema = {"type": "string"} if name == "tileMatrix" else {"type": "integer", "minimum": 0}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _get(operation: str, summary: str, media_type: str, parameters: Sequence[Any] = ()) -> dict[str, Any]:
    kind = {"type": "string", "format": "binary"} if media_type == _MVT else {"type": "object"}
    responses: dict[str, Any] = {
        "200": {"description": summary, "content": {media_type: {"schema": kind}}},
        "404": {"description": "There is no such collection or tile"},
    }
    if media_type == _MVT:
        responses["204"] = {"description": "Nothing is in this tile"}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": list(parameters),
            "responses": responses,
        }
    }
