"""Counts as figures of weeks and types."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol

from casework.performance.rules import name_week
from casework.performance.schemas import ClockFigures, ResultFigures, WeekFigures


class Count(Protocol):
    """A count of the store."""

    week: date
    code: str
    measure: str
    detail: str
    number: int


def sum_figures(counts: Iterable[Count]) -> list[WeekFigures]:
    """Sum counts up by week and type, in that order."""
    figures: dict[tuple[date, str], WeekFigures] = {}
    for count in counts:
        key = (count.week, count.code)
        if key not in figures:
            figures[key] = WeekFigures(
                week=name_week(count.week), first_day=count.week, case_type=count.code, clocks=[], results=[]
            )
        _add(figures[key], count)
    for item in figures.values():
        item.in_time = item.closed - item.overdue
    return [figures[key] for key in sorted(figures)]


def _add(figures: WeekFigures, count: Count) -> None:
    number = int(count.number)
    if count.measure == "closed":
        figures.closed += number
        figures.results.append(ResultFigures(result=count.detail, closed=number))
    elif count.measure == "closed_late":
        figures.overdue += number
    elif count.measure in {"met", "missed"}:
        clock = next((clock for clock in figures.clocks if clock.clock == count.detail), None)
        if clock is None:
            clock = ClockFigures(clock=count.detail, in_time=0, overdue=0)
            figures.clocks.append(clock)
        if count.measure == "met":
            clock.in_time += number
        else:
            clock.overdue += number
    elif count.measure == "opened":
        figures.opened += number
    else:
        figures.reopened += number
