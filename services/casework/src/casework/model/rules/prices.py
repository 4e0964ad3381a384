"""What a council charges for a line of a fee, by day and by band."""

from dataclasses import dataclass
from datetime import date

from casework.shared.words import Words


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices from a day on, in pence: one sum, or bands of a number, with one for what is not known."""

    starts: str  # 2026-04-01; empty: always
    pence: int | None
    bands: tuple[tuple[int, int], ...] = ()  # (from this number on, pence), ascending
    unknown: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What a council charges for a line of the fee, and its own words for the line, if it has any."""

    tariffs: tuple[Tariff, ...]  # by day, ascending
    name: Words | None = None


def find_price(price: Price, today: date, number: int | None) -> int | None:
    """Find what one costs on a day, in pence; None where no tariff or band tells.

    ``number`` finds the band; None: it is not known.
    """
    in_force = [tariff for tariff in price.tariffs if tariff.starts <= today.isoformat()]
    if not in_force:
        return None
    tariff = in_force[-1]
    if not tariff.bands:
        return tariff.pence
    bands = [pence for least, pence in tariff.bands if number is not None and least <= number]
    return bands[-1] if bands else tariff.unknown
