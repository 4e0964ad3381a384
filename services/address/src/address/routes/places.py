"""OS Places, as clients written for api.os.uk know it: postcode, uprn and find."""

import json
from typing import Annotated, Any
from urllib.parse import unquote_plus

import asyncpg
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from address.actions import searches
from address.rules import filters, postcodes
from address.schemas.places import (
    Answer,
    FindOptions,
    Options,
    PagedOptions,
    PlacesError,
    PostcodeOptions,
    UprnOptions,
    error_body,
    read_box,
)
from address.store import places
from address.store.finding import Scoring
from address.store.places import Wanted
from chassis.auth import Caller, permission
from chassis.database import FastPool, fast_pool
from chassis.problems import ErrorShape, Problem
from chassis.types import Slug

BASE = "address/search/places/v1"
router = APIRouter(prefix=f"/{{council}}/{BASE}", tags=["OS Places"])
Reader = Annotated[Caller, permission("address:read")]

_LANGUAGES = {"EN": "ENG", "CY": "CYM"}
_ALL = 100  # results of an answer that has no pages
_TOO_LITTLE = (
    "Requested postcode must contain a minimum of the sector plus 1 digit of the district e.g. SO1."
    " Requested postcode was {}"
)


@router.get("/postcode", response_model=Answer, openapi_extra=PostcodeOptions.documented())
async def places_by_postcode(request: Request, council: Slug, _: Reader) -> Response:
    """The addresses of a postcode, or of all postcodes that begin so."""
    asked = PostcodeOptions.read(request)
    try:
        search = postcodes.search(asked.postcode)
    except ValueError:
        raise Problem(400, "invalid-postcode", _TOO_LITTLE.format(asked.postcode[:100])) from None
    found = await places.by_postcode(fast_pool(request), council, search, _wanted(asked))
    return _answer(request, asked, f"postcode={asked.postcode}", found)


@router.get("/uprn", response_model=Answer, openapi_extra=UprnOptions.documented())
async def places_by_uprn(request: Request, council: Slug, _: Reader) -> Response:
    """The addresses of one property."""
    asked = UprnOptions.read(request)
    found = await places.by_uprn(fast_pool(request), council, asked.uprn, _wanted(asked))
    return _answer(request, asked, f"uprn={asked.uprn}", found)


@router.get("/find", response_model=Answer, openapi_extra=FindOptions.documented())
async def find_places(request: Request, council: Slug, _: Reader, pool: FastPool) -> Response:
    """The addresses that match free text best, with a score from 0 to 1."""
    asked = FindOptions.read(request)
    scoring = Scoring(asked.minmatch or 0.0, asked.matchprecision or 1, read_box(asked.bbox))
    found = await searches.find(pool, council, asked.query, _wanted(asked), scoring)
    more = {} if asked.matchprecision is None else {"matchprecision": asked.matchprecision}
    return _answer(request, asked, f"query={asked.query}", found, **more)


def _wanted(asked: Options) -> Wanted:
    only = filters.read(asked.fq) if asked.fq else filters.Filters()
    limit, offset = (asked.maxresults, asked.offset) if isinstance(asked, PagedOptions) else (_ALL, 0)
    return Wanted(
        tuple(_LANGUAGES[language] for language in asked.lr.split(",")),
        only.classes,
        only.statuses,
        only.lpi_statuses,
        only.countries,
        tuple(asked.dataset.split(",")),
        limit,
        offset,
    )


def _answer(request: Request, asked: Options, query: str, found: asyncpg.Record, **more: int) -> Response:
    """The header, and the results as PostgreSQL has written them."""
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
    listed = f',"results":[{results}]' if results else ""
    return Response(f'{{"header":{json.dumps(header)}{listed}}}', media_type="application/json")


def _uri(request: Request) -> str:
    """The address asked for with every parameter, but never the key."""
    url = request.url
    if "key" not in request.query_params:
        return str(url)
    kept = [part for part in url.query.split("&") if unquote_plus(part.partition("=")[0]) != "key"]
    return str(url.replace(query="&".join(kept)))


def _render(_: Request, problem: Problem) -> Response:
    """Every error below the base, in the contract's shape."""
    first = problem.errors[0] if problem.errors else None
    message = str(problem.detail)
    if first is not None:
        parts = first.field.split(".")  # query, name, and of a list the place in it
        message = f"Parameter {parts[min(1, len(parts) - 1)]}: {first.message.removeprefix('Value error, ')}"
    return JSONResponse(error_body(problem.status_code, message), problem.status_code, problem.headers)


shape = ErrorShape(BASE, _render, PlacesError)
