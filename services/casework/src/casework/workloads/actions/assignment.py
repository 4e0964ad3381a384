"""Give a case to who has least to do, and to the team of the areas that it is in."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from casework.cases import rules as case_rules
from casework.cases.actions import cases, changes, subjects
from casework.events import LocationResolved, ResolvedArea
from casework.model.rules.case_type import CaseType
from casework.teams.actions import teams
from casework.teams.actions.routing import find_team
from casework.workloads import store
from casework.workloads.rules import choose_assignee
from casework.workloads.schemas import CaseArea
from chassis import clock
from chassis.auth import Caller
from chassis.database import Session
from chassis.etags import Precondition
from chassis.events import Received
from chassis.problems import Problem


async def assign_by_rule(
    session: Session,
    council: str,
    caller: Caller,
    case_id: UUID,
    precondition: Precondition,
    role: str | None,
) -> str:
    """Give a case to who of its team has the fewest open ones. Raises Problem 404, 409 or 412.

    The team is locked, so that two cases at once go to two people.
    """
    row, version, _ = await cases.lock_visible_case(session, council, caller, case_id)
    precondition.check(row.version, "case")
    if row.closed_at is not None:
        raise Problem(409, "case-closed", "The case is closed. Reopen it, then assign it.")
    team = None if row.team is None else await teams.lock_team(session, council, row.team)
    if team is None:
        raise Problem(409, "no-team", "The case has no team. Give it to a team, then assign it.")
    case_type = version.bound.case_type
    roles = {role} if role is not None else case_rules.list_working_roles(case_type, row.state)
    present = await store.list_present(session, council, team.members, clock.today())
    barred = case_rules.list_barred(case_type, case_rules.read_state(row.engine, {}))
    able = {
        member
        for member, member_roles in present.items()
        if member not in barred
        and member_roles & roles
        and (row.restricted is None or row.restricted in member_roles)
    }
    loads = await store.count_loads(session, council, caller.mode, team.members)
    others = {**loads, row.assignee: loads.get(row.assignee, 1) - 1} if row.assignee else loads
    assignee = choose_assignee(team.members, able, others, team.last_assignee)
    if assignee is None:
        names = ", ".join(sorted(roles))
        detail = f"Nobody of the team {row.team} has one of these roles and is here: {names}."
        raise Problem(409, "nobody-free", f"{detail} Assign the case yourself.")
    await teams.note_assignee(session, council, row.team, assignee)
    values = {"assignee": assignee}
    pairs = {"assignee": (row.assignee, assignee)} if row.assignee != assignee else {}
    entry = changes.make_plain_entry(row, "assignment", "by_rule", caller.record(), pairs)
    await changes.record(session, row, entry, values)
    return assignee


async def route_located(session: Session, event: Received[LocationResolved]) -> None:
    """Route a case to the team of the areas that mapping found it in, the first time that it is told.

    Nothing happens to a case that is gone or closed, nor to one whose team was changed since it was opened:
    people know better. A team that one of its own fields chose gives way to that of an area, not to the one
    for any other.
    """
    row = await changes.lock_case(session, event.council, event.data.case)
    if row is None or row.closed_at is not None or not event.data.areas:
        return
    if await store.has_changed_team(session, event.council, row.id):
        return
    case_type = (await subjects.get_version(session, event.council, row.type_version)).bound.case_type
    names = _list_names(case_type, event.data.areas)
    area_field = case_rules.read_state(row.engine, row.personal or {}).fields.get(case_type.routing)
    team = await find_team(
        session, event.council, case_type, [*names, *([] if area_field is None else [str(area_field)])]
    )
    if team is None or team == row.team:
        return
    pairs = {f"areas.{area.kind}": (None, area.code or area.name) for area in reversed(event.data.areas)}
    actor = {"sub": event.data.capability()}
    entry = changes.make_plain_entry(row, "location", "locate", actor, {**pairs, "team": (row.team, team)})
    await changes.record(session, row, entry, {"team": team})


def _list_names(case_type: CaseType, areas: Sequence[CaseArea | ResolvedArea]) -> list[str]:
    """List codes and names of areas: the kind that the case type names first, the others in their order."""
    ordered = sorted(areas, key=lambda area: area.kind != case_type.teams.kind)
    return [name for area in ordered for name in (area.code, area.name) if name is not None]


async def locate_case(
    session: Session,
    council: str,
    caller: Caller,
    case_id: UUID,
    precondition: Precondition,
    areas: Sequence[CaseArea],
) -> str | None:
    """Say in which areas a case is, and route it again; return its team. Raises Problem 404 or 412.

    The kind of area that the case type names counts first; then the others, in their order.
    """
    row, version, _ = await cases.lock_visible_case(session, council, caller, case_id)
    precondition.check(row.version, "case")
    case_type = version.bound.case_type
    team = await find_team(session, council, case_type, _list_names(case_type, areas)) or row.team
    located = {f"areas.{area.kind}": (None, area.code) for area in areas}
    moved: Mapping[str, tuple[Any, Any]] = {"team": (row.team, team)} if team != row.team else {}
    entry = changes.make_plain_entry(row, "location", "locate", caller.record(), {**located, **moved})
    await changes.record(session, row, entry, {"team": team})
    return team
