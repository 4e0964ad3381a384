"""Statements of workloads."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import ReadSession

_MOST = 500  # teams, and people
_ROLES = bindparam("roles", type_=ARRAY(Text))
_COUNTS = text("""SELECT * FROM (
        SELECT grouping(team) = 0 AS is_team, team, assignee, count(*) AS open,
            count(*) FILTER (WHERE due_at <= :now) AS overdue,
            count(*) FILTER (WHERE due_at > :now AND due_at <= :week_end) AS due_this_week,
            row_number() OVER (PARTITION BY grouping(team)
                ORDER BY count(*) DESC, team, assignee) AS place
        FROM case_record WHERE council = :council AND mode = :mode AND closed_at IS NULL
        AND (restricted IS NULL OR restricted = ANY(:roles))
        GROUP BY GROUPING SETS ((team), (assignee))) counted
    WHERE place <= :most ORDER BY is_team, place""").bindparams(_ROLES)
_LOADS = text("""SELECT assignee, count(*) AS open FROM case_record
    WHERE council = :council AND mode = :mode AND assignee = ANY(:members) AND closed_at IS NULL
    GROUP BY assignee""").bindparams(bindparam("members", type_=ARRAY(Text)))
_TEAM_CHANGED = text("""SELECT EXISTS (SELECT FROM case_entry
    WHERE council = :council AND case_id = :case_id AND n > 1 AND jsonb_exists(after, 'team'))""")
_ABLE = text("""SELECT subject, roles FROM role_holder
    WHERE council = :council AND subject = ANY(:members)
    AND (away_from IS NULL OR away_from > :today OR away_until < :today)""").bindparams(
    bindparam("members", type_=ARRAY(Text))
)


async def has_changed_team(session: ReadSession, council: str, case_id: UUID) -> bool:
    """Tell whether a case's team was changed since it was opened."""
    return bool(await session.scalar(_TEAM_CHANGED, {"council": council, "case_id": case_id}))


async def count_open(
    session: ReadSession, council: str, mode: str, roles: Collection[str], now: datetime, week_end: datetime
) -> Sequence[Row[Any]]:
    """Count open cases by team and by person: one statement, of one index."""
    params = {"council": council, "mode": mode, "roles": list(roles), "now": now, "week_end": week_end}
    return await session.all(_COUNTS, {**params, "most": _MOST})


async def count_loads(
    session: ReadSession, council: str, mode: str, members: Sequence[str]
) -> Mapping[str, int]:
    """Count the open cases of each of these people."""
    rows = await session.all(_LOADS, {"council": council, "mode": mode, "members": list(members)})
    return {row.assignee: row.open for row in rows}


async def list_present(
    session: ReadSession, council: str, members: Sequence[str], today: date
) -> Mapping[str, frozenset[str]]:
    """List those who are not away, with their roles."""
    rows = await session.all(_ABLE, {"council": council, "members": list(members), "today": today})
    return {row.subject: frozenset(row.roles) for row in rows}
