"""Members of a council's staff, their roles and their accounts."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from identity.accounts.routes import TheAuthContext
from identity.issuer.routes import DirectoryRefresh, TheIssuer
from identity.proofs.actions import desk_codes
from identity.shared.dependencies import read_id_cursor
from identity.staff.actions import members, roles
from identity.staff.schemas.staff import RoleName, StaffAccount, StaffMember

router = APIRouter(prefix="/{council}/identity/v1", tags=["staff"])
Officer = Annotated[Caller, permission("identity:staff")]
NameInPath = Annotated[RoleName, Path()]


async def _limit_desk_codes(request: Request, caller: Officer, auth: TheAuthContext) -> Caller:
    await desk_codes.check_rate(request.app.state.database, auth, caller)
    return caller


LimitedOfficer = Annotated[Caller, Depends(_limit_desk_codes)]
"""An officer who tries a desk code. It stands before the session, so that no second connection is taken."""


@router.get("/staff")
async def list_staff(council: Slug, _: Officer, session: Reading, paging: Paging) -> Page[StaffMember]:
    """List the council's staff as its directory has them, the oldest first."""
    rows = await members.list_members(session, council, read_id_cursor(paging), paging.fetch)
    return paging.page(rows, members.to_member, lambda row: (ids.show(row.id),))


@router.get("/staff/{staff_id}", responses=document_problems(404))
async def read_staff_member(council: Slug, staff_id: ids.Id, _: Officer, session: Reading) -> StaffMember:
    """Get a member of staff, with the roles they have by hand or by the directory's groups."""
    return await members.get_member(session, council, staff_id)


@router.put("/staff/{staff_id}/roles/{role}", status_code=204, responses=document_problems(404))
async def give_role(
    council: Slug, staff_id: ids.Id, role: NameInPath, caller: Officer, session: Writing
) -> None:
    """Give a member of staff a role. You must hold its scopes. Doing it again is no error."""
    await roles.give_role(session, council, caller, staff_id, role)


@router.delete("/staff/{staff_id}/roles/{role}", status_code=204, responses=document_problems(404))
async def take_role(
    council: Slug,
    staff_id: ids.Id,
    role: NameInPath,
    caller: Officer,
    _refresh: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
) -> None:
    """Take away a role that was given by hand. Tokens with its scopes are refused at once."""
    await roles.take_role(session, issuer, council, caller, staff_id, role)


@router.put("/staff/{staff_id}/account", status_code=204, responses=document_problems(404, 409))
async def link_staff_account(
    council: Slug,
    staff_id: ids.Id,
    body: StaffAccount,
    caller: LimitedOfficer,
    session: Writing,
) -> None:
    """Link a member of staff with the account whose desk code they show you, where no directory signs in.

    You must hold every scope that their roles have.
    """
    await members.link_account_by_desk_code(session, council, caller, staff_id, body.desk_code)


@router.delete("/staff/{staff_id}/account", status_code=204, responses=document_problems(404))
async def unlink_staff_account(
    council: Slug,
    staff_id: ids.Id,
    _: Officer,
    _refresh: DirectoryRefresh,
    session: Writing,
    issuer: TheIssuer,
) -> None:
    """Unlink a member of staff from their account. Its tokens here are refused, its sessions end."""
    await members.unlink_member(session, issuer, council, staff_id)
