"""What the matching reads: the names of a council's streets, the addresses in them, and what has changed.

Only current properties (logical status 1 and 6) are matched, by any of their addresses: alternative and
Welsh ones, and Royal Mail's delivery points.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import asyncpg

MOST_CHANGED = 500
_CURRENT = "p.council = $1 AND p.logical_status IN (1, 6)"
_POINTS = """place p JOIN delivery_point d ON d.council = p.council AND d.uprn = p.uprn"""
_WITH_POINT = f"{_CURRENT} AND p.delivery AND p.udprn IS NOT NULL"
# A delivery point's street is the property's own, as Royal Mail writes it.
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
# Of these numbers, of a range, or known by a name.
_NUMBERED = """AND (p.pao_number = ANY($3::smallint[]) OR p.pao_number IS NULL OR p.building_number LIKE '%-%'
    OR p.building_name IS NOT NULL OR p.organisation IS NOT NULL)"""
_POINTS_NUMBERED = """AND (p.pao_number = ANY($3::smallint[]) OR d.building_number IS NULL
    OR d.building_number = ANY($3::smallint[]::text[]) OR d.building_name IS NOT NULL
    OR d.organisation_name IS NOT NULL)"""
_ALL_PLACES = _PLACES.format(numbered="", points_numbered="")
_NUMBERED_PLACES = _PLACES.format(numbered=_NUMBERED, points_numbered=_POINTS_NUMBERED)
_OF_CHANGED = "AND p.usrn IN (SELECT c.usrn FROM place c WHERE c.council = $1 AND c.uprn = ANY($2))"
_ALL_NAMES, _CHANGED_NAMES = _NAMES.format(these=""), _NAMES.format(these=_OF_CHANGED)
# Transactions below the horizon have ended: what they changed is seen by any statement from now on.
_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"
_CHANGED = f"""
    WITH now AS MATERIALIZED ({_HORIZON} AS horizon)
    SELECT now.horizon, h.uprn, h.version FROM now LEFT JOIN LATERAL (
        SELECT h.uprn, h.version FROM history h
        WHERE h.council = $1 AND h.xact >= $2::text::xid8 LIMIT {MOST_CHANGED}) h ON true"""


class Change(NamedTuple):
    """A version of a property."""

    uprn: int
    version: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed since a horizon, and the horizon now. ``MOST_CHANGED`` rows stand for more."""

    horizon: str
    rows: list[Change]


async def horizon(pool: asyncpg.Pool) -> str:
    """Where changes still to come begin; to be read before what they may change."""
    found: str = await pool.fetchval(_HORIZON)
    return found


async def names(pool: asyncpg.Pool, council: str) -> Sequence[Any]:
    """What occurs in each street, as ``matching.index.NameRow`` has it."""
    return await pool.fetch(_ALL_NAMES, council)


async def changed_names(pool: asyncpg.Pool, council: str, uprns: Sequence[int]) -> Sequence[Any]:
    """The same for the streets that these properties are in now."""
    return await pool.fetch(_CHANGED_NAMES, council, uprns)


async def places(pool: asyncpg.Pool, council: str, usrns: Sequence[int]) -> Sequence[Any]:
    """The addresses in these streets, as ``matching.index.PlaceRow`` has them, street by street."""
    return await pool.fetch(_ALL_PLACES, council, usrns)


async def numbered(
    pool: asyncpg.Pool, council: str, usrns: Sequence[int], numbers: Sequence[int]
) -> Sequence[Any]:
    """Those of them with one of these numbers (0 to 9999), with a range or with a name."""
    return await pool.fetch(_NUMBERED_PLACES, council, usrns, numbers)


async def changed(pool: asyncpg.Pool, council: str, since: str) -> Changes:
    """The properties changed by transactions that had not ended at a horizon."""
    found = await pool.fetch(_CHANGED, council, since)
    rows = [Change(row["uprn"], row["version"]) for row in found if row["uprn"] is not None]
    return Changes(found[0]["horizon"], rows)
