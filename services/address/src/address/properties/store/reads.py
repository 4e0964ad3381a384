"""Read one property on the plain pool, as it is or as it stood on a day."""
# ruff: noqa: S608 - put together from this package's own words; every value is bound

# ruff: noqa: S608 - put together from this package's own words; every value is bound
from datetime import date

import asyncpg

from address.read_model.store import address_json
from address.read_model.store.as_of import places_as_of

_GET_AS_OF = f"""SELECT p.version, {address_json.property_json("$3::date")} AS body
    FROM {places_as_of("$3::date")} p
    WHERE p.council = $1 AND p.uprn = $2 ORDER BY p.delivery DESC, p.lpi_status, p.lpi_key LIMIT 1"""
_FIRST_DAY = """SELECT least((SELECT min(valid_from) FROM place WHERE council = $1 AND uprn = $2),
    (SELECT min(valid_from) FROM place_past WHERE council = $1 AND uprn = $2))"""


async def get_json_as_of(pool: asyncpg.Pool, council: str, uprn: int, day: date) -> asyncpg.Record | None:
    """A property as it stood on a day, as ``places.own`` has it; None when it was not there."""
    return await pool.fetchrow(_GET_AS_OF, council, uprn, day)


async def get_first_day(pool: asyncpg.Pool, council: str, uprn: int) -> date | None:
    """Since when the gazetteer has the property; None when it never had it."""
    day: date | None = await pool.fetchval(_FIRST_DAY, council, uprn)
    return day


_GET = f"SELECT p.version, {address_json.PROPERTY_JSON} AS body FROM place p \
    WHERE p.council = $1 AND p.uprn = $2 \
    ORDER BY p.delivery DESC, p.lpi_status, p.lpi_key LIMIT 1"


async def get_json(pool: asyncpg.Pool, council: str, uprn: int) -> asyncpg.Record | None:
    """A property of our own API: its ``version`` and its ``body`` as JSON text; None when there is none."""
    return await pool.fetchrow(_GET, council, uprn)
