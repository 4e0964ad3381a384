"""Answers every error with a problem: in JSON, in the shape of an outside contract, or as a page."""

import logging
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Protocol

import asyncpg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Match

from chassis.problems import MEDIA_TYPE, ErrorShape, FieldError, Problem

log = logging.getLogger(__name__)

_MAX_ERRORS = 20
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_MATCHED = ("endpoint", "path_params", "route")  # of the operation that refused the method
_DATABASE_ERRORS = (DBAPIError, PoolTimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


class ProblemPages(Protocol):
    """Shows problems to people (``chassis.web.Pages``)."""

    def accepts_page(self, request: Request) -> bool:
        """Check whether a person sent the request, with a browser."""

    def render_problem(self, request: Request, problem: Problem) -> Response:
        """Render the page of a problem."""


def install(app: FastAPI, shapes: Sequence[ErrorShape], pages: ProblemPages | None = None) -> None:
    """Answer every error of the app with a problem, in the shape of the contract the path belongs to."""

    async def answer(request: Request, error: Exception) -> Response:
        problem = to_problem(request, error)
        shape = next((shape for shape in shapes if shape.covers(request.url.path)), None)
        if shape is not None:
            return shape.render(request, problem)
        # Without the assets no page can be rendered, and so no page about that either.
        if pages is not None and problem.code != "assets-missing" and pages.accepts_page(request):
            return pages.render_problem(request, problem)
        return render(request, problem)

    for kind in (StarletteHTTPException, RequestValidationError, *_DATABASE_ERRORS, Exception):
        app.add_exception_handler(kind, answer)


def to_problem(request: Request, error: Exception) -> Problem:
    """Make the problem that the caller sees; the log gets the rest."""
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
    """Render the problem as ``application/problem+json``."""
    return JSONResponse(
        problem.body(request.url.path), problem.status_code, problem.headers, media_type=MEDIA_TYPE
    )


def _from_http(error: StarletteHTTPException, request: Request) -> Problem:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return Problem(
            404, "unknown-path", f"Nothing is at {request.url.path}. The paths are in /openapi.json."
        )
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(_list_methods(request))
        detail = f"{request.method} is not offered here. Use one of: {allowed}."
        return Problem(405, "method-not-allowed", detail, headers={**(error.headers or {}), "Allow": allowed})
    code = re.sub(r"[^a-z]+", "-", HTTPStatus(error.status_code).phrase.lower())
    return Problem(error.status_code, code, str(error.detail), headers=error.headers)


def _list_methods(request: Request) -> list[str]:
    """List the methods of a path. Each operation is a route, and Starlette names the first one's alone."""
    bare = {name: value for name, value in request.scope.items() if name not in _MATCHED}
    return [
        method
        for method in _METHODS
        if any(route.matches({**bare, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]


def _from_validation(error: RequestValidationError) -> Problem:
    errors = [
        FieldError(
            field=".".join(str(part) for part in fault["loc"]), message=fault["msg"], code=fault["type"]
        )
        for fault in error.errors()[:_MAX_ERRORS]
    ]
    return Problem(
        400, "invalid-request", "The request has a value that cannot be used; see errors.", errors=errors
    )


def _from_database(error: Exception) -> Problem:
    """Make a 503 when the database is unreachable or overloaded; anything else is a fault of ours."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None) or ""
    # 08 connection, 53 resources, 57 operator intervention (shutdown, cancelled by timeout).
    is_away = state[:2] in {"08", "53", "57"} or not state
    log.error("database error %s", state or type(error).__name__, exc_info=error)
    if not is_away:
        return Problem(500, "internal-error", "A fault of ours. It is logged; try again later.")
    return Problem(
        503,
        "database-unavailable",
        "The database cannot be reached. Try again.",
        headers={"Retry-After": "2"},
    )
