"""In which roles of case types a member of staff acts."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import StringConstraints

from casework.caseload.actions import roles
from casework.caseload.schemas import RoleHolder
from casework.cases.routes.dependencies import Configurer
from casework.cases.schemas import Subject
from chassis.database import Reading, Writing
from chassis.etags import ETAG, version_tag
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1/role-holders", tags=["roles"])
Holder = Annotated[
    Subject, StringConstraints(max_length=200), Path(description="The `sub` of a member of staff here")
]


@router.get("/{subject}", responses={200: ETAG, **document_problems(404)})
async def get_role_holder(
    council: Slug, subject: Holder, _: Configurer, session: Reading, response: Response
) -> RoleHolder:
    """Get the roles in which a member of staff acts."""
    row = await roles.find(session, council, subject)
    response.headers.update(version_tag(row.version))
    return RoleHolder(roles=row.roles, email=row.email, away_from=row.away_from, away_until=row.away_until)


@router.put("/{subject}", responses={200: ETAG})
async def set_roles(
    council: Slug, subject: Holder, body: RoleHolder, caller: Configurer, session: Writing, response: Response
) -> RoleHolder:
    """Give a member of staff their roles, in place of those they had."""
    version = await roles.set_roles(session, council, caller, subject, body)
    response.headers.update(version_tag(version))
    return body.model_copy(update={"roles": sorted(set(body.roles))})


@router.delete("/{subject}", status_code=204, responses=document_problems(404))
async def remove_roles(council: Slug, subject: Holder, caller: Configurer, session: Writing) -> None:
    """Take all roles from a member of staff."""
    await roles.remove_roles(session, council, caller, subject)
