"""Figures as a file for spreadsheets."""

import csv
import io
from collections.abc import Iterator, Sequence

from casework.performance.schemas import OpenFigures, WeekFigures
from chassis.spreadsheets import write_cell


def write_csv(weeks: Sequence[WeekFigures], now: Sequence[OpenFigures]) -> str:
    """Write figures as a file for spreadsheets: one number a line, so that a pivot table reads it."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("week", "first_day", "case_type", "figure", "of", "number"))
    for item in weeks:
        for figure, detail, number in _list_numbers(item):
            cells = (item.week, item.first_day.isoformat(), item.case_type, figure, detail)
            writer.writerow((*map(write_cell, cells), number))
    for row in now:
        for figure, number in (("open_now", row.open), ("overdue_now", row.overdue)):
            writer.writerow(("", "", write_cell(row.case_type), figure, "", number))
    return file.getvalue()


def _list_numbers(item: WeekFigures) -> Iterator[tuple[str, str, int]]:
    for figure in ("opened", "closed", "in_time", "overdue", "reopened"):
        yield figure, "", getattr(item, figure)
    for result in item.results:
        yield "closed_with_result", result.result, result.closed
    for clock in item.clocks:
        yield "clock_in_time", clock.clock, clock.in_time
        yield "clock_overdue", clock.clock, clock.overdue
