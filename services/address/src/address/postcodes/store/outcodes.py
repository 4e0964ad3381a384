"""Read outcodes on the plain pool: those of the region's file, then the council's own that it lacks.

Every row is ``outcode, easting, northing, districts, wards, parishes`` (GSS codes; wards and parishes come
from the gazetteer only).
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

import asyncpg

_ROW = "outcode, easting, northing, districts"
_GAZETTEER = """(SELECT split_part(g.postcode, ' ', 1) AS outcode,
        round(avg(g.easting))::int AS easting, round(avg(g.northing))::int AS northing,
        (SELECT array_agg(gss) FROM council WHERE slug = $1) AS districts
    FROM gazetteer_postcode g WHERE g.council = $1 {those}
        AND NOT EXISTS (SELECT FROM outcode o WHERE o.outcode = split_part(g.postcode, ' ', 1))
    GROUP BY 1) AS mine"""
_AREAS = """LEFT JOIN LATERAL (SELECT
        array_agg(DISTINCT g.ward) FILTER (WHERE g.ward IS NOT NULL) AS wards,
        array_agg(DISTINCT g.parish) FILTER (WHERE g.parish IS NOT NULL) AS parishes
    FROM gazetteer_postcode g WHERE g.council = $1 AND (g.ward IS NOT NULL OR g.parish IS NOT NULL)
        AND g.postcode >= f.outcode || ' ' AND g.postcode < f.outcode || '!') AS a ON true"""
_IN_OUTCODE = "AND g.postcode >= $2 || ' ' AND g.postcode < $2 || '!'"
_FIND = f"""SELECT f.*, a.wards, a.parishes FROM (SELECT {_ROW} FROM outcode WHERE outcode = $2
    UNION ALL SELECT {_ROW} FROM {_GAZETTEER.format(those=_IN_OUTCODE)}) AS f {_AREAS}"""
_POINT = "point($2::float8, $3::float8)"
# There are 3,000 in the country, so no index is needed.
_NEAREST = f"""
    SELECT f.*, a.wards, a.parishes FROM (SELECT {_ROW}, point(easting, northing) <-> {_POINT} AS away
    FROM (SELECT {_ROW} FROM outcode
        UNION ALL SELECT {_ROW} FROM {_GAZETTEER.format(those="")}) AS either
    WHERE point(easting, northing) <@ box(point($2::float8 - $4::float8, $3::float8 - $4::float8),
        point($2::float8 + $4::float8, $3::float8 + $4::float8))
    ORDER BY away, outcode LIMIT $5) AS f {_AREAS} ORDER BY f.away, f.outcode"""


async def get_outcode(pool: asyncpg.Pool, council: str, outcode: str) -> asyncpg.Record | None:
    return await pool.fetchrow(_FIND, council, outcode)


async def list_nearest(
    pool: asyncpg.Pool, council: str, point: tuple[float, float], reach: float, limit: int
) -> list[asyncpg.Record]:
    """List the outcodes within ``reach`` metres of the point on each axis, nearest first."""
    rows: list[asyncpg.Record] = await pool.fetch(_NEAREST, council, *point, reach, limit)
    return rows
