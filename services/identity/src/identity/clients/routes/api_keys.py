"""The API keys of a council."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from sqlalchemy import Row

from chassis import clock, ids
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from identity.clients.actions import api_keys
from identity.clients.schemas.api_keys import ApiKey, ApiKeyMade, NewApiKey
from identity.issuer.routes import DirectoryRefresh, TheIssuer
from identity.shared.dependencies import read_id_cursor

router = APIRouter(prefix="/{council}/identity/v1/api-keys", tags=["API keys"])
Keeper = Annotated[Caller, permission("identity:keys")]


@router.post("", status_code=201, response_model=ApiKeyMade)
async def create_api_key(
    council: Slug, body: NewApiKey, caller: Keeper, session: Writing, issuer: TheIssuer, once: OnlyOnce
) -> Response:
    """Create an API key with scopes you hold. The key is in this response and nowhere else."""

    async def restore(stored_body: dict[str, Any]) -> str:
        return await api_keys.sign_again(session, issuer, council, stored_body)

    return await once.run(
        session,
        caller,
        body,
        lambda: api_keys.create_api_key(session, issuer, council, caller, body),
        secret="key",  # noqa: S106 - the name of the member
        restore=restore,
    )


@router.get("")
async def list_api_keys(council: Slug, _: Keeper, session: Reading, paging: Paging) -> Page[ApiKey]:
    """List the API keys that are not revoked, oldest first. The keys themselves are not stored."""
    rows = await api_keys.list_page(session, council, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, _show, lambda row: (ids.show(row.id),))


@router.delete("/{key_id}", status_code=204, responses=document_problems(404))
async def revoke_api_key(
    council: Slug, key_id: ids.Id, _: Keeper, _refresh: DirectoryRefresh, session: Writing
) -> None:
    """Revoke an API key. It is refused everywhere within a second. To repeat the request is no error."""
    await api_keys.revoke_api_key(session, council, key_id, clock.now())


def _show(row: Row[Any]) -> ApiKey:
    return ApiKey.model_validate(row, from_attributes=True)
