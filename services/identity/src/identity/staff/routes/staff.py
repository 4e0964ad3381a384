"""Roles and staff of a council."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.pages import Page, Paging
from chassis.problems import documents
from chassis.types import Slug
from identity.issuer.routes import DirectoryRefresh, TheIssuer
from identity.shared.dependencies import IfMatch, read_id_cursor, read_slug_cursor, require_version
from identity.staff.actions import role_changes, staff
from identity.staff.schemas.staff import NewRole, Role, RoleChange, RoleName, StaffAccount, StaffMember

router = APIRouter(prefix="/{council}/identity/v1", tags=["staff"])
Officer = Annotated[Caller, permission("identity:staff")]
NameInPath = Annotated[RoleName, Path()]


@router.get("/roles")
async def list_roles(council: Slug, _: Officer, session: Reading, paging: Paging) -> Page[Role]:
    """The council's roles, in order of name."""
    rows = await staff.roles(session, council, read_slug_cursor(paging), paging.fetch)
    return paging.page(rows, staff.show_role, lambda row: (row.name,))


@router.get("/roles/changes")
async def list_role_changes(
    council: Slug,
    _: Officer,
    session: Reading,
    paging: Paging,
    staff_id: Annotated[ids.Id | None, Query(alias="staff")] = None,
    role: Annotated[RoleName | None, Query()] = None,
) -> Page[RoleChange]:
    """Who made, changed, gave or took which role, and when, oldest first. It is kept as written.

    Of one member of staff or one role, if you name it; what was removed long ago is there too.
    """
    rows = await role_changes.page(session, council, staff_id, role, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, role_changes.show, lambda row: (ids.show(row.id),))


@router.get("/roles/{role}", responses=documents(404))
async def read_role(
    council: Slug, role: NameInPath, _: Officer, session: Reading, response: Response
) -> Role:
    """One role, with its version as ETag."""
    found = await staff.role(session, council, role)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.put("/roles/{role}", responses={201: {"model": Role}, **documents(404, 412, 428)})
async def put_role(
    council: Slug,
    role: NameInPath,
    body: NewRole,
    caller: Officer,
    _live: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
    response: Response,
    if_match: IfMatch = None,
) -> Role:
    """Make a role, or change one (`If-Match`). Nobody puts a scope into a role that he does not hold.

    Whoever may do less by it has his tokens refused at once; those he gets next are without the scope.
    """
    version = require_version(if_match) if if_match is not None else None
    found, new = await staff.put_role(session, issuer, council, caller, role, body, version)
    response.headers["ETag"] = f'"{found.version}"'
    response.status_code = 201 if new else 200
    return found


@router.delete("/roles/{role}", status_code=204, responses=documents(404))
async def delete_role(
    council: Slug,
    role: NameInPath,
    caller: Officer,
    _live: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
) -> None:
    """Remove a role, from everybody who has it; their tokens are refused at once."""
    await staff.drop_role(session, issuer, council, caller, role)


@router.get("/staff")
async def list_staff(council: Slug, _: Officer, session: Reading, paging: Paging) -> Page[StaffMember]:
    """The council's staff as its directory says, the oldest first."""
    rows = await staff.page(session, council, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, staff.show, lambda row: (ids.show(row.id),))


@router.get("/staff/{staff_id}", responses=documents(404))
async def read_staff_member(council: Slug, staff_id: ids.Id, _: Officer, session: Reading) -> StaffMember:
    """One member of staff, with the roles he has by hand or by the directory's groups."""
    return await staff.member(session, council, staff_id)


@router.put("/staff/{staff_id}/roles/{role}", status_code=204, responses=documents(404))
async def give_role(
    council: Slug, staff_id: ids.Id, role: NameInPath, caller: Officer, session: Writing
) -> None:
    """Give somebody a role whose scopes you hold yourself. Doing it again is no error."""
    await staff.give(session, council, caller, staff_id, role)


@router.delete("/staff/{staff_id}/roles/{role}", status_code=204, responses=documents(404))
async def take_role(
    council: Slug,
    staff_id: ids.Id,
    role: NameInPath,
    caller: Officer,
    _live: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
) -> None:
    """Take a role away that was given by hand. Tokens with its scopes are refused at once."""
    await staff.take(session, issuer, council, caller, staff_id, role)


@router.put("/staff/{staff_id}/account", status_code=204, responses=documents(404, 409))
async def link_staff_account(
    council: Slug,
    staff_id: ids.Id,
    body: StaffAccount,
    caller: Officer,
    session: Writing,
    issuer: TheIssuer,
) -> None:
    """Say with which account somebody signs in, where no directory does: he shows its desk code.

    His roles may not come to more than the scopes you hold yourself.
    """
    issuer.desk_code_limiter.take(caller.subject)
    await staff.link_in_person(session, council, caller, staff_id, body.desk_code)


@router.delete("/staff/{staff_id}/account", status_code=204, responses=documents(404))
async def unlink_staff_account(
    council: Slug, staff_id: ids.Id, _: Officer, _live: DirectoryRefresh, session: Writing, issuer: TheIssuer
) -> None:
    """The account is his no more: its tokens at this council are refused, its sessions end."""
    await staff.part(session, issuer, council, staff_id)
