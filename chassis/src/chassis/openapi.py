"""The OpenAPI document as the contract: what FastAPI generates, made to say what really happens.

Every operation names its permission or is public, its limits, and every error it can answer.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from chassis.auth import DELEGATES
from chassis.problems import ErrorShape, FieldError, ProblemBody, described

_METHODS = {"get", "put", "post", "delete", "patch", "head"}
_KEYS = {
    "apiKeyHeader": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "keyHeader": {"type": "apiKey", "in": "header", "name": "key"},
    "keyParameter": {"type": "apiKey", "in": "query", "name": "key"},
}


def document(app: FastAPI, shapes: Sequence[ErrorShape], limits: dict[str, float]) -> dict[str, Any]:
    """The app's OpenAPI 3.1 document. Raises ValueError for an operation nobody has said may do what."""
    made = get_openapi(title=app.title, version=app.version, routes=app.routes)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    bodies: list[type[BaseModel]] = [ProblemBody, FieldError, *(shape.body for shape in shapes)]
    for model in bodies:
        _add_schema(schemas, model.model_json_schema(ref_template="#/components/schemas/{model}"))
    schemes = made["components"].setdefault("securitySchemes", {})
    for name in [name for name in schemes if name.startswith(DELEGATES)]:
        schemes.setdefault("oauth2", schemes.pop(name))
    schemes.pop("public", None)
    if "oauth2" in schemes:
        schemes |= _KEYS
    for path, operation in operations(made):
        shape = next((shape for shape in shapes if shape.covers(path)), None)
        _say_who_may(path, operation)
        _say_errors(operation, shape)
        operation["x-limits"] = {**limits, **operation.get("x-limits", {})}
    return made


def operations(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation of a document, with its path."""
    for path, item in made["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                yield path, operation


def _add_schema(schemas: dict[str, Any], schema: dict[str, Any]) -> None:
    schemas |= schema.pop("$defs", {})
    schemas[schema["title"]] = schema


def _say_who_may(path: str, operation: dict[str, Any]) -> None:
    """``security: []`` when public, else the scopes by OAuth 2.0 token or by a key that carries them.

    ``x-delegation`` where somebody may act for the person: in which theme, or in that of the resource.
    """
    stated = operation.get("security", [])
    for name in [name for one in stated for name in one if name.startswith(DELEGATES)]:
        operation["x-delegation"] = {"theme": name.removeprefix(DELEGATES) or "of-the-resource"}
    scopes = [
        scope
        for one in stated
        for name, its in one.items()
        if name == "oauth2" or name.startswith(DELEGATES)
        for scope in its
    ]
    if not scopes and not any("public" in one for one in stated):
        raise ValueError(f"{operation['operationId']} at {path} names no permission and is not public")
    keys: list[dict[str, list[str]]] = [{name: []} for name in _KEYS]
    operation["security"] = [{"oauth2": scopes}, *keys] if scopes else []


def _say_errors(operation: dict[str, Any], shape: ErrorShape | None) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    usual = {400, 404, 429, 500, 503}
    if operation["security"]:
        usual |= {401, 403}
    if "requestBody" in operation:
        usual |= {413}
    if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", [])):
        usual |= {409, 422}
    for status in sorted(usual):
        responses.setdefault(str(status), described(status))
    if shape is not None:
        schema = {"$ref": f"#/components/schemas/{shape.body.__name__}"}
        for status, response in responses.items():
            if status >= "400":
                response["content"] = {shape.media_type: {"schema": schema}}
    operation["responses"] = dict(sorted(responses.items()))
