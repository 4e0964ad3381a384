"""Suggestions while somebody types an address.

Words are looked up in ``search_word``, the rarest first, so that the work is bounded whatever the size of the
gazetteer: a word is counted no further than ``COUNTED``, and no more than ``GROUPS`` streets and buildings
are looked into. Flats that match alike are shown as the building they are in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from address.places.rules.search_text import AddressSearch
from address.places.store.search_sql import COUNTED, GROUP_WORDS, ON_A_DAY, TODAY, UNIT

__all__ = ["COUNTED", "GROUP_WORDS", "UNIT", "Where", "suggest"]

_LONGEST_NUMBER = 4  # digits of a building's number
_BEGINNING = 2  # letters of a word that tell too little
_AFTER_ALL = "~"  # sorts after every letter and digit of a word


@dataclass(frozen=True, slots=True)
class Where:
    """Where addresses are looked for: near a point (easting, northing), in a ward (GSS), in a building.

    ``day`` asks what the gazetteer said on that day.
    """

    near: tuple[float, float] | None = None
    ward: str | None = None
    within: int | None = None
    day: date | None = None


ANYWHERE = Where()


async def suggest(
    pool: asyncpg.Pool, council: str, search: AddressSearch, limit: int, where: Where = ANYWHERE
) -> list[str]:
    """The best addresses for what is typed so far, each as JSON text. Retired properties are left out."""
    found = _statement(search, where)
    if found is None:
        return []
    statement, parameters = found
    day = () if where.day is None else (where.day,)
    rows = await pool.fetch(statement, council, where.near, where.ward, limit, *parameters, *day)
    return [row["item"] for row in rows]


def _statement(search: AddressSearch, where: Where) -> tuple[str, tuple[object, ...]] | None:
    """The statement to ask, with its own parameters; None when there is nothing to go by."""
    on = TODAY if where.day is None else ON_A_DAY
    everything = _patterns((*search.names, *search.units), search.typing)
    ranges = (search.postcode and search.postcode.lows, search.postcode and search.postcode.highs)
    if where.within is not None:
        return on.within, (everything, where.within)
    if search.uprn is not None:
        return on.uprn, (search.uprn,)
    if (number := _number_alone(search)) is not None:
        return on.number, (everything, *ranges, number, f"% {number} %")
    units = _patterns(search.units, search.typing)
    if search.names:
        by_name = on.ward if where.ward else on.near if where.near else on.name
        return by_name, (units, *ranges, *_names(search))
    return None if search.postcode is None else (on.postcode, (units, *ranges))


def _number_alone(search: AddressSearch) -> int | None:
    """The number of a building, when that is all to go by: at most the beginning of a word beside it."""
    numbers = [int(unit) for unit in search.units if unit.isdecimal() and len(unit) <= _LONGEST_NUMBER]
    told = [name for name in search.names if name != search.typing or len(name) > _BEGINNING]
    return None if told or search.postcode or len(numbers) != 1 or len(search.units) > 1 else numbers[0]


def _names(search: AddressSearch) -> tuple[object, ...]:
    """What a search by name takes."""
    beginnings = [f" {' '.join(search.names)}", f" {' '.join(search.said)}"]
    return (
        list(search.names),
        [name + _AFTER_ALL for name in search.names],
        [f"% {name}%" for name in search.names],
        [f"{beginning}%" for beginning in beginnings],
        f"% {' '.join(search.units)} %",
        list(search.units),
        beginnings,
        [beginning + _AFTER_ALL for beginning in beginnings],
    )


def _patterns(words: Sequence[str], typing: str | None) -> list[str]:
    """LIKE patterns: whole words, but for the one still being typed."""
    return [f"% {word}%" if word == typing else f"% {word} %" for word in words]
