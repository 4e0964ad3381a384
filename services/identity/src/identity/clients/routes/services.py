"""Services of a council that sign people in, registered by the council itself."""

from typing import Annotated, Any

from fastapi import APIRouter, Response

from chassis import clock, ids
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.etags import IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from identity.clients.actions import service_secrets, services
from identity.clients.actions.service_changes import render_service
from identity.clients.routes.dependencies import CacheCleared, TheProvider
from identity.clients.schemas.services import (
    NewSecret,
    NewService,
    SecretMade,
    Service,
    ServiceChange,
    ServiceEvent,
    ServiceMade,
)
from identity.issuer.routes import DirectoryRefresh
from identity.shared.dependencies import read_id_cursor
from identity.shared.schemas import Mode

router = APIRouter(prefix="/{council}/identity/v1/services", tags=["services"])
Keeper = Annotated[Caller, permission("identity:clients")]
_ONE = "/{client_id}"


@router.post("", status_code=201, response_model=ServiceMade, responses=document_problems(409))
async def register_service(
    council: Slug,
    body: NewService,
    caller: Keeper,
    _cleared: CacheCleared,
    provider: TheProvider,
    once: OnlyOnce,
) -> Response:
    """Register a service that signs people in. Its secret is in this response and nowhere else.

    Redirect URIs are compared character by character. They are https at a public name; in the sandbox also
    http on your own machine. You can only grant scopes of APIs that you hold. For a sandbox service a sandbox
    credential is enough; a live one needs a live credential.
    """
    issuer = provider.issuer
    services.check_registration(issuer, caller, body)
    keys = await services.fetch_keys(
        provider.refresher.outbound, body
    )  # outside any transaction: it takes time
    secret = not keys and body.token_endpoint_auth_method is None

    async def restore(stored_body: dict[str, Any]) -> str:
        return services.first_secret(issuer, stored_body["client_id"])

    async with provider.database.writing(council) as session:
        return await once.run(
            session,
            caller,
            body,
            lambda: services.register_service(session, issuer, council, caller, body, keys),
            headers=lambda service: {
                **version_tag(service.version),
                "Location": f"/{council}/identity/v1/services/{ids.show(service.client_id)}",
            },
            secret="client_secret" if secret else "",
            restore=restore if secret else None,
        )


@router.get("")
async def list_services(
    council: Slug, _: Keeper, session: Reading, paging: Paging, mode: Mode | None = None
) -> Page[Service]:
    """List the council's services in use, oldest first. You can filter by mode."""
    rows = await services.list_page(session, council, mode, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, render_service, lambda row: (ids.show(row.id),))


@router.get(_ONE, responses=document_problems(404))
async def read_service(
    council: Slug, client_id: ids.Id, _: Keeper, session: Reading, response: Response
) -> Service:
    """Read a service, with its version as ETag. Its secret is not stored and not shown."""
    service = await services.get_service(session, council, client_id)
    response.headers.update(version_tag(service.version))
    return service


@router.patch(_ONE, responses=document_problems(404, 409, 412, 428))
async def change_service(
    council: Slug,
    client_id: ids.Id,
    body: ServiceChange,
    caller: Keeper,
    _cleared: CacheCleared,
    provider: TheProvider,
    response: Response,
    precondition: IfMatch,
) -> Service:
    """Change a service, or give it other public keys. It takes effect at once. The mode never changes."""
    async with provider.database.reading(council) as session:
        await services.check_change(session, provider.issuer, council, client_id, caller, body)
    keys = await services.fetch_keys(
        provider.refresher.outbound, body
    )  # outside any transaction: it takes time
    async with provider.database.writing(council) as session:
        service = await services.update_service(
            session, provider.issuer, council, client_id, caller, precondition, body, keys
        )
    response.headers.update(version_tag(service.version))
    return service


@router.delete(_ONE, status_code=204, responses=document_problems(404))
async def retire_service(
    council: Slug,
    client_id: ids.Id,
    caller: Keeper,
    _refresh: DirectoryRefresh,
    _cleared: CacheCleared,
    session: Writing,
) -> None:
    """Retire a service. It and its tokens are refused at once. To repeat the request is no error."""
    await services.retire_service(session, council, client_id, caller, clock.now())


@router.post(
    f"{_ONE}/secrets", status_code=201, response_model=SecretMade, responses=document_problems(404, 409)
)
async def make_service_secret(
    council: Slug,
    client_id: ids.Id,
    body: NewSecret,
    caller: Keeper,
    _cleared: CacheCleared,
    provider: TheProvider,
    session: Writing,
    once: OnlyOnce,
) -> Response:
    """Create a new secret. The present one works on for the overlap; public keys no longer do."""
    issuer = provider.issuer

    async def restore(stored_body: dict[str, Any]) -> str:
        return service_secrets.derive_again(issuer, stored_body)

    return await once.run(
        session,
        caller,
        body,
        lambda: service_secrets.create_secret(session, issuer, council, client_id, caller, body),
        headers=lambda secret: version_tag(secret.version),
        secret="client_secret",  # noqa: S106 - the name of the member
        restore=restore,
    )


@router.delete(f"{_ONE}/secrets/previous", status_code=204, responses=document_problems(404))
async def end_previous_service_secret(
    council: Slug,
    client_id: ids.Id,
    caller: Keeper,
    _cleared: CacheCleared,
    provider: TheProvider,
    session: Writing,
) -> None:
    """Revoke the previous secret, before its overlap ends."""
    await service_secrets.revoke_previous(session, provider.issuer, council, client_id, caller)


@router.get(f"{_ONE}/history", responses=document_problems(404))
async def read_service_history(
    council: Slug, client_id: ids.Id, _: Keeper, session: Reading, paging: Paging
) -> Page[ServiceEvent]:
    """List who changed a service and when, oldest first. You can read a retired service's history too."""
    rows = await services.list_history(session, council, client_id, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, services.render_event, lambda row: (ids.show(row.id),))
