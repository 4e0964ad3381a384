"""What of the contracts the generator is given: the operations for programs.

Left out: pages for people, what the client does itself (the council in the path, ``Idempotency-Key``),
errors, and all but one media type of a body. Models that nothing refers to any more go too.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_JSON, _BINARY, _PAGE = "application/json", "application/octet-stream", "text/html"
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_METHODS = ("get", "put", "post", "delete", "patch")
_SCHEMAS = "#/components/schemas/"
_KEY = "idempotency-key"
_DONE_BY_THE_CLIENT = {_KEY, "accept-language"}
WITH_KEY = "x-with-idempotency-key"
"""The document's list of the operations that take an ``Idempotency-Key``: only these may be sent twice."""


def prepare_document(contract: Mapping[str, Any]) -> dict[str, Any]:
    """Make the generator's document of a service's contract."""
    paths: dict[str, Any] = {}
    for path, item in contract["paths"].items():
        operations = {
            method: _prepare_operation(item[method])
            for method in _METHODS
            if method in item and _is_for_programs(item[method])
        }
        if operations:
            paths[path.replace("/{council}/", "/-/")] = operations
    schemas = contract["components"]["schemas"]
    used = _find_used(paths, schemas)
    return {
        "openapi": contract["openapi"],
        "info": contract["info"],
        WITH_KEY: list(_list_with_key(contract["paths"])),
        "paths": paths,
        "components": {"schemas": {name: schemas[name] for name in schemas if name in used}},
    }


def _list_with_key(paths: Mapping[str, Any]) -> Iterator[str]:
    for item in paths.values():
        for method in item.keys() & set(_METHODS):
            names = {parameter["name"].lower() for parameter in item[method].get("parameters", [])}
            if _KEY in names:
                yield item[method]["operationId"]


def _is_for_programs(operation: Mapping[str, Any]) -> bool:
    """Check whether a program can use an operation: no session of staff, and an answer besides pages."""
    successes = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    pages = [answer for answer in successes if set(answer.get("content", ())) == {_PAGE}]
    return "x-session" not in operation and len(successes) > len(pages)


def _prepare_operation(operation: Mapping[str, Any]) -> dict[str, Any]:
    members = ("operationId", "summary", "description", "tags")
    prepared = {name: operation[name] for name in members if name in operation}
    prepared["parameters"] = [
        parameter for parameter in operation.get("parameters", []) if not _is_done_by_the_client(parameter)
    ]
    if "requestBody" in operation:
        body = operation["requestBody"]
        prepared["requestBody"] = {**body, "content": _choose_body(body["content"])}
    prepared["responses"] = {
        status: {"description": answer["description"], **_choose_answer(answer.get("content", {}))}
        for status, answer in operation["responses"].items()
        if status.startswith("2")
    }
    return prepared


def _is_done_by_the_client(parameter: Mapping[str, Any]) -> bool:
    place, name = parameter["in"], parameter["name"]
    return (
        place == "cookie"
        or (place == "path" and name == "council")
        or (place == "header" and name.lower() in _DONE_BY_THE_CLIENT)
    )


def _choose_body(content: Mapping[str, Any]) -> dict[str, Any]:
    for kind in (_JSON, *_FORMS):
        if kind in content:
            return {kind: content[kind]}
    for kind in content:
        if kind.endswith("+json"):
            return {_JSON: content[kind]}
    return {_BINARY: {"schema": {"type": "string", "format": "binary"}}}


def _choose_answer(content: Mapping[str, Any]) -> dict[str, Any]:
    for kind in sorted(content, key=lambda kind: kind != _JSON):
        if kind == _JSON or kind.endswith("+json"):
            return {"content": {_JSON: content[kind]}}
    return {"content": {_BINARY: {"schema": {"type": "string", "format": "binary"}}}} if content else {}


def _find_used(paths: Mapping[str, Any], schemas: Mapping[str, Any]) -> set[str]:
    used: set[str] = set()
    waiting = set(_list_references(paths))
    while waiting:
        used |= waiting
        waiting = {name for key in waiting for name in _list_references(schemas[key])} - used
    return used


def _list_references(node: Any) -> Iterator[str]:
    if isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from _list_references(child)
    if isinstance(node, dict) and isinstance(node.get("$ref"), str):
        yield node["$ref"].removeprefix(_SCHEMAS)
