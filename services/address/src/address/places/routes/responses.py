"""OS Places' answers: the header, the results in the form and the coordinate system asked, and the errors."""

import json
from typing import Any
from urllib.parse import unquote_plus

import asyncpg
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from address.places.rules import filters
from address.places.schemas import render
from address.places.schemas.params import Options, PagedOptions, unusable, wants_xml
from address.places.schemas.places import PlacesError, error_body
from address.places.store.places import Wanted
from address.shared.projections import OutsideGridError
from chassis.problems import ErrorShape, Problem

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
_ALL = 100  # results of an answer that has no pages
_ON_THE_GRID = {"BNG", "EPSG:27700"}


def wanted(asked: Options) -> Wanted:
    """What the parameters ask of the store."""
    only = filters.read(asked.fq) if asked.fq else filters.Filters()
    limit, offset = (asked.maxresults, asked.offset) if isinstance(asked, PagedOptions) else (_ALL, 0)
    return Wanted(
        tuple(_LANGUAGES[language] for language in asked.lr.split(",")),
        only.classes,
        only.statuses,
        only.lpi_statuses,
        only.countries,
        only.custodians,
        tuple(asked.dataset.split(",")),
        limit,
        offset,
    )


def answered(request: Request, asked: Options, query: str, found: asyncpg.Record, **more: int) -> Response:
    """The answer to a request: what PostgreSQL has written as it is, if it is what was asked."""
    epoch, updated, total, results = found
    header: dict[str, Any] = {
        "uri": _uri(request),
        "query": query,
        "offset": asked.offset if isinstance(asked, PagedOptions) else 0,
        "totalresults": total,
        "format": asked.format,
        "dataset": asked.dataset,
        "lr": asked.lr,
        "maxresults": asked.maxresults if isinstance(asked, PagedOptions) else _ALL,
        **more,
        "epoch": str(epoch or 0),
        "lastupdate": updated or "",
        "output_srs": asked.output_srs,
    }
    if results and asked.output_srs not in _ON_THE_GRID:
        results = _projected(results, asked.output_srs)
    if asked.format == "XML":
        return Response(render.xml(header, results), media_type=_XML)
    listed = f',"results":[{results}]' if results else ""
    return Response(f'{{"header":{json.dumps(header)}{listed}}}', media_type="application/json")


def _projected(results: str, system: str) -> str:
    try:
        return render.project(results, system)
    except OutsideGridError:
        fault = ValueError("one of the addresses lies where OSTN15 does not hold; ask for EPSG:27700")
        raise unusable("output_srs", fault) from None


def _uri(request: Request) -> str:
    """The address asked for with every parameter, but never the key."""
    url = request.url
    if "key" not in request.query_params:
        return str(url)
    kept = [part for part in url.query.split("&") if unquote_plus(part.partition("=")[0]) != "key"]
    return str(url.replace(query="&".join(kept)))


def _render(request: Request, problem: Problem) -> Response:
    """Every error below the base, in the contract's shape."""
    first = problem.errors[0] if problem.errors else None
    message = str(problem.detail)
    if first is not None:
        parts = first.field.split(".")  # query, name, and of a list the place in it
        message = f"Parameter {parts[min(1, len(parts) - 1)]}: {first.message.removeprefix('Value error, ')}"
    body = error_body(problem.status_code, message)
    if wants_xml(request):
        written = render.xml_error(body["error"])
        return Response(written, problem.status_code, problem.headers, media_type=_XML)
    return JSONResponse(body, problem.status_code, problem.headers)


shape = ErrorShape("address/search/places/v1", _render, PlacesError)
