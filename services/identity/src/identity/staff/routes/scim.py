"""SCIM 2.0 (RFC 7644): a council's directory keeps its staff up to date here."""

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Row

from chassis import ids
from chassis.database import Reading, ReadSession, Writing
from chassis.problems import documents
from chassis.types import Slug
from identity.issuer.routes import DirectoryRefresh, TheIssuer
from identity.shared.dependencies import IfMatch
from identity.staff.actions import scim as directory
from identity.staff.routes.scim_protocol import (
    BASE,
    Attributes,
    Excluded,
    Listing,
    Resource,
    ResourceId,
    ScimResponse,
    TheDirectory,
    answer,
    id_of,
    paced,
    understood,
    version_of,
)
from identity.staff.rules import scim, scim_resources
from identity.staff.schemas.scim import ScimGroup, ScimList, ScimUser

router = APIRouter(prefix=f"/{{council}}/{BASE}", tags=["SCIM"], dependencies=[Depends(paced)])


@router.get("/Users", response_model=ScimList, response_class=ScimResponse)
async def list_scim_users(
    council: Slug, _: TheDirectory, session: Reading, request: Request, asked: Listing
) -> Response:
    """Users, all or those a filter finds by `eq`: `userName`, `externalId`, `id`, `emails`, `displayName`."""
    total, rows = await directory.users(session, council, asked.terms, asked.first - 1, asked.most)
    return asked.answer([_user(request, council, row) for row in rows], total)


@router.post("/Users", status_code=201, response_model=ScimUser, response_class=ScimResponse,
             responses=documents(409))  # fmt: skip
async def create_scim_user(
    council: Slug, body: Resource, _: TheDirectory, session: Writing, request: Request
) -> Response:
    """A joiner."""
    with understood():
        user = scim_resources.read_user(body)
    row = await directory.add_user(session, council, user)
    return answer(_user(request, council, row), 201)


@router.get("/Users/{user_id}", response_model=ScimUser, response_class=ScimResponse)
async def read_scim_user(
    council: Slug, user_id: ResourceId, _: TheDirectory, session: Reading, request: Request
) -> Response:
    """One user."""
    return answer(_user(request, council, await directory.user(session, council, id_of(user_id))))


@router.put("/Users/{user_id}", response_model=ScimUser, response_class=ScimResponse,
            responses=documents(409, 412))  # fmt: skip
async def replace_scim_user(
    council: Slug,
    user_id: ResourceId,
    body: Resource,
    _: TheDirectory,
    _live: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
    request: Request,
    if_match: IfMatch = None,
) -> Response:
    """The user as it is to be. With `active` false he may do nothing from now on, whatever token he has."""
    with understood():
        user = scim_resources.read_user(body)
    row = await directory.put_user(session, issuer, council, id_of(user_id), user, version_of(if_match))
    return answer(_user(request, council, row))


@router.patch("/Users/{user_id}", response_model=ScimUser, response_class=ScimResponse,
              responses=documents(409, 412))  # fmt: skip
async def patch_scim_user(
    council: Slug,
    user_id: ResourceId,
    body: Resource,
    _: TheDirectory,
    _live: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
    request: Request,
    if_match: IfMatch = None,
) -> Response:
    """Change a user by `add`, `replace` and `remove`, as Entra ID and Okta send them."""
    with understood():
        operations = scim.read_operations(body)
        row = await directory.patch_user(
            session, issuer, council, id_of(user_id), operations, version_of(if_match)
        )
    return answer(_user(request, council, row))


@router.delete("/Users/{user_id}", status_code=204, responses=documents(412))
async def delete_scim_user(
    council: Slug,
    user_id: ResourceId,
    _: TheDirectory,
    _live: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
    if_match: IfMatch = None,
) -> None:
    """A leaver: his tokens are refused within a second, his sessions end, what is personal is erased."""
    await directory.delete_user(session, issuer, council, id_of(user_id), version_of(if_match))


@router.get("/Groups", response_model=ScimList, response_class=ScimResponse)
async def list_scim_groups(
    council: Slug, _: TheDirectory, session: Reading, request: Request, asked: Listing
) -> Response:
    """Groups, all or those a filter finds: `displayName`, `externalId`, `id` or `members` by `eq`."""
    total, rows = await directory.groups(session, council, asked.terms, asked.first - 1, asked.most)
    return asked.answer(await _groups(session, request, council, rows), total)


@router.post("/Groups", status_code=201, response_model=ScimGroup, response_class=ScimResponse,
             responses=documents(409))  # fmt: skip
async def create_scim_group(
    council: Slug, body: Resource, _: TheDirectory, session: Writing, request: Request
) -> Response:
    """A group of the directory. A role that names its `displayName` is its members'."""
    with understood():
        group = scim_resources.read_group(body)
    row = await directory.add_group(session, council, group)
    return answer((await _groups(session, request, council, [row]))[0], 201)


@router.get("/Groups/{group_id}", response_model=ScimGroup, response_class=ScimResponse)
async def read_scim_group(
    council: Slug,
    group_id: ResourceId,
    _: TheDirectory,
    session: Reading,
    request: Request,
    attributes: Attributes = None,
    excluded: Excluded = None,
) -> Response:
    """One group."""
    row = await directory.group(session, council, id_of(group_id))
    [found] = await _groups(session, request, council, [row])
    return answer(scim.shown(found, attributes, excluded), version=row.version)


@router.put("/Groups/{group_id}", response_model=ScimGroup, response_class=ScimResponse,
            responses=documents(409, 412))  # fmt: skip
async def replace_scim_group(
    council: Slug,
    group_id: ResourceId,
    body: Resource,
    _: TheDirectory,
    _live: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
    request: Request,
    if_match: IfMatch = None,
) -> Response:
    """The group as it is to be, with those who are to be in it."""
    with understood():
        group = scim_resources.read_group(body)
    row = await directory.change_group(session, issuer, council, id_of(group_id), group, version_of(if_match))
    return answer((await _groups(session, request, council, [row]))[0])


@router.patch("/Groups/{group_id}", response_model=ScimGroup, response_class=ScimResponse,
              responses=documents(409, 412))  # fmt: skip
async def patch_scim_group(
    council: Slug,
    group_id: ResourceId,
    body: Resource,
    _: TheDirectory,
    _live: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
    request: Request,
    if_match: IfMatch = None,
) -> Response:
    """Rename a group, put users into it and take them out."""
    with understood():
        change = scim_resources.patch_group(scim.read_operations(body))
    row = await directory.change_group(
        session, issuer, council, id_of(group_id), change, version_of(if_match)
    )
    return answer((await _groups(session, request, council, [row]))[0])


@router.delete("/Groups/{group_id}", status_code=204, responses=documents(412))
async def delete_scim_group(
    council: Slug,
    group_id: ResourceId,
    _: TheDirectory,
    _live: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
    if_match: IfMatch = None,
) -> None:
    """Remove a group; its members stay users."""
    await directory.delete_group(session, issuer, council, id_of(group_id), version_of(if_match))


def _user(request: Request, council: str, row: Row[Any]) -> dict[str, Any]:
    user = {
        "schemas": [scim.USER],
        "id": ids.show(row.id),
        "externalId": row.external_id,
        "userName": row.user_name,
        "name": {"givenName": row.given_name, "familyName": row.family_name},
        "displayName": row.display_name,
        "emails": [{"value": row.email, "type": "work", "primary": True}] if row.email else [],
        "active": row.active,
        "meta": _meta(request, council, "User", row),
    }
    return {name: value for name, value in user.items() if value is not None}


async def _groups(session: ReadSession, request: Request, council: str, rows: Any) -> list[dict[str, Any]]:
    members = await directory.members(session, council, [row.id for row in rows])
    return [
        {
            "schemas": [scim.GROUP],
            "id": ids.show(row.id),
            **({"externalId": row.external_id} if row.external_id else {}),
            "displayName": row.display_name,
            "members": [{"value": ids.show(one)} for one in members[row.id]],
            "meta": _meta(request, council, "Group", row),
        }
        for row in rows
    ]


def _meta(request: Request, council: str, kind: str, row: Row[Any]) -> dict[str, str]:
    origin = str(request.base_url).rstrip("/")
    return {
        "resourceType": kind,
        "created": row.created_at.isoformat(),
        "lastModified": row.updated_at.isoformat(),
        "location": f"{origin}/{council}/{BASE}/{kind}s/{ids.show(row.id)}",
        "version": f'W/"{row.version}"',
    }
