"""RFC 9457 problems: every error says what was wrong, where, and what to do.

``type`` and ``code`` are stable; ``detail`` is for people and may be reworded.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import asyncpg
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException as StarletteHTTPException

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_MOST_ERRORS = 20
_DATABASE_ERRORS = (DBAPIError, PoolTimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


class FieldError(BaseModel):
    """One thing wrong with one field."""

    field: str = Field(
        description="Where: query.limit, body.name, path.uprn, header.If-Match", examples=["query.q"]
    )
    message: str = Field(description="What is wrong with it")
    code: str = Field(description="Stable name of the fault", examples=["string_too_long"])


class ProblemBody(BaseModel):
    """The body of every error this service answers (RFC 9457)."""

    type: str = Field(examples=["urn:townhall:problem:invalid-request"])
    title: str = Field(examples=["Bad Request"])
    status: int = Field(examples=[400])
    detail: str = Field(examples=["The request has a value that cannot be used; see errors."])
    code: str = Field(examples=["invalid-request"])
    instance: str = Field(description="The path asked for, without its query")
    errors: list[FieldError] = Field(default=[])


class Problem(HTTPException):
    """Raise it anywhere below a route: the caller gets the body above, or the outside contract's own.

    ``extra`` adds members to the body; ``headers`` go out with the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        title: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.code = code
        self.title = title or HTTPStatus(status).phrase
        self.errors = list(errors)
        self.extra = extra

    def body(self, instance: str) -> dict[str, Any]:
        body = {
            "type": f"urn:townhall:problem:{self.code}",
            "title": self.title,
            "status": self.status_code,
            "detail": self.detail,
            "code": self.code,
            "instance": instance,
            **self.extra,
        }
        if self.errors:
            body["errors"] = [error.model_dump() for error in self.errors]
        return body


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """An outside contract's own error body, for every path below ``/{council}/{base}``."""

    base: str
    render: Callable[[Request, Problem], Response]
    body: type[BaseModel]
    media_type: str = "application/json"

    def covers(self, path: str) -> bool:
        rest = path.lstrip("/").partition("/")[2]
        return rest == self.base or rest.startswith(self.base + "/")


def not_found(what: str) -> Problem:
    return Problem(404, "not-found", f"There is no {what}. Check the identifier in the path.")


def invalid(field: str, message: str, code: str = "not_possible") -> Problem:
    """One field (``body.usrn``, ``query.q``) is wrong in a way that only we can tell."""
    error = FieldError(field=field, message=message, code=code)
    return Problem(400, "invalid-request", f"{field.partition('.')[2]} {message}.", errors=[error])


def conflict(code: str, detail: str) -> Problem:
    return Problem(409, code, detail)


def documents(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """``responses=`` of a route for the errors only it has; those all have are added by the app."""
    return {status: described(status) for status in statuses}


def described(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemBody"}
    return {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}


class ProblemPages(Protocol):
    """Shows problems to people (chassis.web.Pages)."""

    def wanted(self, request: Request) -> bool:
        """Whether a person asks, with a browser."""

    def problem(self, request: Request, problem: Problem) -> Response:
        """The page that tells of it."""


def install(app: FastAPI, shapes: Sequence[ErrorShape], pages: ProblemPages | None = None) -> None:
    """Make every error of the app a problem, or the shape of the contract whose path was asked, or a page."""

    async def answer(request: Request, error: Exception) -> Response:
        problem = to_problem(request, error)
        shape = next((shape for shape in shapes if shape.covers(request.url.path)), None)
        if shape is not None:
            return shape.render(request, problem)
        # Without its files a page cannot be shown, the one that says so neither.
        if pages is not None and problem.code != "assets-missing" and pages.wanted(request):
            return pages.problem(request, problem)
        return render(request, problem)

    for kind in (StarletteHTTPException, RequestValidationError, *_DATABASE_ERRORS, Exception):
        app.add_exception_handler(kind, answer)


def to_problem(request: Request, error: Exception) -> Problem:
    """What the caller is told of an error; the log is told the rest."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, StarletteHTTPException):
        return _from_http(error, request)
    if isinstance(error, RequestValidationError):
        return _from_validation(error)
    if isinstance(error, _DATABASE_ERRORS):
        return _from_database(error)
    log.error("unhandled error", exc_info=error)
    return Problem(500, "internal-error", "A fault of ours. It is logged; try again later.")


def render(request: Request, problem: Problem) -> Response:
    """The problem as ``application/problem+json``."""
    return JSONResponse(
        problem.body(request.url.path), problem.status_code, problem.headers, media_type=MEDIA_TYPE
    )


def _from_http(error: StarletteHTTPException, request: Request) -> Problem:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return Problem(
            404, "unknown-path", f"Nothing is at {request.url.path}. The paths are in /openapi.json."
        )
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        detail = f"{request.method} is not offered here. Use one of: {allowed}."
        return Problem(405, "method-not-allowed", detail, headers=error.headers)
    code = re.sub(r"[^a-z]+", "-", HTTPStatus(error.status_code).phrase.lower())
    return Problem(error.status_code, code, str(error.detail), headers=error.headers)


def _from_validation(error: RequestValidationError) -> Problem:
    errors = [
        FieldError(
            field=".".join(str(part) for part in found["loc"]), message=found["msg"], code=found["type"]
        )
        for found in error.errors()[:_MOST_ERRORS]
    ]
    return Problem(
        400, "invalid-request", "The request has a value that cannot be used; see errors.", errors=errors
    )


def _from_database(error: Exception) -> Problem:
    """503 when the database cannot be reached or is overloaded; anything else is a fault of ours."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None) or ""
    # 08 connection, 53 resources, 57 operator intervention (shutdown, cancelled by timeout).
    away = state[:2] in {"08", "53", "57"} or not state
    log.error("database error %s", state or type(error).__name__, exc_info=error)
    if not away:
        return Problem(500, "internal-error", "A fault of ours. It is logged; try again later.")
    return Problem(
        503,
        "database-unavailable",
        "The database cannot be reached. Try again.",
        headers={"Retry-After": "2"},
    )
