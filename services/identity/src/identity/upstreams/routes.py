"""Upstreams: the other providers where a council lets people sign in, registered by the council."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from chassis import ids
from chassis.auth import Caller, permission, public
from chassis.database import Reading, Writing
from chassis.etags import NOT_MODIFIED, IfMatch, IfNoneMatch, respond_hashed, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from identity.issuer.routes import DirectoryRefresh, TheIssuer
from identity.shared.dependencies import (
    read_id_cursor,
)
from identity.shared.schemas import Jwks
from identity.upstreams.actions import checks, keys, records, registration, upstreams
from identity.upstreams.actions.keys import KeyPair
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
ClientsCaller = Annotated[Caller, permission("identity:clients")]
_UPSTREAMS = "/{council}/identity/v1/upstreams"
_UPSTREAM = f"{_UPSTREAMS}/{{upstream_id}}"


async def _generate_unless_secret(body: NewUpstream) -> KeyPair | None:
    return await keys.generate_key() if body.client_secret is None else None


KeyUnlessSecret = Annotated[KeyPair | None, Depends(_generate_unless_secret)]
NewKey = Annotated[KeyPair, Depends(keys.generate_key)]
"""A key generated before the transaction of the route begins."""


@router.post(_UPSTREAMS, status_code=201, response_model=Upstream, responses=document_problems(409))
async def register_upstream(
    council: Slug,
    body: NewUpstream,
    caller: ClientsCaller,
    issuer: TheIssuer,
    key: KeyUnlessSecret,
    session: Writing,
    once: OnlyOnce,
) -> Response:
    """Register GOV.UK One Login, or a directory of the council's own, for people to sign in with.

    Register the `redirect_uri` of the response at the provider and, unless you gave a secret, the `jwks_uri`.
    You need a live credential; for staff one with `identity:staff` and every scope the council's roles have.
    """
    return await once.run(
        session,
        caller,
        body,
        lambda: registration.register_upstream(session, issuer, council, caller, body, key),
        headers=lambda upstream: {
            **version_tag(upstream.version),
            "Location": f"/{council}/identity/v1/upstreams/{ids.show(upstream.id)}",
        },
    )


@router.get(_UPSTREAMS)
async def list_upstreams(
    council: Slug, _: ClientsCaller, issuer: TheIssuer, session: Reading, paging: Paging
) -> Page[Upstream]:
    """List the council's upstreams, enabled or not, the oldest first."""
    page = await records.list_registrations(
        session, issuer.settings, council, read_id_cursor(paging), paging.fetch
    )
    return paging.page(page, lambda upstream: upstream, lambda upstream: (ids.show(upstream.id),))


@router.get(_UPSTREAM, responses=document_problems(404))
async def read_upstream(
    council: Slug,
    upstream_id: ids.Id,
    _: ClientsCaller,
    issuer: TheIssuer,
    session: Reading,
    response: Response,
) -> Upstream:
    """Get an upstream. Its version is the ETag. Its secret is not shown."""
    upstream = await records.get_registration(session, issuer.settings, council, upstream_id)
    response.headers.update(version_tag(upstream.version))
    return upstream


@router.patch(_UPSTREAM, responses=document_problems(404, 409, 412, 428))
async def change_upstream(
    council: Slug,
    upstream_id: ids.Id,
    body: UpstreamChange,
    caller: ClientsCaller,
    issuer: TheIssuer,
    session: Writing,
    response: Response,
    precondition: IfMatch,
) -> Upstream:
    """Change an upstream, or set the provider's next secret. The change is live at once.

    The issuer and the tenant cannot change: for other ones register another upstream.
    """
    changed = await registration.update_upstream(
        session, issuer, council, upstream_id, caller, precondition, body
    )
    response.headers.update(version_tag(changed.version))
    return changed


@router.delete(_UPSTREAM, status_code=204, responses=document_problems(404))
async def remove_upstream(
    council: Slug,
    upstream_id: ids.Id,
    caller: ClientsCaller,
    _refresh: DirectoryRefresh,
    issuer: TheIssuer,
    session: Writing,
) -> None:
    """Remove an upstream with its keys and links. Accounts stay, and people sign in another way."""
    await registration.remove_upstream(session, issuer, council, upstream_id, caller)


@router.post(
    f"{_UPSTREAM}/keys",
    status_code=201,
    response_model=UpstreamKeyMade,
    responses=document_problems(404, 409),
)
async def make_upstream_key(
    council: Slug,
    upstream_id: ids.Id,
    body: NewUpstreamKey,
    caller: ClientsCaller,
    issuer: TheIssuer,
    key: NewKey,
    session: Writing,
    once: OnlyOnce,
) -> Response:
    """Create another key of ours. It is published now, and signs after the lead."""
    return await once.run(
        session,
        caller,
        body,
        lambda: registration.create_key(session, issuer, council, upstream_id, caller, body, key),
    )


@router.post(f"{_UPSTREAM}/checks", responses=document_problems(404))
async def check_upstream(
    request: Request, council: Slug, upstream_id: ids.Id, _: ClientsCaller, issuer: TheIssuer
) -> UpstreamCheck:
    """Check the provider now: its discovery document, its keys, its DID document, and our key.

    The response says of each whether it is right, or what is wrong. Nothing is changed.
    """
    async with request.app.state.database.reading(council) as session:
        upstream = await records.get_registration(session, issuer.settings, council, upstream_id)
    providers: Providers = request.app.state.providers
    return await checks.check_upstream(Providers(issuer.settings, providers.outbound), upstream)


@router.get(f"{_UPSTREAM}/history")
async def read_upstream_history(
    council: Slug, upstream_id: ids.Id, _: ClientsCaller, session: Reading, paging: Paging
) -> Page[UpstreamEvent]:
    """List who did what to an upstream, and when, the oldest first. It is kept, also after removal."""
    rows = await records.list_events(session, council, upstream_id, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, records.to_event, lambda row: (ids.show(row.id),))


@router.get(
    "/identity/upstream/{council}/{upstream_id}/jwks.json",
    response_model=Jwks,
    responses={**NOT_MODIFIED, **document_problems(404)},
)
async def read_upstream_jwks(
    council: Slug,
    upstream_id: ids.Id,
    _: Annotated[None, public],
    issuer: TheIssuer,
    session: Reading,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Get our public keys for one provider, which it checks our signatures with."""
    council = await upstreams.find_council(session, council, upstream_id)
    public_keys = await keys.list_public_keys(session, council, upstream_id)
    body = Jwks.model_validate({"keys": public_keys}).model_dump_json(exclude_none=True).encode()
    return respond_hashed(body, if_none_match, f"public, max-age={issuer.settings.jwks_max_age}")
