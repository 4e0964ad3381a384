"""Due dates over working days, against a loop that looks at each day; and whole clocks with their events."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

from bench.figures import Figure
from casework.calendar.actions.bank_holidays import build_calendars
from casework.calendar.rules.calendars import CalendarName, Calendars
from casework.calendar.rules.nations import Nation
from casework.clocks.rules import (
    Basis,
    ClockDefinition,
    ClockRule,
    Paused,
    Resumed,
    Source,
    Started,
    Unit,
    compute_due_day,
    explain_clock,
    fold_clock,
)

_DAY = timedelta(days=1)
_SATURDAY = 5
_STARTS = [date(2024, 1, 1) + _DAY * number for number in range(730)]
_RULE, _LONG_RULE, _LONGEST_RULE = (
    ClockRule(amount=amount, unit=Unit.WORKING_DAYS, calendar=CalendarName.ANY_UK) for amount in (20, 60, 250)
)
_CLOCK = ClockDefinition(name="FOI", rules=(_RULE,), source=Source("section 10", Basis.STATUTE))


def measure() -> list[Figure]:
    """Measure dates per second of CPU time.

    Raises RuntimeError if the loop and the calendar differ.
    """
    calendars = Calendars(Nation.ENGLAND, build_calendars())
    closed = frozenset(holiday.day for holiday in calendars.bank.holidays)

    def loop(start: date) -> date:
        return _count_day_by_day(start, _LONG_RULE.amount, closed)

    if any(compute_due_day(_LONG_RULE, start, calendars) != loop(start) for start in _STARTS):
        raise RuntimeError("the loop and the calendar differ")
    rates = [
        _measure_rate(partial(_compute, rule, calendars), 100) for rule in (_RULE, _LONG_RULE, _LONGEST_RULE)
    ]
    return [
        Figure("due dates, 20 working days of any UK", rates[0], "/CPU-s", least=100_000),
        Figure(
            "... 60 of them, against a loop that looks at each day", rates[1] / _measure_rate(loop, 20), "x"
        ),
        Figure("... cost of 250 of them, against 20", rates[0] / rates[2], "x", most=1.5),
        Figure("clocks folded, with a pause", _measure_rate(partial(_fold, calendars), 5), "/CPU-s"),
        Figure("clocks folded and explained", _measure_rate(partial(_explain, calendars), 5), "/CPU-s"),
    ]


def _compute(rule: ClockRule, calendars: Calendars, start: date) -> date:
    return compute_due_day(rule, start, calendars)


def _count_day_by_day(day: date, left: int, closed: frozenset[date]) -> date:
    while left:
        day += _DAY
        left -= day.weekday() < _SATURDAY and day not in closed
    return day


def _fold(calendars: Calendars, day: date) -> object:
    moments = [datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + _DAY * number for number in (0, 5, 9)]
    events = (
        Started(id="0", at=moments[0], entered_at=moments[0]),
        Paused(id="1", at=moments[1], entered_at=moments[1]),
        Resumed(id="2", at=moments[2], entered_at=moments[2]),
    )
    return fold_clock(_CLOCK, events, calendars, moments[2])


def _explain(calendars: Calendars, day: date) -> object:
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    start = Started(id="0", at=moment, entered_at=moment)
    return explain_clock(fold_clock(_CLOCK, [start], calendars, moment), calendars)


def _measure_rate(work: Callable[[date], object], rounds: int) -> float:
    before = time.process_time()
    for _ in range(rounds):
        for start in _STARTS:
            work(start)
    return rounds * len(_STARTS) / (time.process_time() - before)
