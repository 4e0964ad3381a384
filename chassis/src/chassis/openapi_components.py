"""What generators and linters want of an OpenAPI document: one name a model, declared scopes, sentences.

Changes names and texts only: what is sent and answered stays the same.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_REFERENCE = "#/components/schemas/"
_SENTENCE = re.compile(r"(.+?[.!?])(?=\s|$)(?<!e\.g\.)(?<!i\.e\.)", re.DOTALL)
_SERVERS = [{"url": "/", "description": "The host this document comes from: the region's gateway"}]


def complete_document(document: dict[str, Any]) -> None:
    """Give the document its servers and scopes, each operation a sentence, each model a name of its own."""
    document["servers"] = _SERVERS
    _declare_scopes(document)
    for operation in _list_operations(document):
        _write_summary(operation)
    schemas = document["components"]["schemas"]
    names = _choose_names(schemas)
    _rename_references(document, names)
    document["components"]["schemas"] = {
        names[key]: {**schema, "title": names[key]} for key, schema in schemas.items()
    }
    _drop_unused(document)


def _list_operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document["paths"].values():
        yield from (operation for operation in item.values() if "responses" in operation)


def _declare_scopes(document: Mapping[str, Any]) -> None:
    """Declare in the OAuth 2.0 scheme every scope that an operation asks for."""
    scopes = {
        scope
        for operation in _list_operations(document)
        for requirement in operation.get("security", [])
        for scope in requirement.get("oauth2", [])
    }
    flows = document["components"]["securitySchemes"].get("oauth2", {}).get("flows", {})
    for flow in flows.values():
        flow["scopes"] = {scope: _describe_scope(scope) for scope in sorted(scopes)}


def _describe_scope(scope: str) -> str:
    capability, _, verb = scope.partition(":")
    return f"Use the operations of {capability} that ask for {verb}"


def _write_summary(operation: dict[str, Any]) -> None:
    """Replace the title that FastAPI makes of the function's name by the description's first sentence."""
    title = operation["operationId"].replace("_", " ").title()
    description = operation.get("description", "")
    if description and operation.get("summary", title) == title:
        match = _SENTENCE.match(description.partition("\n\n")[0])
        sentence = match[1] if match else description
        operation["summary"] = " ".join(sentence.replace("``", "").split())


def _choose_names(schemas: Mapping[str, Any]) -> dict[str, str]:
    """Choose a name for each schema. Raises ValueError when two would have the same.

    FastAPI writes modules into the names of models that share one (``casework__bookings__schemas__NewHold``):
    the domain is enough (``BookingsNewHold``). Pydantic tells ``Scheme-Input`` from ``Scheme-Output``.
    """
    names = {key: _shorten_name(key) for key in schemas}
    if len(set(names.values())) < len(names):
        doubles = sorted(key for key, name in names.items() if list(names.values()).count(name) > 1)
        raise ValueError(f"{', '.join(doubles)} would have one name: rename one of the models")
    return names


def _shorten_name(key: str) -> str:
    parts = key.removesuffix("-Output").replace("-Input", "Input").split("__")
    domain = "".join(word.capitalize() for word in parts[1].split("_")) if len(parts) > 2 else ""  # noqa: PLR2004
    return domain + parts[-1]


def _rename_references(node: Any, names: Mapping[str, str]) -> None:
    for child in node.values() if isinstance(node, dict) else node:
        if isinstance(child, dict | list):
            _rename_references(child, names)
    reference = node.get("$ref") if isinstance(node, dict) else None
    if isinstance(reference, str):
        key = reference.removeprefix(_REFERENCE)
        node["$ref"] = _REFERENCE + names[key] if key in names else reference
    mapping = node.get("mapping") if isinstance(node, dict) else None
    if isinstance(mapping, dict) and "propertyName" in node:
        targets = {value: target.removeprefix(_REFERENCE) for value, target in mapping.items()}
        node["mapping"] = {value: _REFERENCE + names.get(key, key) for value, key in targets.items()}


def _drop_unused(document: dict[str, Any]) -> None:
    """Drop the schemas that no operation refers to."""
    schemas = document["components"]["schemas"]
    used: set[str] = set()
    rest = _list_references({**document, "components": {**document["components"], "schemas": {}}})
    waiting = set(rest)
    while waiting:
        used |= waiting
        next_names = {name for key in waiting if key in schemas for name in _list_references(schemas[key])}
        waiting = next_names - used
    document["components"]["schemas"] = {key: schema for key, schema in schemas.items() if key in used}


def _list_references(node: Any) -> Iterator[str]:
    if isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from _list_references(child)
    if isinstance(node, dict) and isinstance(node.get("$ref"), str):
        yield node["$ref"].removeprefix(_REFERENCE)
