"""Search a site for constraints, and keep the answer."""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from fastapi.responses import JSONResponse
from sqlalchemy import Row

from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.jobs import Every, Purge
from chassis.problems import FieldError, Problem, not_found
from chassis.settings import Settings
from chassis.signed_statements import StatementSigner
from mapping.collections.rules.layers import Audience, may_see
from mapping.constraints import rules, store
from mapping.constraints.actions.layer_search import SiteQuery, search_layer
from mapping.constraints.actions.lists import read_list
from mapping.constraints.rules import Site
from mapping.constraints.schemas import ConstraintSearch, SearchReceipt, SearchRequest, SignedSearch, SiteView
from mapping.locate.actions import Sources, properties
from mapping.locate.rules.points import read_crs
from mapping.shared.coordinates import Crs
from mapping.shared.geometry import to_geojson_text

_RETENTION = timedelta(days=15 * 366)  # the longest time to sue: Limitation Act 1980, section 14B


@dataclass(frozen=True, slots=True)
class Search:
    """A search before it is kept: its answer, and for whom it is."""

    answer: ConstraintSearch
    audience: Audience


async def search(sources: Sources, audience: Audience, request: SearchRequest) -> Search:
    """Search a site. Hold no session meanwhile. Raises Problem 400, 404 or 503."""
    now = clock.now()
    site = await _read_site(sources, request)
    async with sources.database.reading(sources.council) as session:
        version, searched = await read_list(session, sources.snapshots, sources.council)
    query = SiteQuery(site, request.buffer, now, audience)
    results, withheld = [], 0
    for each in searched:
        layer = sources.snapshots.layer_by_id(UUID(each.layer))
        if layer is not None and not layer.visible_to(audience):
            withheld += 1
            continue
        results.append(await search_layer(sources, layer, each, query))
    answer = ConstraintSearch(
        id=ids.new(),
        searched_at=now,
        list_version=version,
        site=_show_site(site),
        buffer_m=request.buffer,
        layers=results,
        withheld=withheld,
    )
    return Search(answer, audience)


async def _read_site(sources: Sources, request: SearchRequest) -> Site:
    if (request.uprn is None) == (request.site is None):
        raise Problem(400, "invalid-request", "Send either a uprn or a site.")
    if request.uprn is not None:
        place = await properties.find_property(sources, int(request.uprn))
        return Site(shapely.Point(place.easting, place.northing), int(request.uprn))
    try:
        return await asyncio.to_thread(rules.read_site, request.site or {}, read_crs(request.crs))
    except ValueError as error:
        raise refuse_site(str(error)) from error


def refuse_site(message: str) -> Problem:
    """Make the 400 of a site that cannot be searched."""
    wrong = FieldError(field="site", message=message, code="bad_site")
    return Problem(400, "invalid-request", "The site cannot be searched; see errors.", errors=[wrong])


def _show_site(site: Site) -> SiteView:
    return SiteView(
        uprn=None if site.uprn is None else str(site.uprn),
        geometry=json.loads(to_geojson_text(np.array([site.shape], dtype=object), Crs.BNG)[0]),
        crs=Crs.BNG.uri,
        area_m2=round(site.shape.area, 3),
        repaired=site.repaired,
    )


async def keep(session: Session, council: str, caller: Caller, result: Search) -> SearchReceipt:
    """Keep a search as evidence, byte for byte as it is answered."""
    content = write_content(result.answer)
    now = clock.now()
    values = {
        "id": result.answer.id,
        "mode": caller.mode,
        "audience": result.audience,
        "actor": caller.subject,
        "content": content,
        "digest": hashlib.sha256(content).digest(),
        "created_at": now,
        "keep_until": (now + _RETENTION).date(),
    }
    await store.add_search(session, council, values)
    return SearchReceipt(id=result.answer.id)


def write_content(answer: ConstraintSearch) -> bytes:
    """Write an answer as it is sent and kept."""
    return bytes(JSONResponse(answer.model_dump(mode="json")).body)


async def get_search(
    session: ReadSession, council: str, mode: str, audience: Audience, search_id: UUID
) -> Row[Any]:
    """Get a search that was kept: its ``content`` and ``digest``. Raises Problem 404."""
    row = await store.get_search(session, council, mode, search_id)
    if row is None or not may_see(audience, row.audience):
        raise not_found(f"search {ids.show(search_id)}")
    return row


def sign_search(settings: Settings, row: Row[Any]) -> SignedSearch:
    """Sign which bytes a search has and when it was made, with the installation's key for this purpose."""
    signer = StatementSigner(settings, "constraints")
    statement = {
        "search": ids.show(row.id),
        "sha256": row.digest.hex(),
        "searched_at": row.created_at.isoformat(),
    }
    return SignedSearch(statement=signer.sign(statement), public_key=signer.public_key())


async def _purge(session: Session, most: int) -> int:
    return await store.purge(session, clock.today(), most)


purges = (Purge("mapping.purge_constraint_searches", Every(86_400), _purge),)
