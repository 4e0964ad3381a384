"""Answers of MapIt: JSON with a tag, errors in its shape, redirects that keep the query."""

import json
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from chassis.etags import respond_hashed
from chassis.openapi import CrossOrigin
from chassis.problems import ErrorShape, ErrorTemplate, Problem, document_problems
from mapping.mapit.actions.selections import Query as Selectors
from mapping.mapit.schemas import ErrorView

BASE = "mapping/mapit"
PREFIX = f"/{{council}}/{BASE}"
BRIEFLY = "public, max-age=300"
_PAGE: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {"schema": {"type": "string"}}}}}
DOCUMENTED: dict[int | str, dict[str, Any]] = {**_PAGE, **document_problems(400, 404)}
REDIRECTS: dict[int | str, dict[str, Any]] = {
    302: {"description": "The same by its general address"},
    **DOCUMENTED,
}
MEDIA_TYPES = {
    "json": "application/json",
    "geojson": "application/json; charset=utf-8",
    "kml": "application/vnd.google-earth.kml+xml",
    "wkt": "text/plain; charset=utf-8",
}
_Text = Annotated[str, Query(max_length=200)]
Match = Annotated[str | None, Header(alias="If-None-Match", max_length=2000)]


def _read_selectors(
    type: _Text = "",  # noqa: A002 - MapIt's name
    country: Annotated[str, Query(max_length=10)] = "",
    generation: Annotated[str, Query(max_length=20)] = "",
    min_generation: Annotated[str, Query(max_length=20)] = "",
) -> Selectors:
    return Selectors(type, country, generation, min_generation)


TheSelectors = Annotated[Selectors, Depends(_read_selectors)]
Tolerance = Annotated[str, Query(alias="simplify_tolerance", max_length=40)]


def respond(content: Any, match: str | None) -> Response:
    """Write an answer as JSON, or that the caller has it."""
    return respond_text(json.dumps(content, ensure_ascii=False), "json", match)


def respond_text(text: str, form: str, match: str | None) -> Response:
    """Write an answer that is ready-made."""
    return respond_hashed(text.encode(), match, BRIEFLY, media_type=MEDIA_TYPES[form])


def redirect(request: Request, council: str, path: str, *, keeps_query: bool = True) -> Response:
    """Send the caller to another address of MapIt, with the query that came."""
    query = f"?{request.url.query}" if keeps_query and request.url.query else ""
    return RedirectResponse(f"/{council}/{BASE}{path}{query}", 302, {"Cache-Control": BRIEFLY})


def _render(_: Request, problem: Problem) -> Response:
    faults = [f"{error.field.partition('.')[2]}: {error.message}" for error in problem.errors]
    body = {"error": "; ".join(faults) or str(problem.detail), "code": problem.status_code}
    return JSONResponse(body, problem.status_code, problem.headers)


_TEMPLATE = ErrorTemplate('{"error":$detail,"code":$status}')
shape = ErrorShape(BASE, _render, ErrorView, [_TEMPLATE])
cross_origin = CrossOrigin(BASE, expose=["ETag"])
