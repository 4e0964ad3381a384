"""Read postcodes on the plain pool: those of the region's file, then the council's own that it lacks.

Every row is ``postcode, easting, northing, district, ward, parish, areas`` (GSS codes; ward and parish come
from the gazetteer only, areas from mapping: JSON). Each function is one statement.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Sequence

import asyncpg

from address.postcodes.rules.queries import Span

Points = Sequence[tuple[float, float, float, int]]  # easting, northing, radius in metres, how many

_ROW = "postcode, easting, northing, district"


def _with_areas(statement: str, order: str = "") -> str:
    """Return a statement with the areas of its rows: by mapping, and by the council's gazetteer."""
    return f"""SELECT f.*, a.ward, a.parish, b.areas FROM ({statement}) AS f
        LEFT JOIN postcode_area AS b ON b.council = $1 AND b.postcode = f.postcode
        LEFT JOIN LATERAL (SELECT g.ward, g.parish FROM gazetteer_postcode g
            WHERE g.council = $1 AND g.postcode = f.postcode LIMIT 1) AS a ON true {order}"""


_GAZETTEER = """(SELECT g.postcode, g.easting, g.northing,
        (SELECT gss FROM council WHERE slug = $1) AS district
    FROM gazetteer_postcode g
    WHERE g.council = $1 AND NOT EXISTS (SELECT FROM postcode p WHERE p.postcode = g.postcode)) AS mine"""
_FIND = _with_areas(f"""SELECT {_ROW} FROM postcode WHERE postcode = ANY($2::text[])
    UNION ALL SELECT {_ROW} FROM {_GAZETTEER} WHERE postcode = ANY($2::text[])""")
_LIST_BEGINNING = _with_areas(
    f"""
    SELECT {_ROW}, rank
    FROM unnest($2::text[], $3::text[], $4::int[]) AS s (low, high, rank) CROSS JOIN LATERAL (
        (SELECT {_ROW} FROM postcode WHERE postcode >= low AND postcode < high ORDER BY postcode LIMIT $5)
        UNION ALL
        (SELECT {_ROW} FROM {_GAZETTEER} WHERE postcode >= low AND postcode < high ORDER BY postcode LIMIT $5)
    ) AS found
    ORDER BY rank, postcode LIMIT $5""",
    "ORDER BY f.rank, f.postcode",
)
_DISTANCE = "point(easting, northing) <-> point(x, y)"
_BOX = "box(point(x - reach, y - reach), point(x + reach, y + reach))"
_NEAREST = _with_areas(
    f"""
    SELECT n, {_ROW}, away
    FROM unnest($2::float8[], $3::float8[], $4::float8[], $5::int[])
        WITH ORDINALITY AS near (x, y, reach, most, n)
    CROSS JOIN LATERAL (
        SELECT {_ROW}, away FROM (
            (SELECT {_ROW}, {_DISTANCE} AS away FROM postcode WHERE point(easting, northing) <@ {_BOX}
                ORDER BY {_DISTANCE}, postcode LIMIT most)
            UNION ALL
            (SELECT {_ROW}, {_DISTANCE} AS away FROM {_GAZETTEER}
                WHERE easting BETWEEN (x - reach)::int AND (x + reach)::int
                    AND northing BETWEEN (y - reach)::int AND (y + reach)::int
                ORDER BY {_DISTANCE}, postcode LIMIT most)) AS either
        ORDER BY away, postcode LIMIT most) AS found
    """,
    "ORDER BY f.n, f.away, f.postcode",
)
# $2 is the position among all postcodes, from 0 to below 1: all are equally likely.
_RANDOM = _with_areas(f"""
    WITH size AS (SELECT before + postcodes AS size FROM outcode ORDER BY outcode DESC LIMIT 1),
    chosen AS (
        SELECT outcode, floor($2::float8 * size)::int - before AS nth FROM outcode, size
        WHERE before <= floor($2::float8 * size)::int ORDER BY before DESC LIMIT 1),
    mine AS (SELECT count(*) AS size FROM gazetteer_postcode WHERE council = $1)
    (SELECT {_ROW} FROM chosen CROSS JOIN LATERAL (
        SELECT {_ROW} FROM postcode WHERE postcode >= outcode || ' ' AND postcode < outcode || '!'
        ORDER BY postcode OFFSET nth LIMIT 1) AS found)
    UNION ALL
    (SELECT {_ROW} FROM {_GAZETTEER} WHERE NOT EXISTS (SELECT FROM chosen)
        ORDER BY postcode OFFSET floor($2::float8 * (SELECT size FROM mine))::int LIMIT 1)
    LIMIT 1""")
_IN_OUTCODE = "postcode >= $3 || ' ' AND postcode < $3 || '!'"
_RANDOM_IN_OUTCODE = _with_areas(f"""
    WITH theirs AS (SELECT postcodes FROM outcode WHERE outcode = $3),
    mine AS (SELECT count(*) AS size FROM gazetteer_postcode WHERE council = $1 AND {_IN_OUTCODE})
    (SELECT {_ROW} FROM postcode WHERE {_IN_OUTCODE}
        ORDER BY postcode OFFSET floor($2::float8 * (SELECT postcodes FROM theirs))::int LIMIT 1)
    UNION ALL
    (SELECT {_ROW} FROM {_GAZETTEER} WHERE {_IN_OUTCODE} AND NOT EXISTS (SELECT FROM theirs)
        ORDER BY postcode OFFSET floor($2::float8 * (SELECT size FROM mine))::int LIMIT 1)
    LIMIT 1""")


async def list_postcodes(pool: asyncpg.Pool, council: str, postcodes: Sequence[str]) -> list[asyncpg.Record]:
    """List the postcodes that exist, unordered."""
    rows: list[asyncpg.Record] = await pool.fetch(_FIND, council, postcodes)
    return rows


async def list_beginning(
    pool: asyncpg.Pool, council: str, spans: Sequence[Span], limit: int
) -> list[asyncpg.Record]:
    """List the first postcodes in the spans, in order, of the lowest rank that has any."""
    lows, highs, ranks = zip(*((span.low, span.high, span.rank) for span in spans), strict=True)
    rows = await pool.fetch(_LIST_BEGINNING, council, lows, highs, ranks, limit)
    return [row for row in rows if row["rank"] == rows[0]["rank"]]


async def list_nearest(pool: asyncpg.Pool, council: str, points: Points) -> list[asyncpg.Record]:
    """List the postcodes nearest to each point, nearest first; ``n`` is the point's number from 1."""
    eastings, northings, reaches, limits = zip(*points, strict=True)
    rows: list[asyncpg.Record] = await pool.fetch(_NEAREST, council, eastings, northings, reaches, limits)
    return rows


async def get_random(
    pool: asyncpg.Pool, council: str, chance: float, outcode: str | None
) -> asyncpg.Record | None:
    """Get a random postcode, from the outcode if there is one. ``chance``: 0 to below 1."""
    if outcode is None:
        return await pool.fetchrow(_RANDOM, council, chance)
    return await pool.fetchrow(_RANDOM_IN_OUTCODE, council, chance, outcode)
