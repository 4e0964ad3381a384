"""Figures as their page shows them: by week for the chart, by type, deadline and result."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from casework.case_types.actions.published import list_published
from casework.model.rules.case_type import CaseType
from casework.office.rules.labels import name_value
from casework.overview.rules import Chart, WeekSum, draw_weeks
from casework.performance.actions.figures import PerformanceQuery, get_performance, read_weeks
from casework.performance.rules import name_week
from casework.performance.schemas import OpenFigures, Performance, WeekFigures
from chassis.database import ReadSession
from chassis.web.sign_in import Staff


class Share(NamedTuple):
    """How many were in time, of how many; ``of``: of which type."""

    of: str
    name: str
    in_time: int
    overdue: int

    @property
    def percent(self) -> str:
        """The share in time; empty if there were none."""
        total = self.in_time + self.overdue
        return f"{100 * self.in_time // total}%" if total else ""


class ResultLine(NamedTuple):
    """How many cases of a type ended with a result."""

    of: str
    name: str
    closed: int


@dataclass(frozen=True, slots=True)
class FiguresView:
    """The figures of a query, in the words of the types."""

    figures: Performance
    weeks: Sequence[WeekSum]
    chart: Chart
    total: WeekSum
    now: list[tuple[str, OpenFigures]]
    clocks: list[Share]
    results: list[ResultLine]


async def list_type_names(session: ReadSession, staff: Staff) -> dict[str, CaseType]:
    """List the case types of the council by code, in the order of their names."""
    types = [version.bound.case_type for version in await list_published(session, staff.council)]
    return {case_type.code: case_type for case_type in sorted(types, key=lambda item: item.name.en)}


async def get_figures(
    session: ReadSession, staff: Staff, query: PerformanceQuery, types: dict[str, CaseType]
) -> FiguresView:
    """Get the figures of a query. Raises Problem 400."""
    figures = await get_performance(session, staff.council, staff.caller, query)
    mondays = read_weeks(query).list_mondays()
    sums = {monday: WeekSum(name_week(monday), monday, 0, 0, 0) for monday in mondays}
    for item in figures.weeks:
        sums[item.first_day] = sums[item.first_day].add(item.opened, item.in_time, item.overdue)
    weeks = list(sums.values())
    total = WeekSum("All", mondays[0], 0, 0, 0)
    for week in weeks:
        total = total.add(week.opened, week.in_time, week.overdue)
    return FiguresView(
        figures=figures,
        weeks=weeks,
        chart=draw_weeks(weeks),
        total=total,
        now=[(_name_type(types, row.case_type), row) for row in figures.now],
        clocks=_sum_clocks(figures.weeks, types),
        results=_sum_results(figures.weeks, types),
    )


def _name_type(types: dict[str, CaseType], code: str) -> str:
    return types[code].name.en if code in types else name_value(code)


def _sum_clocks(weeks: Iterable[WeekFigures], types: dict[str, CaseType]) -> list[Share]:
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for week in weeks:
        for clock in week.clocks:
            in_time, overdue = sums.get((week.case_type, clock.clock), (0, 0))
            sums[week.case_type, clock.clock] = (in_time + clock.in_time, overdue + clock.overdue)
    shares = []
    for (code, clock_id), numbers in sums.items():
        words = types[code].clocks.get(clock_id) if code in types else None
        name = words.name.en if words else name_value(clock_id)
        shares.append(Share(_name_type(types, code), name, *numbers))
    return sorted(shares)


def _sum_results(weeks: Iterable[WeekFigures], types: dict[str, CaseType]) -> list[ResultLine]:
    sums: dict[tuple[str, str], int] = {}
    for week in weeks:
        for result in week.results:
            key = (week.case_type, result.result)
            sums[key] = sums.get(key, 0) + result.closed
    lines = []
    for (code, result_id), closed in sums.items():
        words = types[code].results.get(result_id) if code in types else None
        name = words.name.en if words else name_value(result_id)
        lines.append(ResultLine(_name_type(types, code), name, closed))
    return sorted(lines)
