"""Roles of a council, and the record of their changes."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.etags import OptionalIfMatch, version_tag
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from identity.issuer.routes import DirectoryRefresh, TheIssuer
from identity.shared.dependencies import read_id_cursor, read_slug_cursor
from identity.staff.actions import role_changes, roles
from identity.staff.schemas.staff import NewRole, Role, RoleChange, RoleName

router = APIRouter(prefix="/{council}/identity/v1", tags=["staff"])
Officer = Annotated[Caller, permission("identity:staff")]
NameInPath = Annotated[RoleName, Path()]


@router.get("/roles")
async def list_roles(council: Slug, _: Officer, session: Reading, paging: Paging) -> Page[Role]:
    """List the council's roles, in order of name."""
    rows = await roles.list_roles(session, council, read_slug_cursor(paging), paging.fetch)
    return paging.page(rows, roles.to_role, lambda row: (row.name,))


@router.get("/roles/changes")
async def list_role_changes(
    council: Slug,
    _: Officer,
    session: Reading,
    paging: Paging,
    staff_id: Annotated[ids.Id | None, Query(alias="staff")] = None,
    role: Annotated[RoleName | None, Query()] = None,
) -> Page[RoleChange]:
    """List who made, changed, gave or took which role, and when, the oldest first. It is kept as written.

    You can list those of one member of staff or one role. Removed roles are included.
    """
    rows = await role_changes.list_role_changes(
        session, council, staff_id, role, read_id_cursor(paging), paging.fetch
    )
    return paging.page(rows, role_changes.to_role_change, lambda row: (ids.show(row.id),))


@router.get("/roles/{role}", responses=document_problems(404))
async def read_role(
    council: Slug, role: NameInPath, _: Officer, session: Reading, response: Response
) -> Role:
    """Get a role. Its version is the ETag."""
    record = await roles.get_role(session, council, role)
    response.headers.update(version_tag(record.version))
    return record


@router.put("/roles/{role}", responses={201: {"model": Role}, **document_problems(404, 412, 428)})
async def put_role(
    council: Slug,
    role: NameInPath,
    body: NewRole,
    caller: Officer,
    _refresh: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
    response: Response,
    precondition: OptionalIfMatch,
) -> Role:
    """Create a role, or change one (`If-Match`). You can only use scopes that you hold yourself.

    If staff lose a scope by the change, their tokens are refused at once. Their next tokens lack the scope.
    """
    record, is_new = await roles.put_role(session, issuer, council, caller, role, body, precondition)
    response.headers.update(version_tag(record.version))
    response.status_code = 201 if is_new else 200
    return record


@router.delete("/roles/{role}", status_code=204, responses=document_problems(404))
async def delete_role(
    council: Slug,
    role: NameInPath,
    caller: Officer,
    _refresh: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
) -> None:
    """Remove a role from everybody who has it. Their tokens are refused at once."""
    await roles.remove_role(session, issuer, council, caller, role)
