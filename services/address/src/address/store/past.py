"""What the gazetteer said on a day: the places that stand since before it, and those that stood then.

Every read of our own API that takes ``as_of`` reads ``places_on(...)`` in place of ``place``.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from datetime import date

import asyncpg

from address.store import answers
from address.tables import place
from address.tables.lifecycle import KEPT

_COLUMNS = ", ".join(KEPT)
_UNIT = place.c.unit.computed.sqltext if place.c.unit.computed is not None else "NULL"


def places_on(day: str) -> str:
    """SQL of the places as they stood on a day, to be read as ``place`` is: ``FROM {places_on("$3")} p``.

    ``day`` is SQL of a date. It has what ``place`` has but for ``udprn``; the indices by UPRN, by postcode
    and by group serve both halves. A search group is kept as long as a place of any day is in it.
    """
    return f"""(SELECT {_COLUMNS}, unit FROM place WHERE valid_from <= {day}
        UNION ALL SELECT {_COLUMNS}, {_UNIT} FROM place_past
            WHERE valid_from <= {day} AND valid_to > {day})"""


_OWN_ON = f"""SELECT p.version, {answers.own("$3::date")} AS body FROM {places_on("$3::date")} p
    WHERE p.council = $1 AND p.uprn = $2 ORDER BY p.delivery DESC, p.lpi_status, p.lpi_key LIMIT 1"""
_FIRST_DAY = """SELECT least((SELECT min(valid_from) FROM place WHERE council = $1 AND uprn = $2),
    (SELECT min(valid_from) FROM place_past WHERE council = $1 AND uprn = $2))"""


async def own_on(pool: asyncpg.Pool, council: str, uprn: int, day: date) -> asyncpg.Record | None:
    """A property as it stood on a day, as ``places.own`` has it; None when it was not there."""
    return await pool.fetchrow(_OWN_ON, council, uprn, day)


async def first_day(pool: asyncpg.Pool, council: str, uprn: int) -> date | None:
    """Since when the gazetteer has the property; None when it never had it."""
    day: date | None = await pool.fetchval(_FIRST_DAY, council, uprn)
    return day
