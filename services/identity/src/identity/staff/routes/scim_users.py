"""SCIM users (RFC 7644): a council's directory adds, changes and removes its staff here."""

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Row

from chassis import ids
from chassis.database import Reading, Writing
from chassis.etags import OptionalWeakIfMatch
from chassis.problems import document_problems
from chassis.types import Slug
from identity.issuer.routes import DirectoryRefresh, TheIssuer
from identity.staff.actions import scim_users
from identity.staff.routes.scim_protocol import (
    BASE,
    DirectoryCaller,
    Resource,
    ResourceId,
    ScimResponse,
    TheListRequest,
    check_pace,
    map_errors,
    read_id,
    resource_meta,
    respond,
)
from identity.staff.rules import scim, scim_patch, scim_resources
from identity.staff.schemas.scim import ScimList, ScimUser

router = APIRouter(prefix=f"/{{council}}/{BASE}", tags=["SCIM"], dependencies=[Depends(check_pace)])


@router.get("/Users", response_model=ScimList, response_class=ScimResponse)
async def list_scim_users(
    council: Slug, _: DirectoryCaller, session: Reading, request: Request, query: TheListRequest
) -> Response:
    """List users. You can filter with `eq` by `userName`, `externalId`, `id`, `emails` or `displayName`."""
    total, rows = await scim_users.list_users(session, council, query.terms, query.first - 1, query.most)
    return query.respond([_to_user(request, council, row) for row in rows], total)


@router.post("/Users", status_code=201, response_model=ScimUser, response_class=ScimResponse,
             responses=document_problems(409))  # fmt: skip
async def create_scim_user(
    council: Slug, body: Resource, _: DirectoryCaller, session: Writing, request: Request
) -> Response:
    """Add a user to the council's staff."""
    with map_errors():
        user = scim_resources.read_user(body)
    row = await scim_users.create_user(session, council, user)
    return respond(_to_user(request, council, row), 201)


@router.get("/Users/{user_id}", response_model=ScimUser, response_class=ScimResponse)
async def read_scim_user(
    council: Slug, user_id: ResourceId, _: DirectoryCaller, session: Reading, request: Request
) -> Response:
    """Get a user."""
    return respond(_to_user(request, council, await scim_users.get_user(session, council, read_id(user_id))))


@router.put("/Users/{user_id}", response_model=ScimUser, response_class=ScimResponse,
            responses=document_problems(409, 412))  # fmt: skip
async def replace_scim_user(
    council: Slug,
    user_id: ResourceId,
    body: Resource,
    _: DirectoryCaller,
    _refresh: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
    request: Request,
    precondition: OptionalWeakIfMatch,
) -> Response:
    """Replace a user. With `active` false all their tokens are refused, and they can do nothing here."""
    with map_errors():
        user = scim_resources.read_user(body)
    row = await scim_users.replace_user(session, issuer, council, read_id(user_id), user, precondition)
    return respond(_to_user(request, council, row))


@router.patch("/Users/{user_id}", response_model=ScimUser, response_class=ScimResponse,
              responses=document_problems(409, 412))  # fmt: skip
async def patch_scim_user(
    council: Slug,
    user_id: ResourceId,
    body: Resource,
    _: DirectoryCaller,
    _refresh: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
    request: Request,
    precondition: OptionalWeakIfMatch,
) -> Response:
    """Change a user with `add`, `replace` and `remove`, as Entra ID and Okta send them."""
    with map_errors():
        operations = scim_patch.read_operations(body)
        row = await scim_users.patch_user(
            session, issuer, council, read_id(user_id), operations, precondition
        )
    return respond(_to_user(request, council, row))


@router.delete("/Users/{user_id}", status_code=204, responses=document_problems(412))
async def delete_scim_user(
    council: Slug,
    user_id: ResourceId,
    _: DirectoryCaller,
    _refresh: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
    precondition: OptionalWeakIfMatch,
) -> None:
    """Remove a leaver. Their tokens are refused within a second, and their personal data is erased."""
    await scim_users.delete_user(session, issuer, council, read_id(user_id), precondition)


def _to_user(request: Request, council: str, row: Row[Any]) -> dict[str, Any]:
    user = {
        "schemas": [scim.USER],
        "id": ids.show(row.id),
        "externalId": row.external_id,
        "userName": row.user_name,
        "name": {"givenName": row.given_name, "familyName": row.family_name},
        "displayName": row.display_name,
        "emails": [{"value": row.email, "type": "work", "primary": True}] if row.email else [],
        "active": row.active,
        "meta": resource_meta(request, council, "User", row),
    }
    return {name: value for name, value in user.items() if value is not None}
