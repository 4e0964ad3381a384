"""Prices as a recipe writes them, as tariffs by day."""

from typing import Any

from apps.recipes.bundle import Band, Tariff
from apps.recipes.grammar.values import read_date, read_money


def read_tariffs(price: Any) -> tuple[Tariff, ...]:
    """Read one sum, sums by day, or bands, perhaps by day; the earliest first. It was checked before."""
    if isinstance(price, dict) and all(read_date(key) for key in price):
        return tuple(_read_tariff(day, price[day]) for day in sorted(price))
    return (_read_tariff("", price),)


def _read_tariff(starts: str, price: Any) -> Tariff:
    if not isinstance(price, dict):
        return Tariff(starts, read_money(price), (), None)
    bands = (Band(int(key), read_money(sum_) or 0) for key, sum_ in price.items() if key != "unknown")
    return Tariff(
        starts, None, tuple(sorted(bands, key=lambda band: band.least)), read_money(price.get("unknown"))
    )
