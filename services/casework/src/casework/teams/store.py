"""Statements of teams."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from casework.teams.tables import team, team_area
from chassis.database import ReadSession, Session

_TEAM, _AREA = team.c, team_area.c
_ONE = (_TEAM.council == bindparam("of_council"), _TEAM.code == bindparam("of_code"))
_WITH_AREAS = select(
    *(_TEAM.code, _TEAM.name, _TEAM.members, _TEAM.version),
    select(
        func.coalesce(
            func.jsonb_agg(func.jsonb_build_array(_AREA.case_type, _AREA.area)),
            func.jsonb_build_array(),
        )
    )
    .where(_AREA.council == _TEAM.council, _AREA.team == _TEAM.code)
    .scalar_subquery()
    .label("areas"),
)
_FIND = _WITH_AREAS.where(*_ONE)
_LIST = _WITH_AREAS.where(_TEAM.council == bindparam("council"), _TEAM.code > bindparam("after"))
_PAGE = _LIST.order_by(_TEAM.code).limit(bindparam("fetch"))
_LOCK = select(_TEAM.members, _TEAM.last_assignee, _TEAM.version).where(*_ONE).with_for_update()
_UPSERT = upsert(team)
_SAVE = _UPSERT.on_conflict_do_update(
    index_elements=["council", "code"],
    set_={
        "name": _UPSERT.excluded.name,
        "members": _UPSERT.excluded.members,
        "version": _TEAM.version + 1,
    },
).returning(_TEAM.version)
_DELETE = delete(team).where(*_ONE)
_CLEAR = delete(team_area).where(_AREA.council == bindparam("council"), _AREA.team == bindparam("team"))
_ADD = upsert(team_area).on_conflict_do_nothing(index_elements=["council", "case_type", "area"])
_RULES = select(_AREA.case_type, _AREA.area, _AREA.team).where(
    _AREA.council == bindparam("council"),
    _AREA.case_type.in_(bindparam("case_types", expanding=True)),
    _AREA.area.in_(bindparam("areas", expanding=True)),
)
_SET_LAST = update(team).where(*_ONE)


async def find_team(session: ReadSession, council: str, code: str) -> Row[Any] | None:
    """Find a team with its areas."""
    return await session.first(_FIND, {"of_council": council, "of_code": code})


async def list_teams(session: ReadSession, council: str, after: str, fetch: int) -> Sequence[Row[Any]]:
    """List teams by their codes."""
    return await session.all(_PAGE, {"council": council, "after": after, "fetch": fetch})


async def lock_team(session: Session, council: str, code: str) -> Row[Any] | None:
    """Lock a team until the transaction ends: cases are given to its members one after another."""
    return await session.first(_LOCK, {"of_council": council, "of_code": code})


async def save_team(session: Session, council: str, code: str, name: str, members: Sequence[str]) -> int:
    """Write a team, and return its version."""
    row = {"council": council, "code": code, "name": name, "members": list(members), "version": 1}
    return int(await session.scalar(_SAVE, row))


async def replace_areas(session: Session, council: str, code: str, areas: Sequence[tuple[str, str]]) -> int:
    """Write a team's areas in place of those before; return how many are its own now."""
    await session.execute(_CLEAR, {"council": council, "team": code})
    if not areas:
        return 0
    rows = [{"council": council, "case_type": each, "area": area, "team": code} for each, area in areas]
    return await session.execute(_ADD.values(rows))


async def delete_team(session: Session, council: str, code: str) -> bool:
    """Delete a team and its areas; False if there is none."""
    return await session.execute(_DELETE, {"of_council": council, "of_code": code}) > 0


async def list_rules(
    session: ReadSession, council: str, case_types: Sequence[str], areas: Sequence[str]
) -> Sequence[Row[Any]]:
    """List which teams have these areas for these case types."""
    params: Mapping[str, Any] = {"council": council, "case_types": case_types, "areas": areas}
    return await session.all(_RULES, params)


async def set_last_assignee(session: Session, council: str, code: str, assignee: str) -> None:
    """Note who was given a case last."""
    statement = _SET_LAST.values(last_assignee=assignee)
    await session.execute(statement, {"of_council": council, "of_code": code})
