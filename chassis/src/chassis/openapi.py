"""The OpenAPI document: what FastAPI generates, with each operation's permission, limits and errors."""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from chassis.auth import DELEGATE_PREFIX
from chassis.problems import ErrorShape, FieldError, ProblemBody, document_problem

_PAGE = "text/html"
_TEXT = {"type": "string"}
_METHODS = {"get", "put", "post", "delete", "patch", "head"}
_KEY_SCHEMES = {
    "apiKeyHeader": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "keyHeader": {"type": "apiKey", "in": "header", "name": "key"},
    "keyParameter": {"type": "apiKey", "in": "query", "name": "key"},
}


def make_document(app: FastAPI, shapes: Sequence[ErrorShape], limits: dict[str, float]) -> dict[str, Any]:
    """Make the app's OpenAPI 3.1 document. Raises ValueError for an operation without a permission."""
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    bodies: list[type[BaseModel]] = [ProblemBody, FieldError, *(shape.body for shape in shapes)]
    for model in bodies:
        _add_schema(schemas, model.model_json_schema(ref_template="#/components/schemas/{model}"))
    _publish_schemes(document["components"].setdefault("securitySchemes", {}))
    for path, operation in operations(document):
        shape = next((shape for shape in shapes if shape.covers(path)), None)
        _add_security(path, operation)
        _add_errors(operation, shape)
        if shape is None:
            _add_pages(operation)
        operation["x-limits"] = {**limits, **operation.get("x-limits", {})}
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Iterate over the operations of a document, each with its path."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                yield path, operation


def _add_schema(schemas: dict[str, Any], schema: dict[str, Any]) -> None:
    schemas |= schema.pop("$defs", {})
    schemas[schema["title"]] = schema


def _publish_schemes(schemes: dict[str, Any]) -> None:
    """Replace the chassis' internal security schemes with those a caller uses: OAuth 2.0 and keys."""
    for name in [name for name in schemes if name.startswith(DELEGATE_PREFIX)]:
        schemes.setdefault("oauth2", schemes.pop(name))
    schemes.pop("public", None)
    if "oauth2" in schemes:
        schemes |= _KEY_SCHEMES


def _add_security(path: str, operation: dict[str, Any]) -> None:
    """Write ``security: []`` for a public operation, else the scopes, by OAuth 2.0 token or by key.

    ``x-delegation`` where delegates may act: in which theme, or in that of the resource.
    """
    requirements = [item for requirement in operation.get("security", []) for item in requirement.items()]
    scopes = []
    for name, scheme_scopes in requirements:
        if name.startswith(DELEGATE_PREFIX):
            operation["x-delegation"] = {"theme": name.removeprefix(DELEGATE_PREFIX) or "of-the-resource"}
        if name == "oauth2" or name.startswith(DELEGATE_PREFIX):
            scopes += scheme_scopes
    if not scopes and "public" not in dict(requirements):
        raise ValueError(f"{operation['operationId']} at {path} names no permission and is not public")
    keys: list[dict[str, list[str]]] = [{name: []} for name in _KEY_SCHEMES]
    operation["security"] = [{"oauth2": scopes}, *keys] if scopes else []


def _add_errors(operation: dict[str, Any], shape: ErrorShape | None) -> None:
    """Add the errors that the chassis answers, and give all errors the shape of the path."""
    responses = operation["responses"]
    responses.pop("422", None)
    statuses = {400, 404, 429, 500, 503}
    if operation["security"]:
        statuses |= {401, 403}
    if "requestBody" in operation:
        statuses |= {413}
    if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", [])):
        statuses |= {409, 422}
    for status in sorted(statuses):
        responses.setdefault(str(status), document_problem(status))
    if shape is not None:
        schema = {"$ref": f"#/components/schemas/{shape.body.__name__}"}
        for status, response in responses.items():
            if status >= "400":
                response["content"] = {shape.media_type: {"schema": schema}}
                response["content"] |= {kind: {"schema": _TEXT} for kind in shape.text_types}
    operation["responses"] = dict(sorted(responses.items()))


def _add_pages(operation: dict[str, Any]) -> None:
    """Add what a page answers besides itself: where to go first or next, and its errors as pages."""
    responses = operation["responses"]
    if not any(_PAGE in response.get("content", {}) for response in responses.values()):
        return
    if not responses.keys() & {"302", "303"}:
        responses["303"] = {"description": "Go on at another page: the next, or to sign in first"}
    for status, response in responses.items():
        if status >= "400":
            problem = document_problem(int(status))["content"]
            response["content"] = {**problem, _PAGE: {"schema": _TEXT}}
    operation["responses"] = dict(sorted(responses.items()))
