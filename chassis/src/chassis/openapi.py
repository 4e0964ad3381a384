"""The OpenAPI document: what FastAPI generates, with each operation's permission, limits and errors.

It also says what the gateway does in a service's stead: ``x-error-shapes`` has the texts of errors below the
base of an outside contract, ``x-cross-origin`` the bases whose answers scripts of every site may read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from chassis.auth import DELEGATE_PREFIX, SESSION_SCHEME
from chassis.openapi_components import complete_document
from chassis.problems import ErrorShape, FieldError, ProblemBody, document_problem

_PAGE = "text/html"
_TEXT = {"type": "string"}
_METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}
_KEY_SCHEMES = {
    "apiKeyHeader": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "keyHeader": {"type": "apiKey", "in": "header", "name": "key"},
    "keyParameter": {"type": "apiKey", "in": "query", "name": "key"},
}
# What an error's headers say, by status.
_HEADERS = {
    "401": ["WWW-Authenticate"],
    "429": ["Retry-After", "RateLimit", "RateLimit-Policy"],
    "503": ["Retry-After"],
}
_HEADER_MEANINGS = {
    "WWW-Authenticate": "How to authenticate, and what is wrong with the credential (RFC 6750)",
    "Retry-After": "Seconds to wait before the request is sent again",
    "RateLimit": "What is left of the limit that was reached, and in how many seconds there is more",
    "RateLimit-Policy": "The limit that was reached: requests at once, and seconds until all are there again",
}
_FASTAPI_422 = "Validation Error"  # FastAPI adds it everywhere: ours are 400
_EVERY_STATUS = frozenset({400, 401, 404, 413, 429, 431, 500, 503, 504})


@dataclass(frozen=True, slots=True)
class CrossOrigin:
    """A base whose answers scripts of every site may read, without cookies. The gateway sees to it (CORS).

    ``expose`` names the headers of answers that scripts may read, beside those the gateway itself sets.
    """

    base: str
    methods: Sequence[str] = ("GET", "HEAD", "POST")
    expose: Sequence[str] = ()


def make_document(
    app: FastAPI,
    shapes: Sequence[ErrorShape],
    limits: dict[str, float],
    cross_origin: Sequence[CrossOrigin] = (),
) -> dict[str, Any]:
    """Make the app's OpenAPI 3.1 document. Raises ValueError for an operation without a permission."""
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    bodies: list[type[BaseModel]] = [ProblemBody, FieldError, *(shape.body for shape in shapes)]
    for model in bodies:
        _add_schema(schemas, model.model_json_schema(ref_template="#/components/schemas/{model}"))
    _publish_schemes(document["components"].setdefault("securitySchemes", {}))
    document["components"]["headers"] = {
        name: {"description": meaning, "schema": _TEXT} for name, meaning in _HEADER_MEANINGS.items()
    }
    for path, operation in operations(document):
        shape = next((shape for shape in shapes if shape.covers(path)), None)
        _add_security(path, operation)
        _add_errors(operation, shape)
        if shape is None:
            _add_pages(operation)
        operation["x-limits"] = {**limits, **operation.get("x-limits", {})}
    complete_document(document)
    document["x-error-shapes"] = [_describe_shape(shape) for shape in shapes]
    document["x-cross-origin"] = [asdict(origin) for origin in cross_origin]
    return document


def _describe_shape(shape: ErrorShape) -> dict[str, Any]:
    return {"base": shape.base, "templates": [asdict(template) for template in shape.templates]}


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
    schemes.pop(SESSION_SCHEME, None)
    if "oauth2" in schemes:
        schemes |= _KEY_SCHEMES


def _add_security(path: str, operation: dict[str, Any]) -> None:
    """Write ``security: []`` for a public operation, else the scopes, by OAuth 2.0 token or by key.

    ``x-delegation`` where delegates may act: in which theme, or in that of the resource. A page of staff is
    public to the gateway, which knows no sessions: the service checks their cookie, for the scopes in
    ``x-session``.
    """
    requirements = [item for requirement in operation.get("security", []) for item in requirement.items()]
    scopes = []
    for name, scheme_scopes in requirements:
        if name.startswith(DELEGATE_PREFIX):
            operation["x-delegation"] = {"theme": name.removeprefix(DELEGATE_PREFIX) or "of-the-resource"}
        if name == "oauth2" or name.startswith(DELEGATE_PREFIX):
            scopes += scheme_scopes
        if name == SESSION_SCHEME:
            operation["x-session"] = {"scopes": scheme_scopes}
    if not scopes and not {"public", SESSION_SCHEME} & dict(requirements).keys():
        raise ValueError(f"{operation['operationId']} at {path} names no permission and is not public")
    keys: list[dict[str, list[str]]] = [{name: []} for name in _KEY_SCHEMES]
    operation["security"] = [{"oauth2": scopes}, *keys] if scopes else []


def _drop_fastapis_own(responses: dict[str, Any]) -> None:
    if responses.get("422", {}).get("description") == _FASTAPI_422:
        del responses["422"]


def _add_errors(operation: dict[str, Any], shape: ErrorShape | None) -> None:
    """Add the errors that the chassis and the gateway answer, all in the shape of the path.

    A public operation has a 401 too: a credential that is sent must be a good one.
    """
    responses = operation["responses"]
    _drop_fastapis_own(responses)
    statuses = set(_EVERY_STATUS)
    if operation["security"] or "x-session" in operation:
        statuses |= {403}
    if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", [])):
        statuses |= {409, 422}
    for status in sorted(statuses):
        responses.setdefault(str(status), document_problem(status))
    for status_text in responses.keys() & _HEADERS.keys():
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS[status_text]}
        responses[status_text]["headers"] = headers | responses[status_text].get("headers", {})
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
