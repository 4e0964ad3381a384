"""Teams of a council: each change is in the audit."""

from typing import Any

from sqlalchemy import Row

from casework.teams import store
from casework.teams.rules import fold_area
from casework.teams.schemas import Team, TeamArea, TeamView
from chassis import audit
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import Problem

_AGGREGATE = "casework.team"


async def get_team(session: ReadSession, council: str, code: str) -> TeamView:
    """Get a team. Raises Problem 404."""
    row = await store.find_team(session, council, code)
    if row is None:
        raise _not_found()
    return show(row)


async def list_teams(session: ReadSession, council: str, after: str, fetch: int) -> list[TeamView]:
    """List teams by their codes: one statement."""
    return [show(row) for row in await store.list_teams(session, council, after, fetch)]


async def save_team(session: Session, council: str, caller: Caller, code: str, team: Team) -> TeamView:
    """Write a team in place of what it was. Raises Problem 409 if another has one of its areas."""
    before = await store.find_team(session, council, code)
    members = list(dict.fromkeys(team.members))
    areas = sorted({(each.case_type or "", fold_area(each.area)) for each in team.areas})
    await store.save_team(session, council, code, team.name, members)
    if await store.replace_areas(session, council, code, areas) < len(areas):
        raise await _find_taken(session, council, code, areas)
    old = {} if before is None else _describe(show(before))
    view = await get_team(session, council, code)
    changes = audit.compare(old, _describe(view))
    await audit.record(
        session, council, audit.by_staff(caller), "team-set", _AGGREGATE, code, changes=changes
    )
    return view


async def delete_team(session: Session, council: str, caller: Caller, code: str) -> None:
    """Delete a team; cases that it has keep its code. Raises Problem 404."""
    before = await store.find_team(session, council, code)
    if before is None or not await store.delete_team(session, council, code):
        raise _not_found()
    changes = audit.compare(_describe(show(before)), {})
    await audit.record(
        session, council, audit.by_staff(caller), "team-removed", _AGGREGATE, code, changes=changes
    )


async def lock_team(session: Session, council: str, code: str) -> Row[Any] | None:
    """Lock a team until the transaction ends: its ``members`` and ``last_assignee``; None if it is gone."""
    return await store.lock_team(session, council, code)


async def note_assignee(session: Session, council: str, code: str, assignee: str) -> None:
    """Note who of a team was given a case last."""
    await store.set_last_assignee(session, council, code, assignee)


def show(row: Row[Any]) -> TeamView:
    """Show a team as the API does."""
    areas = [TeamArea(area=area, case_type=case_type or None) for case_type, area in sorted(row.areas)]
    return TeamView(code=row.code, name=row.name, members=list(row.members), areas=areas, version=row.version)


def _describe(team: TeamView) -> dict[str, Any]:
    areas = [f"{each.case_type or ''}:{each.area}" for each in team.areas]
    return {"name": team.name, "members": team.members, "areas": areas}


async def _find_taken(session: Session, council: str, code: str, areas: list[tuple[str, str]]) -> Problem:
    case_types, names = ({case_type for case_type, _ in areas}, {area for _, area in areas})
    rules = await store.list_rules(session, council, sorted(case_types), sorted(names))
    conflicts = [rule for rule in rules if (rule.case_type, rule.area) in areas and rule.team != code]
    detail = " ".join(f"The team {rule.team} has the area {rule.area}." for rule in conflicts[:5])
    return Problem(409, "area-taken", f"{detail} Take it away there first.")


def _not_found() -> Problem:
    return Problem(404, "unknown-team", "There is no such team here.")
