"""Figures by type and week: the counts of the store, for those who may see them."""

from datetime import date
from typing import NamedTuple

from casework.cases.actions.cases import list_staff_roles
from casework.performance import store
from casework.performance.actions.sums import sum_figures
from casework.performance.rules import Weeks, find_weeks
from casework.performance.schemas import OpenFigures, Performance
from casework.shared.days import LONDON
from chassis import clock
from chassis.auth import Caller
from chassis.database import ReadSession
from chassis.jobs import Every
from chassis.jobs.purges import Purge
from chassis.problems import Problem

purges = (Purge("casework.fold_figures", Every(60), store.fold, most=5_000),)


class PerformanceQuery(NamedTuple):
    """Of which type, and from which day to which; without them all types and the last twelve weeks."""

    code: str = ""
    first: date | None = None
    last: date | None = None


async def get_performance(
    session: ReadSession, council: str, caller: Caller, query: PerformanceQuery
) -> Performance:
    """Get figures. Restricted cases count for those of their role alone. Raises Problem 400."""
    weeks = read_weeks(query)
    roles = await list_staff_roles(session, council, caller)
    counts = await store.list_figures(session, council, caller.mode, weeks, query.code, roles)
    return Performance(
        first_day=weeks.first,
        last_day=date.fromordinal(min(weeks.last.toordinal() + 6, date.max.toordinal())),
        weeks=sum_figures(counts),
        now=await count_open(session, council, caller, query.code),
    )


async def count_open(session: ReadSession, council: str, caller: Caller, code: str = "") -> list[OpenFigures]:
    """Count what is open now, by type; of one type, or of all."""
    roles = await list_staff_roles(session, council, caller)
    rows = await store.count_open(session, council, caller.mode, code, roles, clock.now())
    return [
        OpenFigures(case_type=row.code, open=row.number, overdue=row.overdue, oldest=row.oldest)
        for row in rows
    ]


def read_weeks(query: PerformanceQuery) -> Weeks:
    """Read the weeks of a query. Raises Problem 400."""
    weeks = find_weeks(query.first, query.last, clock.now().astimezone(LONDON).date())
    if isinstance(weeks, str):
        raise Problem(400, "wrong-period", weeks, field="query.to")
    return weeks
