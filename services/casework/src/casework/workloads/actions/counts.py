"""Count the work of teams and of people."""

from datetime import timedelta

from casework.cases.actions import cases
from casework.shared.days import find_end_of_day, find_local_day
from casework.workloads import store
from casework.workloads.schemas import PersonLoad, TeamLoad, Workloads
from chassis import clock
from chassis.auth import Caller
from chassis.database import ReadSession

_LAST_WEEKDAY = 6  # Sunday


async def count_work(session: ReadSession, council: str, caller: Caller) -> Workloads:
    """Count open cases by team and by person: two statements, however many cases there are."""
    roles = await cases.list_staff_roles(session, council, caller)
    now = clock.now()
    today = find_local_day(now)
    sunday = today + timedelta(days=_LAST_WEEKDAY - today.weekday())
    rows = await store.count_open(session, council, caller.mode, roles, now, find_end_of_day(sunday))
    teams, people = [], []
    for row in rows:
        counts = {"open": row.open, "overdue": row.overdue, "due_this_week": row.due_this_week}
        if row.is_team:
            teams.append(TeamLoad(team=row.team, **counts))
        else:
            people.append(PersonLoad(assignee=row.assignee, **counts))
    return Workloads(week_ends_on=sunday, teams=teams, people=people)
