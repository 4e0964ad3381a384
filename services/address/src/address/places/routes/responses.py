"""Write OS Places responses: header, results in the requested format and coordinate system, and errors."""

import json
from typing import Any
from urllib.parse import unquote_plus

import asyncpg
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from address.places.rules import filters
from address.places.schemas import render
from address.places.schemas.params import Options, PagedOptions, invalid_param, wants_xml
from address.places.schemas.places import PlacesError, error_body
from address.places.store.places import PlacesQuery
from address.shared.projections import OutsideGridError
from chassis.problems import ErrorShape, ErrorTemplate, Problem

_XML = "application/xml"
DOCUMENTED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            _XML: {
                "schema": {
                    "type": "string",
                    "description": "The same members as elements: SearchResults, in it header and results, in"
                    " results one result for each DPA or LPI",
                }
            }
        }
    }
}
_LANGUAGES = {"EN": "ENG", "CY": "CYM"}
_UNPAGED_LIMIT = 100  # results of an answer without pages
_ON_THE_GRID = {"BNG", "EPSG:27700"}


def to_query(options: Options) -> PlacesQuery:
    """Convert the parameters to a query of the store."""
    selected = filters.parse_filters(options.fq) if options.fq else filters.Filters()
    limit, offset = (
        (options.maxresults, options.offset) if isinstance(options, PagedOptions) else (_UNPAGED_LIMIT, 0)
    )
    return PlacesQuery(
        tuple(_LANGUAGES[language] for language in options.lr.split(",")),
        selected.classes,
        selected.statuses,
        selected.lpi_statuses,
        selected.countries,
        selected.custodians,
        tuple(options.dataset.split(",")),
        limit,
        offset,
    )


def to_response(
    request: Request, options: Options, query: str, record: asyncpg.Record, **more: int
) -> Response:
    """Write the response. PostgreSQL's text is passed on unchanged unless the request needs another form."""
    epoch, updated, total, results = record
    header: dict[str, Any] = {
        "uri": _uri(request),
        "query": query,
        "offset": options.offset if isinstance(options, PagedOptions) else 0,
        "totalresults": total,
        "format": options.format,
        "dataset": options.dataset,
        "lr": options.lr,
        "maxresults": options.maxresults if isinstance(options, PagedOptions) else _UNPAGED_LIMIT,
        **more,
        "epoch": str(epoch or 0),
        "lastupdate": updated or "",
        "output_srs": options.output_srs,
    }
    if results and options.output_srs not in _ON_THE_GRID:
        results = _to_system(results, options.output_srs)
    if options.format == "XML":
        return Response(render.to_xml(header, results), media_type=_XML)
    results_member = f',"results":[{results}]' if results else ""
    return Response(f'{{"header":{json.dumps(header)}{results_member}}}', media_type="application/json")


def _to_system(results: str, system: str) -> str:
    try:
        return render.to_system(results, system)
    except OutsideGridError:
        fault = ValueError("one of the addresses lies where OSTN15 does not hold; ask for EPSG:27700")
        raise invalid_param("output_srs", fault) from None


def _uri(request: Request) -> str:
    """Return the URL of the request with every parameter but the key."""
    url = request.url
    if "key" not in request.query_params:
        return str(url)
    public_parts = [part for part in url.query.split("&") if unquote_plus(part.partition("=")[0]) != "key"]
    return str(url.replace(query="&".join(public_parts)))


def _render(request: Request, problem: Problem) -> Response:
    """Render an error in the contract's shape."""
    first = problem.errors[0] if problem.errors else None
    message = str(problem.detail)
    if first is not None:
        parts = first.field.split(".")  # query, name, and of a list the place in it
        message = f"Parameter {parts[min(1, len(parts) - 1)]}: {first.message.removeprefix('Value error, ')}"
    body = error_body(problem.status_code, message)
    if wants_xml(request):
        document = render.error_to_xml(body["error"])
        return Response(document, problem.status_code, problem.headers, media_type=_XML)
    return JSONResponse(body, problem.status_code, problem.headers)


shape = ErrorShape(
    "address/search/places/v1",
    _render,
    PlacesError,
    [
        ErrorTemplate(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            "<error><statuscode>$status</statuscode><message>$detail</message></error>",
            _XML,
            where="[?&]format=(?i:xml)(&|$)",
        ),
        ErrorTemplate('{"error":{"statuscode":$status,"message":$detail}}'),
    ],
)
