"""Clients of a council, and of the whole region."""

from typing import Annotated, Any

from fastapi import APIRouter, Response

from chassis import clock, ids
from chassis.auth import Caller, permission
from chassis.database import Reading, ReadSession, Session, Writing
from chassis.idempotency import Idempotency, OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from identity.clients.actions import clients
from identity.clients.routes.dependencies import CacheCleared
from identity.clients.schemas.clients import Client, ClientMade, NewClient
from identity.issuer.actions.revocations import require_region
from identity.issuer.actions.signing_keys import Issuer
from identity.issuer.routes import DirectoryRefresh, TheIssuer
from identity.shared.dependencies import Operator, read_id_cursor
from identity.shared.tables import REGION

router = APIRouter(tags=["clients"])
Keeper = Annotated[Caller, permission("identity:clients")]
_OF_COUNCIL = "/{council}/identity/v1/clients"
_OF_REGION = "/identity/v1/clients"


@router.post(_OF_COUNCIL, status_code=201, response_model=ClientMade, responses=document_problems(409))
async def create_client(
    council: Slug, body: NewClient, caller: Keeper, session: Writing, issuer: TheIssuer, once: OnlyOnce
) -> Response:
    """Create a client of the council. Its secret is in this response and nowhere else."""
    return await _create_once(session, issuer, council, caller, body, once)


@router.get(_OF_COUNCIL)
async def list_clients(council: Slug, _: Keeper, session: Reading, paging: Paging) -> Page[Client]:
    """List the council's clients in use, oldest first."""
    rows = await clients.list_page(session, council, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, clients.render_client, lambda row: (ids.show(row.id),))


@router.delete(f"{_OF_COUNCIL}/{{client_id}}", status_code=204, responses=document_problems(404, 409))
async def revoke_client(
    council: Slug,
    client_id: ids.Id,
    _: Keeper,
    _refresh: DirectoryRefresh,
    _cleared: CacheCleared,
    session: Writing,
) -> None:
    """Revoke a client and its tokens. To repeat the request is no error."""
    await clients.revoke_client(session, council, client_id, clock.now())


@router.post(_OF_REGION, status_code=201, response_model=ClientMade, responses=document_problems(409))
async def create_region_client(
    body: NewClient, caller: Operator, session: Writing, issuer: TheIssuer, once: OnlyOnce
) -> Response:
    """Create a client that acts for every council of the region."""
    await _require_region(session, caller)
    return await _create_once(session, issuer, REGION, caller, body, once)


@router.get(_OF_REGION)
async def list_region_clients(caller: Operator, session: Reading, paging: Paging) -> Page[Client]:
    """List the region's clients in use, oldest first."""
    await _require_region(session, caller)
    rows = await clients.list_page(session, REGION, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, clients.render_client, lambda row: (ids.show(row.id),))


@router.delete(f"{_OF_REGION}/{{client_id}}", status_code=204, responses=document_problems(404, 409))
async def revoke_region_client(
    client_id: ids.Id,
    caller: Operator,
    _refresh: DirectoryRefresh,
    _cleared: CacheCleared,
    session: Writing,
) -> None:
    """Revoke a client of the region and its tokens. To repeat the request is no error."""
    await _require_region(session, caller)
    await clients.revoke_client(session, REGION, client_id, clock.now())


async def _require_region(session: ReadSession, caller: Caller) -> None:
    require_region(caller)
    await session.set_council(REGION)


async def _create_once(
    session: Session, issuer: Issuer, council: str, caller: Caller, body: NewClient, once: Idempotency
) -> Response:
    async def restore(stored_body: dict[str, Any]) -> str:
        return clients.derive_first_secret(issuer, stored_body["client_id"])

    return await once.run(
        session,
        caller,
        body,
        lambda: clients.create_client(session, issuer, council, caller, body),
        secret="client_secret" if body.jwks is None else "",
        restore=restore if body.jwks is None else None,
    )
