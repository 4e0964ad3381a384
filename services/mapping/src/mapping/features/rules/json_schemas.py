"""JSON Schemas of a layer: what can be filtered by, and what its features have (OGC 19-079r2 6, 23-058r1)."""

from collections.abc import Mapping, Sequence
from typing import Any

from mapping.collections.rules.layers import Layer, Property
from mapping.filters.rules.nodes import Kind

GEOMETRY = "geometry"
"""The name of the geometry in filters and schemas."""
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES: Mapping[str, dict[str, str]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "date-time": {"type": "string", "format": "date-time"},
}
_KINDS = {
    "string": Kind.STRING,
    "integer": Kind.NUMBER,
    "number": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "date-time": Kind.TIMESTAMP,
}


def list_queryables(properties: Sequence[Property]) -> dict[str, Kind]:
    """Map the properties a filter may name to what they are; the geometry too."""
    return {**{each.name: _KINDS[each.type] for each in properties}, GEOMETRY: Kind.GEOMETRY}


def describe_schema(url: str, layer: Layer, properties: Sequence[Property]) -> dict[str, Any]:
    """Write the schema of a layer's features: ``url`` is its own, without a query."""
    names = [each.name for each in properties if each.required]
    schema = _describe(url, layer, properties)
    return {**schema, "required": names} if names else schema


def describe_queryables(url: str, layer: Layer, properties: Sequence[Property]) -> dict[str, Any]:
    """Write what a layer can be filtered by: ``url`` is the document's own, without a query."""
    return _describe(url, layer, properties)


def _describe(url: str, layer: Layer, properties: Sequence[Property]) -> dict[str, Any]:
    shape = layer.geometry_type.lower()
    return {
        "$schema": _DIALECT,
        "$id": url,
        "type": "object",
        "title": layer.title,
        "properties": {
            **{each.name: describe_property(each) for each in properties},
            GEOMETRY: {
                "title": "Where it is",
                "format": f"geometry-{shape}-or-multi{shape}",
                "x-ogc-role": "primary-geometry",
            },
        },
        "additionalProperties": False,
    }


def describe_property(of: Property) -> dict[str, Any]:
    """Write the schema of one property."""
    values = {"enum": list(of.values)} if of.values else {}
    return {"title": of.title or of.name, **_TYPES[of.type], **values}
