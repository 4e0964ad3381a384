"""Upstreams of a council: where it lets people sign in besides here, registered by itself."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from chassis import ids
from chassis.auth import Caller, permission, public
from chassis.database import Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import documents
from chassis.types import Slug
from identity.issuer.routes import DirectoryRefresh, TheIssuer
from identity.shared.dependencies import (
    IfMatch,
    IfNoneMatch,
    document_not_modified,
    read_id_cursor,
    require_version,
    respond_cached,
)
from identity.shared.schemas import Jwks
from identity.upstreams.actions import checks, upstreams
from identity.upstreams.actions.providers import Providers
from identity.upstreams.schemas import (
    NewUpstream,
    NewUpstreamKey,
    Upstream,
    UpstreamChange,
    UpstreamCheck,
    UpstreamEvent,
    UpstreamKeyMade,
)

router = APIRouter(tags=["upstreams"])
Keeper = Annotated[Caller, permission("identity:clients")]
_ALL = "/{council}/identity/v1/upstreams"
_ONE = f"{_ALL}/{{upstream_id}}"


@router.post(_ALL, status_code=201, response_model=Upstream, responses=documents(409))
async def register_upstream(
    council: Slug, body: NewUpstream, caller: Keeper, issuer: TheIssuer, session: Writing, once: OnlyOnce
) -> Response:
    """Register GOV.UK One Login, or a directory of the council's own, for people to sign in with.

    The answer says what to register there: `redirect_uri` and, unless you gave a secret, `jwks_uri`. It needs
    a live credential; for staff one with `identity:staff` and all scopes that the council's roles have.
    """
    return await once.run(
        session,
        caller,
        body,
        lambda: upstreams.create(session, issuer, council, caller, body),
        headers=lambda made: {
            **_tag(made),
            "Location": f"/{council}/identity/v1/upstreams/{ids.show(made.id)}",
        },
    )


@router.get(_ALL)
async def list_upstreams(
    council: Slug, _: Keeper, issuer: TheIssuer, session: Reading, paging: Paging
) -> Page[Upstream]:
    """The council's upstreams, in use or not, oldest first."""
    found = await upstreams.page(session, issuer.settings, council, read_id_cursor(paging), paging.fetch)
    return paging.page(found, lambda one: one, lambda one: (ids.show(one.id),))


@router.get(_ONE, responses=documents(404))
async def read_upstream(
    council: Slug, upstream_id: ids.Id, _: Keeper, issuer: TheIssuer, session: Reading, response: Response
) -> Upstream:
    """One upstream, with its version as ETag. Its secret is not shown."""
    found = await upstreams.one(session, issuer.settings, council, upstream_id)
    response.headers.update(_tag(found))
    return found


@router.patch(_ONE, responses=documents(404, 409, 412, 428))
async def change_upstream(
    council: Slug,
    upstream_id: ids.Id,
    body: UpstreamChange,
    caller: Keeper,
    issuer: TheIssuer,
    session: Writing,
    response: Response,
    if_match: IfMatch = None,
) -> Upstream:
    """Change an upstream, or give the next secret that the provider made; live at once.

    Who vouches for its people never changes: for another issuer or tenant register another upstream.
    """
    version = require_version(if_match)
    changed = await upstreams.change(session, issuer, council, upstream_id, caller, version, body)
    response.headers.update(_tag(changed))
    return changed


@router.delete(_ONE, status_code=204, responses=documents(404))
async def remove_upstream(
    council: Slug,
    upstream_id: ids.Id,
    caller: Keeper,
    _live: DirectoryRefresh,
    issuer: TheIssuer,
    session: Writing,
) -> None:
    """Remove an upstream with its keys and links. Accounts stay; their people sign in another way."""
    await upstreams.remove(session, issuer, council, upstream_id, caller)


@router.post(f"{_ONE}/keys", status_code=201, response_model=UpstreamKeyMade, responses=documents(404, 409))
async def make_upstream_key(
    council: Slug,
    upstream_id: ids.Id,
    body: NewUpstreamKey,
    caller: Keeper,
    issuer: TheIssuer,
    session: Writing,
    once: OnlyOnce,
) -> Response:
    """Make another key of ours: published now, signing after the lead; until then the one before signs."""
    return await once.run(
        session,
        caller,
        body,
        lambda: upstreams.make_key(session, issuer, council, upstream_id, caller, body),
    )


@router.post(f"{_ONE}/checks", responses=documents(404))
async def check_upstream(
    request: Request, council: Slug, upstream_id: ids.Id, _: Keeper, issuer: TheIssuer
) -> UpstreamCheck:
    """Look at the provider now: its discovery document, its keys, its statements of identity, our key.

    Each is said to be right, or what is wrong with it. Nothing is changed.
    """
    async with request.app.state.database.reading(council) as session:
        found = await upstreams.one(session, issuer.settings, council, upstream_id)
    known: Providers = request.app.state.providers
    return await checks.check(Providers(issuer.settings, known.outbound), found)


@router.get(f"{_ONE}/history")
async def read_upstream_history(
    council: Slug, upstream_id: ids.Id, _: Keeper, session: Reading, paging: Paging
) -> Page[UpstreamEvent]:
    """Who did what to an upstream, and when, oldest first; a removed one's too. It is kept as written."""
    rows = await upstreams.history(session, council, upstream_id, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, upstreams.show_event, lambda row: (ids.show(row.id),))


@router.get(
    "/identity/upstream/{council}/{upstream_id}/jwks.json",
    response_model=Jwks,
    responses={**document_not_modified(), **documents(404)},
)
async def read_upstream_jwks(
    council: Slug,
    upstream_id: ids.Id,
    _: Annotated[None, public],
    issuer: TheIssuer,
    session: Reading,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Our public keys for one provider: it checks by them who we are."""
    found = await upstreams.keys_of(session, council, upstream_id)
    body = Jwks.model_validate({"keys": found}).model_dump_json(exclude_none=True).encode()
    return respond_cached(body, if_none_match, f"public, max-age={issuer.settings.jwks_max_age}")


def _tag(made: Upstream) -> dict[str, Any]:
    return {"ETag": f'"{made.version}"'}
