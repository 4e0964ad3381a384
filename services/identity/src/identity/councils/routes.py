"""Councils as data, and the gateway's snapshot: for the operator of the region."""

from typing import Annotated

from fastapi import APIRouter, Response

from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.etags import NOT_MODIFIED, IfMatch, IfNoneMatch, respond_hashed, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from identity.clients.routes.dependencies import CacheCleared
from identity.councils.actions import councils, gateway
from identity.councils.schemas import Council, CouncilChange, NewCouncil, Snapshot
from identity.issuer.routes import DirectoryRefresh, TheIssuer
from identity.shared.dependencies import (
    Operator,
    read_slug_cursor,
)
from identity.shared.oauth import scopes

router = APIRouter(prefix="/identity/v1", tags=["region"])


@router.post("/councils", status_code=201, response_model=Council, responses=document_problems(409))
async def create_council(
    body: NewCouncil,
    caller: Operator,
    _refresh: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
    once: OnlyOnce,
) -> Response:
    """Create a council. Every service answers for it within seconds, with no restart."""
    return await once.run(
        session,
        caller,
        body,
        lambda: councils.create_council(session, issuer.settings.region, caller, body),
        headers=lambda council: {"Location": f"/identity/v1/councils/{council.slug}"},
    )


@router.get("/councils")
async def list_councils(caller: Operator, session: Reading, paging: Paging) -> Page[Council]:
    """List the councils of this region, in order of slug."""
    rows = await councils.list_page(session, caller, read_slug_cursor(paging), paging.fetch)
    return paging.page(rows, councils.render_council, lambda row: (row.slug,))


@router.get("/councils/{slug}", responses=document_problems(404))
async def read_council_record(slug: Slug, caller: Operator, session: Reading, response: Response) -> Council:
    """Read a council, with its version as ETag."""
    council = await councils.get_council(session, caller, slug)
    response.headers.update(version_tag(council.version))
    return council


@router.patch("/councils/{slug}", responses=document_problems(404, 412, 428))
async def change_council(
    slug: Slug,
    body: CouncilChange,
    caller: Operator,
    _refresh: DirectoryRefresh,
    _cleared: CacheCleared,
    session: Writing,
    response: Response,
    precondition: IfMatch,
) -> Council:
    """Rename a council, suspend it or reopen it. The slug never changes."""
    changed = await councils.update_council(session, caller, slug, precondition, body)
    response.headers.update(version_tag(changed.version))
    return changed


@router.get("/gateway", response_model=Snapshot, responses=NOT_MODIFIED)
async def read_gateway_snapshot(
    caller: Annotated[Caller, permission(scopes.GATEWAY)], session: Reading, if_none_match: IfNoneMatch = None
) -> Response:
    """Read what the gateway needs to know: councils, and credentials revoked before they expire."""
    snapshot = await gateway.build_snapshot(session, caller)
    return respond_hashed(snapshot.model_dump_json().encode(), if_none_match, "private, no-cache")
