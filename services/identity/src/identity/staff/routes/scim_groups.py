"""SCIM groups (RFC 7644): a council's directory puts its staff into groups here."""

from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from chassis import ids
from chassis.database import Reading, ReadSession, Writing
from chassis.etags import OptionalWeakIfMatch
from chassis.problems import document_problems
from chassis.types import Slug
from identity.issuer.routes import DirectoryRefresh, TheIssuer
from identity.staff.actions import scim_groups
from identity.staff.routes.scim_protocol import (
    BASE,
    Attributes,
    DirectoryCaller,
    Excluded,
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
from identity.staff.schemas.scim import ScimGroup, ScimList

router = APIRouter(prefix=f"/{{council}}/{BASE}", tags=["SCIM"], dependencies=[Depends(check_pace)])


@router.get("/Groups", response_model=ScimList, response_class=ScimResponse)
async def list_scim_groups(
    council: Slug, _: DirectoryCaller, session: Reading, request: Request, query: TheListRequest
) -> Response:
    """List groups. You can filter with `eq` by `displayName`, `externalId`, `id` or `members`."""
    total, rows = await scim_groups.list_groups(session, council, query.terms, query.first - 1, query.most)
    return query.respond(await _to_groups(session, request, council, rows), total)


@router.post("/Groups", status_code=201, response_model=ScimGroup, response_class=ScimResponse,
             responses=document_problems(409))  # fmt: skip
async def create_scim_group(
    council: Slug, body: Resource, _: DirectoryCaller, session: Writing, request: Request
) -> Response:
    """Add a group of the directory. Its members have every role that names its `displayName`."""
    with map_errors():
        change = scim_resources.read_group(body)
    row = await scim_groups.create_group(session, council, change)
    return respond((await _to_groups(session, request, council, [row]))[0], 201)


@router.get("/Groups/{group_id}", response_model=ScimGroup, response_class=ScimResponse)
async def read_scim_group(
    council: Slug,
    group_id: ResourceId,
    _: DirectoryCaller,
    session: Reading,
    request: Request,
    attributes: Attributes = None,
    excluded: Excluded = None,
) -> Response:
    """Get a group."""
    row = await scim_groups.get_group(session, council, read_id(group_id))
    [group] = await _to_groups(session, request, council, [row])
    return respond(scim.select_attributes(group, attributes, excluded), version=row.version)


@router.put("/Groups/{group_id}", response_model=ScimGroup, response_class=ScimResponse,
            responses=document_problems(409, 412))  # fmt: skip
async def replace_scim_group(
    council: Slug,
    group_id: ResourceId,
    body: Resource,
    _: DirectoryCaller,
    _refresh: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
    request: Request,
    precondition: OptionalWeakIfMatch,
) -> Response:
    """Replace a group and its members."""
    with map_errors():
        change = scim_resources.read_group(body)
    row = await scim_groups.update_group(session, issuer, council, read_id(group_id), change, precondition)
    return respond((await _to_groups(session, request, council, [row]))[0])


@router.patch("/Groups/{group_id}", response_model=ScimGroup, response_class=ScimResponse,
              responses=document_problems(409, 412))  # fmt: skip
async def patch_scim_group(
    council: Slug,
    group_id: ResourceId,
    body: Resource,
    _: DirectoryCaller,
    _refresh: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
    request: Request,
    precondition: OptionalWeakIfMatch,
) -> Response:
    """Rename a group, add members to it and remove them."""
    with map_errors():
        change = scim_patch.patch_group(scim_patch.read_operations(body))
    row = await scim_groups.update_group(session, issuer, council, read_id(group_id), change, precondition)
    return respond((await _to_groups(session, request, council, [row]))[0])


@router.delete("/Groups/{group_id}", status_code=204, responses=document_problems(412))
async def delete_scim_group(
    council: Slug,
    group_id: ResourceId,
    _: DirectoryCaller,
    _refresh: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
    precondition: OptionalWeakIfMatch,
) -> None:
    """Delete a group. Its members stay users, and lose the roles that name it."""
    await scim_groups.delete_group(session, issuer, council, read_id(group_id), precondition)


async def _to_groups(session: ReadSession, request: Request, council: str, rows: Any) -> list[dict[str, Any]]:
    members = await scim_groups.list_members(session, council, [row.id for row in rows])
    return [
        {
            "schemas": [scim.GROUP],
            "id": ids.show(row.id),
            **({"externalId": row.external_id} if row.external_id else {}),
            "displayName": row.display_name,
            "members": [{"value": ids.show(staff_id)} for staff_id in members[row.id]],
            "meta": resource_meta(request, council, "Group", row),
        }
        for row in rows
    ]
