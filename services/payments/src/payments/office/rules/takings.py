"""Takings summed for a chart and its table."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

_T = TypeVar("_T")
MAX_DAYS = 92
_WIDTH, _LABELS, _BAR, _GAP, _AMOUNTS = 480, 140, 24, 8, 100  # of the chart, in its own units


@dataclass(frozen=True, slots=True)
class Sum:
    """What was taken under one name: a fund, a method, or a day."""

    name: str
    gross: int
    vat: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the chart, placed: what is below zero goes to the left of the axis."""

    sum: Sum
    x: int
    y: int
    width: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart as it is drawn."""

    bars: Sequence[Bar]
    axis: int
    width: int
    height: int
    bar_height: int = _BAR


def find_period_fault(first: date, last: date) -> str | None:
    """Find what is wrong with a period; None if nothing is."""
    if first > last:
        return "The first day is after the last."
    if (last - first).days >= MAX_DAYS:
        return f"Choose {MAX_DAYS} days or fewer."
    return None


def sum_by(
    takings: Iterable[_T], name: Callable[[_T], str], amounts: Callable[[_T], tuple[int, int]]
) -> list[Sum]:
    """Sum takings by a name, in the order in which the names first appear."""
    sums: dict[str, tuple[int, int]] = {}
    for taking in takings:
        gross, vat = amounts(taking)
        before = sums.get(name(taking), (0, 0))
        sums[name(taking)] = (before[0] + gross, before[1] + vat)
    return [Sum(key, gross, vat) for key, (gross, vat) in sums.items()]


def draw(sums: Sequence[Sum]) -> Chart:
    """Place a bar for each sum, all on one scale."""
    most = max((abs(item.gross) for item in sums), default=0) or 1
    space = _WIDTH - _LABELS - _AMOUNTS
    has_negative = any(item.gross < 0 for item in sums)
    axis = _LABELS + (space // 2 if has_negative else 0)
    reach = space // 2 if has_negative else space
    bars = []
    for n, item in enumerate(sums):
        width = max(abs(item.gross) * reach // most, 1)
        bars.append(Bar(item, axis if item.gross >= 0 else axis - width, n * (_BAR + _GAP), width))
    return Chart(bars, axis, _WIDTH, max(len(sums) * (_BAR + _GAP), 1))
