"""Teams of a council."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from casework.calendar.routes.access import BASE, CaseworkReader
from casework.teams.actions import teams
from casework.teams.schemas import Code, Team, TeamView
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.etags import ETAG, version_tag
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix=f"{BASE}/teams", tags=["teams"])
Configurer = Annotated[Caller, permission("casework:configure")]
TeamCode = Annotated[Code, Path(description="The code of the team, as cases name it")]


@router.get("")
async def list_teams(council: Slug, _: CaseworkReader, session: Reading, paging: Paging) -> Page[TeamView]:
    """List teams by their codes."""
    start = paging.start(str)
    after = "" if start is None else paging.read_text(start[0])
    rows = await teams.list_teams(session, council, after, paging.fetch)
    return paging.page(rows, lambda team: team, lambda team: (team.code,))


@router.get("/{code}", responses={200: ETAG, **document_problems(404)})
async def get_team(
    council: Slug, code: TeamCode, _: CaseworkReader, session: Reading, response: Response
) -> TeamView:
    """Get a team."""
    team = await teams.get_team(session, council, code)
    response.headers.update(version_tag(team.version))
    return team


@router.put("/{code}", responses={200: ETAG, **document_problems(409)})
async def set_team(
    council: Slug, code: TeamCode, body: Team, caller: Configurer, session: Writing, response: Response
) -> TeamView:
    """Write a team, in place of what it was: its members, and the areas whose cases go to it."""
    team = await teams.save_team(session, council, caller, code, body)
    response.headers.update(version_tag(team.version))
    return team


@router.delete("/{code}", status_code=204, responses=document_problems(404))
async def delete_team(council: Slug, code: TeamCode, caller: Configurer, session: Writing) -> None:
    """Delete a team. Cases that it has keep its code until you assign them anew."""
    await teams.delete_team(session, council, caller, code)
