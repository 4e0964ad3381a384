"""Search a site for constraints, read a search again, and say which layers are searched."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ValidationError

from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import Database, Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.problems import document_problems
from chassis.types import Slug, Uprn
from mapping.collections.routes.access import BASE, PUBLISH, Reader, audience_of
from mapping.constraints.actions import lists, searches
from mapping.constraints.schemas import (
    Buffer,
    ConstraintSearch,
    LayerList,
    LayerListView,
    SearchReceipt,
    SearchRequest,
    SignedSearch,
)
from mapping.locate.routes.dependencies import TheReads
from mapping.snapshots.actions import TheSnapshots

router = APIRouter(prefix=f"{BASE}/constraints", tags=["constraints"])
Publisher = Annotated[Caller, permission(PUBLISH)]
_LONGEST_SITE = 6_000  # characters of a URL
_BODY = {"x-limits": {"body": 2_000_000, "timeout": 60}}
_NO_STORE = {"Cache-Control": "no-store"}
_SEARCHED: dict[int | str, dict[str, Any]] = document_problems(404, 503)


@router.get("", response_model=ConstraintSearch, responses=_SEARCHED)
async def search_constraints(
    council: Slug,
    caller: Reader,
    request: Request,
    reads: TheReads,
    uprn: Annotated[Uprn | None, Query(description="A property: the point that the gazetteer has")] = None,
    site: Annotated[
        str | None,
        Query(max_length=_LONGEST_SITE, description="A GeoJSON Polygon; POST one that is longer"),
    ] = None,
    crs: Annotated[
        str, Query(max_length=100, description="The system of the site: CRS84, EPSG:27700 or a URI")
    ] = "CRS84",
    buffer: Annotated[Buffer, Query()] = 0,
) -> Response:
    """Search a property or a drawn site in each layer of the council's list.

    Every layer has its row, also if nothing was found. The answer is kept: read it again by its `id`.
    """
    body = SearchRequest(uprn=uprn, site=_read_site(site), crs=crs, buffer=buffer)
    result = await searches.search(reads.of(council), audience_of(caller), body)
    database: Database = request.app.state.database
    async with database.writing(council) as session:
        await searches.keep(session, council, caller, result)
    headers = {**_NO_STORE, "Content-Location": _locate(council, result.answer.id)}
    return Response(searches.write_content(result.answer), media_type="application/json", headers=headers)


def _read_site(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        geometry = json.loads(text)
        return SearchRequest(site=geometry).site
    except (ValueError, RecursionError, ValidationError) as error:
        raise searches.refuse_site("is no GeoJSON geometry") from error


def _locate(council: str, search: UUID) -> str:
    return f"/{council}/mapping/v1/constraints/{ids.show(search)}"


@router.post("", status_code=201, response_model=ConstraintSearch, responses=_SEARCHED, openapi_extra=_BODY)
async def post_constraint_search(
    council: Slug,
    caller: Reader,
    request: Request,
    reads: TheReads,
    body: SearchRequest,
    once: OnlyOnce,
) -> Response:
    """Search a site that is too large for a URL; the answer is that of GET."""
    audience = audience_of(caller)
    result = await searches.search(reads.of(council), audience, body)
    database: Database = request.app.state.database
    async with database.writing(council) as session:
        response = await once.run(
            session,
            caller,
            body,
            lambda: searches.keep(session, council, caller, result),
            headers=lambda receipt: {**_NO_STORE, "Location": _locate(council, receipt.id)},
        )
        search = SearchReceipt.model_validate_json(bytes(response.body)).id
        row = await searches.get_search(session, council, caller.mode, audience, search)
    del response.headers["Content-Length"]
    return Response(row.content, 201, dict(response.headers), "application/json")


@router.get("/layers", responses={200: ETAG})
async def get_constraint_layers(
    council: Slug, _: Reader, session: Reading, snapshots: TheSnapshots, response: Response
) -> LayerListView:
    """Get which layers are searched: all zones, until the council writes a list."""
    layers = await lists.get_list(session, snapshots, council)
    response.headers.update(version_tag(layers.version))
    return layers


@router.put("/layers", responses={200: ETAG, **document_problems(409, 412, 428)})
async def set_constraint_layers(
    council: Slug,
    caller: Publisher,
    session: Writing,
    snapshots: TheSnapshots,
    precondition: IfMatch,
    body: LayerList,
    response: Response,
) -> LayerListView:
    """Write which layers are searched, with the question that each answers. Searches name its version."""
    layers = await lists.set_list(session, snapshots, council, caller, precondition, body)
    response.headers.update(version_tag(layers.version))
    return layers


@router.get("/{search}", response_model=ConstraintSearch, responses={200: ETAG, **document_problems(404)})
async def get_constraint_search(
    council: Slug,
    caller: Reader,
    session: Reading,
    search: Annotated[ids.Id, Path(description="The id of a search")],
) -> Response:
    """Read a search again, byte for byte as it was answered. Its ETag is the SHA-256 of the bytes."""
    row = await searches.get_search(session, council, caller.mode, audience_of(caller), search)
    headers = {**_NO_STORE, "ETag": f'"{row.digest.hex()}"'}
    return Response(row.content, media_type="application/json", headers=headers)


@router.get("/{search}/statement", responses=document_problems(404))
async def get_constraint_statement(
    council: Slug,
    caller: Reader,
    session: Reading,
    request: Request,
    search: Annotated[ids.Id, Path(description="The id of a search")],
) -> SignedSearch:
    """Get a signed statement of what a search was: who has it and the bytes can prove them to others."""
    row = await searches.get_search(session, council, caller.mode, audience_of(caller), search)
    return searches.sign_search(request.app.state.settings, row)
