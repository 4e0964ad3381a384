"""Finds what may come in at any size: parameters, and members of bodies."""

from collections.abc import Iterator
from typing import Any

from chassis.openapi import operations

# Other kinds, like rows of CSV, are bounded by the limit of the body.
_PARSED = {"application/json", "application/x-www-form-urlencoded", "multipart/form-data"}
Schema = dict[str, Any]


def find_unbounded(document: Schema) -> list[str]:
    """List the strings, numbers and lists of requests that have no bound, each by path and place."""
    return [
        f"{path} {name}{place}"
        for path, operation in operations(document)
        for name, schema in _incoming(operation)
        for place in find_unbounded_in(schema, document["components"].get("schemas", {}), ())
    ]


def _incoming(operation: Schema) -> Iterator[tuple[str, Schema]]:
    for parameter in operation.get("parameters", []):
        yield parameter["name"], parameter["schema"]
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        if media_type in _PARSED or media_type.endswith("+json"):
            yield "body", content.get("schema", {})


def find_unbounded_in(schema: Schema, schemas: Schema, visited: tuple[str, ...] = ()) -> Iterator[str]:
    """Walk a schema; a schema inside itself is walked once."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in visited:
            yield from find_unbounded_in(schemas[name], schemas, (*visited, name))
        return
    if not _is_bounded(schema):
        yield ""
    for step, inner in _inner(schema):
        for place in find_unbounded_in(inner, schemas, visited):
            yield f"{step}{place}"


def _inner(schema: Schema) -> Iterator[tuple[str, Schema]]:
    for keyword in ("anyOf", "oneOf", "allOf"):
        yield from (("", choice) for choice in schema.get(keyword, []))
    yield from ((f".{name}", member) for name, member in schema.get("properties", {}).items())
    if isinstance(schema.get("additionalProperties"), dict):
        yield ".*", schema["additionalProperties"]
    if "items" in schema:
        yield "[]", schema["items"]


def _is_bounded(schema: Schema) -> bool:
    """An object without named members is bounded by the limit of the whole body."""
    if schema.keys() & {"enum", "const"}:
        return True
    match schema.get("type"):
        case "string":
            return bool(schema.keys() & {"maxLength", "format", "pattern"})
        case "integer" | "number":
            lower, upper = {"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}
            return bool(schema.keys() & lower and schema.keys() & upper)
        case "array":
            return "maxItems" in schema
    return True
