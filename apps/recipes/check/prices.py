"""Prices: bands from 0 and for what is not known, days in order, and money held only where a decision is
in time."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from apps.recipes.bundle import CouncilSettings
from apps.recipes.expressions.compiler import list_names
from apps.recipes.expressions.days import add_workdays, list_holidays
from apps.recipes.expressions.names import strip_function
from apps.recipes.grammar.values import read_date, read_length
from apps.recipes.kinds.providers import PROVIDERS
from apps.recipes.load.faults import Fault, Path
from apps.recipes.load.origins import MergedSource

HOLD = timedelta(hours=120)  # GOV.UK Pay: a delayed capture expires after 120 hours


def check_prices(source: MergedSource, council: CouncilSettings | None) -> Iterator[Fault]:
    """Check the prices of a fee, and that what may be unknown has one."""
    fee = source.content.get("fee")
    if fee is None:
        return
    for line, keys in fee["lines"].items():
        yield from _check_line(source, line, keys)
    if fee["when"] == "hold":
        yield from _check_hold(source, council)


def _check_line(source: MergedSource, line: str, keys: dict[str, Any]) -> Iterator[Fault]:
    path = ("fee", "lines", line, "price")
    price = keys["price"]
    by_day = isinstance(price, dict) and all(read_date(day) for day in price)
    sets_of_bands = [member for member in (price.values() if by_day else [price]) if isinstance(member, dict)]
    for bands in sets_of_bands:
        yield from _check_bands(source, path, bands)
    if by_day and list(price) != sorted(price):
        yield source.make_fault(path, "the days are not in order.", "Put the earliest first.")
    if sets_of_bands and "by" not in keys and "when" not in keys:
        yield source.make_fault(path, "the bands have nothing to go by.", "Add `by:`.")
    if "by" in keys and not sets_of_bands:
        yield source.make_fault(path, "it has `by:`, and no bands.", "Write {0: £50.00, unknown: £50.00}.")
    yield from _check_doubts(source, line, keys, has_unknown=bool(sets_of_bands))


def _check_bands(source: MergedSource, path: Path, bands: dict[str, Any]) -> Iterator[Fault]:
    if "unknown" not in bands:
        yield source.make_fault(path, "the bands have no price for what is not known.", "Add `unknown:`.")
    if "0" not in bands:
        yield source.make_fault(path, "the bands leave a gap below the first.", "Begin with 0.")
    if [int(band) for band in bands if band != "unknown"] != sorted(int(b) for b in bands if b != "unknown"):
        yield source.make_fault(path, "the bands are not in order.", "Put the lowest first.")


def _check_doubts(
    source: MergedSource, line: str, keys: dict[str, Any], *, has_unknown: bool
) -> Iterator[Fault]:
    doubtful = [name for name in list_names(keys.get("when", "")) if not is_certain(source.content, name)]
    if doubtful and not has_unknown:
        way_out = "Write {0: £50.00, unknown: £0.00}."
        reason = f"{doubtful[0]} may be unknown, and the line has no price for that."
        yield source.make_fault(("fee", "lines", line, "when"), reason, way_out)
    for name in list_names(str(keys.get("times", ""))):
        if not is_certain(source.content, name):
            yield source.make_fault(
                ("fee", "lines", line, "times"), f"{name} may be unknown.", "Always ask for it."
            )


def is_certain(content: dict[str, Any], name: str) -> bool:
    """Say whether a name always has a value at the end of the path."""
    head, _, field = strip_function(name).partition(".")
    if head in {"today", "set", "person"}:
        return True
    if head in content["ask"]:
        keys = content["ask"][head]
        return "when" not in keys and not keys.get("optional")
    fact = content.get("facts", {}).get(head)
    return fact is not None and fact["down"] == "stop" and field not in PROVIDERS[fact["from"]].sometimes


def _check_hold(source: MergedSource, council: CouncilSettings | None) -> Iterator[Fault]:
    length = read_length(source.content.get("set", {}).get("decide_within"))
    path = ("fee", "when")
    if length is None:
        yield source.make_fault(
            path, "money is held only where `decide_within` is set.", "Set it, or write approved."
        )
    elif _find_longest(length, council.nation if council else "england") > HOLD:
        reason = f"{length[0]} {length[1]} can be longer than the 120 hours for which money is held."
        yield source.make_fault(path, reason, "Write approved.")


def _find_longest(length: tuple[int, str], nation: str) -> timedelta:
    """Find the longest that a length takes, from the morning of a day to the end of the last, near each
    holiday."""
    number, unit = length
    if unit != "working days":
        return (
            timedelta(**{unit: number})
            if unit in {"hours", "days", "weeks", "minutes"}
            else timedelta(days=31 * number)
        )
    starts = (day - timedelta(before) for day in list_holidays(nation) for before in range(5))
    ends = ((start, add_workdays(start, number, nation)) for start in starts)
    return max(datetime.combine(end, time.max) - datetime.combine(start, time.min) for start, end in ends)
