"""List suggestions while an address is typed.

Words are looked up in ``search_word``, the rarest first, so that the work is bounded whatever the size of the
gazetteer: counts of a word stop at ``MAX_COUNTED``, and at most ``MAX_GROUPS`` streets and buildings are
read. Flats that match equally are shown as their building.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from address.places.rules.search_text import AddressSearch
from address.places.store.search_sql import AS_OF, CURRENT

_MAX_DIGITS = 4  # of a building's number
_SHORT_WORD = 2  # letters of a word that narrow nothing
_LAST_CHARACTER = "~"  # sorts after every letter and digit of a word


@dataclass(frozen=True, slots=True)
class SuggestionScope:
    """Where to look: near a point (easting, northing), in a ward (GSS), in a building, as of a day."""

    near: tuple[float, float] | None = None
    ward: str | None = None
    within: int | None = None
    day: date | None = None


ANYWHERE = SuggestionScope()


async def list_suggestions(
    pool: asyncpg.Pool, council: str, search: AddressSearch, limit: int, scope: SuggestionScope = ANYWHERE
) -> list[str]:
    """List the best addresses for a search, each as JSON text. Retired properties are left out."""
    prepared = _statement(search, scope)
    if prepared is None:
        return []
    statement, parameters = prepared
    day = () if scope.day is None else (scope.day,)
    rows = await pool.fetch(statement, council, scope.near, scope.ward, limit, *parameters, *day)
    return [row["item"] for row in rows]


def _statement(search: AddressSearch, scope: SuggestionScope) -> tuple[str, tuple[object, ...]] | None:
    """Choose the statement and its parameters; None when the search is empty."""
    statements = CURRENT if scope.day is None else AS_OF
    everything = _patterns((*search.names, *search.units), search.typing)
    ranges = (search.postcode and search.postcode.lows, search.postcode and search.postcode.highs)
    if scope.within is not None:
        return statements.within, (everything, scope.within)
    if search.uprn is not None:
        return statements.uprn, (search.uprn,)
    if (number := _number_alone(search)) is not None:
        return statements.number, (everything, *ranges, number, f"% {number} %")
    units = _patterns(search.units, search.typing)
    if search.names:
        by_name = statements.ward if scope.ward else statements.near if scope.near else statements.name
        return by_name, (units, *ranges, *_name_params(search))
    return None if search.postcode is None else (statements.postcode, (units, *ranges))


def _number_alone(search: AddressSearch) -> int | None:
    """Return the number of a building if the search has nothing else but the beginning of a word."""
    numbers = [int(unit) for unit in search.units if unit.isdecimal() and len(unit) <= _MAX_DIGITS]
    meaningful = [name for name in search.names if name != search.typing or len(name) > _SHORT_WORD]
    return None if meaningful or search.postcode or len(numbers) != 1 or len(search.units) > 1 else numbers[0]


def _name_params(search: AddressSearch) -> tuple[object, ...]:
    """Return the parameters of a search by name."""
    beginnings = [f" {' '.join(search.names)}", f" {' '.join(search.words)}"]
    return (
        list(search.names),
        [name + _LAST_CHARACTER for name in search.names],
        [f"% {name}%" for name in search.names],
        [f"{beginning}%" for beginning in beginnings],
        f"% {' '.join(search.units)} %",
        list(search.units),
        beginnings,
        [beginning + _LAST_CHARACTER for beginning in beginnings],
    )


def _patterns(words: Sequence[str], typing: str | None) -> list[str]:
    """Return LIKE patterns: whole words, and the beginning of the one still being typed."""
    return [f"% {word}%" if word == typing else f"% {word} %" for word in words]
