"""Read what matching needs: names of streets, their addresses, and changes.

Only current properties (logical status 1 and 6) are matched, by any of their addresses: alternatives, Welsh
ones, and Royal Mail's delivery points.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import asyncpg

from address.shared.horizon import horizon_of

MAX_CHANGED = 500
_CURRENT = "p.council = $1 AND p.logical_status IN (1, 6)"
_POINTS = """place p JOIN delivery_point d ON d.council = p.council AND d.uprn = p.uprn"""
_WITH_POINT = f"{_CURRENT} AND p.delivery AND p.udprn IS NOT NULL"
# A delivery point's street, as Royal Mail writes it.
_POINT_STREET = "coalesce(d.dependent_thoroughfare, d.thoroughfare, p.street)"
_POINT_LOCALITY = "coalesce(d.dependent_locality, d.double_dependent_locality)"
_NAMES = f"""
    SELECT p.usrn, p.street, p.locality, p.post_town, p.postcode, p.building_name, p.organisation
    FROM place p WHERE {_CURRENT} {{these}}
    UNION
    SELECT p.usrn, {_POINT_STREET}, {_POINT_LOCALITY}, d.post_town, d.postcode, d.building_name,
        d.organisation_name
    FROM {_POINTS} WHERE {_WITH_POINT} {{these}}
    ORDER BY 1, 2, 3, 4, 5, 6, 7"""
_PLACES = f"""
    SELECT p.uprn, p.usrn, p.organisation, p.sub_building, p.building_name, p.building_number, p.street,
        p.locality, p.post_town, p.postcode
    FROM place p WHERE {_CURRENT} AND p.usrn = ANY($2) {{numbered}}
    UNION ALL
    SELECT p.uprn, p.usrn, d.organisation_name, d.sub_building_name, d.building_name, d.building_number,
        {_POINT_STREET}, {_POINT_LOCALITY}, d.post_town, d.postcode
    FROM {_POINTS} WHERE {_WITH_POINT} AND p.usrn = ANY($2) {{points_numbered}}
    ORDER BY 2, 1, 6, 4, 7"""
# With one of the numbers, a range or a name.
_NUMBERED = """AND (p.pao_number = ANY($3::smallint[]) OR p.pao_number IS NULL OR p.building_number LIKE '%-%'
    OR p.building_name IS NOT NULL OR p.organisation IS NOT NULL)"""
_POINTS_NUMBERED = """AND (p.pao_number = ANY($3::smallint[]) OR d.building_number IS NULL
    OR d.building_number = ANY($3::smallint[]::text[]) OR d.building_name IS NOT NULL
    OR d.organisation_name IS NOT NULL)"""
_ALL_PLACES = _PLACES.format(numbered="", points_numbered="")
_NUMBERED_PLACES = _PLACES.format(numbered=_NUMBERED, points_numbered=_POINTS_NUMBERED)
_OF_CHANGED = "AND p.usrn IN (SELECT c.usrn FROM place c WHERE c.council = $1 AND c.uprn = ANY($2))"
_ALL_NAMES, _CHANGED_NAMES = _NAMES.format(these=""), _NAMES.format(these=_OF_CHANGED)
# Transactions below the horizon have ended: later statements see their changes.
_HORIZON = f"SELECT {horizon_of('$1')}::text"
_CHANGED = f"""
    WITH now AS MATERIALIZED (SELECT greatest({horizon_of("$1")}, $2::text::xid8)::text AS horizon)
    SELECT now.horizon, h.uprn, h.version FROM now LEFT JOIN LATERAL (
        SELECT h.uprn, h.version FROM history h
        WHERE h.council = $1 AND h.xact >= $2::text::xid8 LIMIT {MAX_CHANGED}) h ON true"""


class Change(NamedTuple):
    """A version of a property."""

    uprn: int
    version: int


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes since a horizon, and the current horizon. ``MAX_CHANGED`` rows mean that there are more."""

    horizon: str
    rows: list[Change]


async def get_horizon(pool: asyncpg.Pool, council: str) -> str:
    """Read the council's horizon, where changes to come begin. Read it before the data they may change."""
    row: str = await pool.fetchval(_HORIZON, council)
    return row


async def list_names(pool: asyncpg.Pool, council: str) -> Sequence[Any]:
    """List the names of every street, as ``NameRow``."""
    return await pool.fetch(_ALL_NAMES, council)


async def list_names_of(pool: asyncpg.Pool, council: str, uprns: Sequence[int]) -> Sequence[Any]:
    """List the names of the streets that properties are in now."""
    return await pool.fetch(_CHANGED_NAMES, council, uprns)


async def list_addresses(pool: asyncpg.Pool, council: str, usrns: Sequence[int]) -> Sequence[Any]:
    """List the addresses in streets, as ``PlaceRow``, sorted by street."""
    return await pool.fetch(_ALL_PLACES, council, usrns)


async def list_numbered(
    pool: asyncpg.Pool, council: str, usrns: Sequence[int], numbers: Sequence[int]
) -> Sequence[Any]:
    """List the addresses in streets with one of the numbers (0 to 9999), a range or a name."""
    return await pool.fetch(_NUMBERED_PLACES, council, usrns, numbers)


async def list_changes(pool: asyncpg.Pool, council: str, since: str) -> Changes:
    """List the properties changed by transactions that had not ended at a horizon."""
    row = await pool.fetch(_CHANGED, council, since)
    rows = [Change(row["uprn"], row["version"]) for row in row if row["uprn"] is not None]
    return Changes(row[0]["horizon"], rows)
