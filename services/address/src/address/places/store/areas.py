"""Read places by location: nearest a point, in a circle, box or polygon; one statement each.

``place`` is indexed by strips 128 m wide from south to north. The strips that an area touches are read, each
from the area's southern to its northern end; then each place is tested exactly.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

import asyncpg

from address.places.rules.geometry import STRIP, Area, bounds_of_circle
from address.places.store import places_json
from address.places.store.places import DATASET_FILTER, HEADER, PROPERTY_FILTERS, PlacesQuery, fetch_answer
from address.shared.projections import Point

_EXACT = places_json.dataset_json("'1.0'", "'EXACT'")
_TOLERANCE = "1e-6"  # metres within which a point counts as on an edge, and so inside
_RADII = (30.0, 120.0, 480.0)  # metres, tried in turn: most places have a neighbour nearer than the radius


def _strips(west: str, south: str, east: str, north: str) -> str:
    return f"""p.council = $1 AND (p.easting::integer >> {STRIP}) = ANY (ARRAY(SELECT generate_series(
            floor({west})::integer >> {STRIP}, ceil({east})::integer >> {STRIP})))
        AND p.northing::integer BETWEEN floor({south})::integer AND ceil({north})::integer"""


def _squared_distance(x: str, y: str) -> str:
    """Return SQL of the squared distance to a point."""
    return f"((p.x - {x}) * (p.x - {x}) + (p.y - {y}) * (p.y - {y}))"


# The nearest first, then in the order of a street.
_ORDER = "distance, postcode, pao_number, part, sao_number, uprn, lpi_key"
_NARROW = """p.uprn, p.lpi_key, p.delivery, p.postcode, p.pao_number, p.sao_number,
    p.sub_building IS NOT NULL AS part, p.easting::float8 AS x, p.northing::float8 AS y"""
_NEAR = f"""
    near AS MATERIALIZED (
        SELECT p.*, coalesce({_squared_distance("$15::float8", "$16::float8")}, 0) AS distance
        FROM (SELECT {_NARROW} FROM place p
            WHERE {_strips("$11::float8", "$12::float8", "$13::float8", "$14::float8")}
                AND {PROPERTY_FILTERS} OFFSET 0) p
        WHERE p.x BETWEEN $11 AND $13 AND p.y BETWEEN $12 AND $14
            AND ($17::float8 IS NULL OR {_squared_distance("$15", "$16")} <= ($17 + {_TOLERANCE}) ^ 2))"""


def _page(relation: str) -> str:
    """Return SQL of a page of a relation as JSON text, with the total number."""
    return f"""
    SELECT {HEADER}, (SELECT count(*) * ('LPI' = ANY ($7::text[]))::integer
            + count(*) FILTER (WHERE delivery) * ('DPA' = ANY ($7))::integer FROM {relation}) AS total,
        string_agg({_EXACT}, ',' ORDER BY nth) AS results
    FROM (SELECT *, row_number() OVER () AS nth FROM (
            SELECT uprn, lpi_key, dataset
            FROM (SELECT * FROM {relation} WHERE delivery OR 'LPI' = ANY ($7)
                ORDER BY {_ORDER} LIMIT $8::bigint + $9::bigint) first
            CROSS JOIN unnest($7) WITH ORDINALITY AS d (dataset, rank)
            WHERE dataset = 'LPI' OR delivery ORDER BY {_ORDER}, rank LIMIT $8 OFFSET $9) page) page
        CROSS JOIN LATERAL (SELECT * FROM place p
            WHERE p.council = $1 AND p.uprn = page.uprn AND p.lpi_key = page.lpi_key LIMIT 1) p"""


_WITHIN_BOUNDS = f"WITH {_NEAR} {_page('near')}"

# Each edge in every strip that it touches, so that a point is compared only with edges above and below it.
_EDGES = f"""
    edges AS MATERIALIZED (
        SELECT strip, polygon, x1, y1, x2, x2 - x1 AS dx, y2 - y1 AS dy, least(y1, y2) - {_TOLERANCE} AS low,
            greatest(y1, y2) + {_TOLERANCE} AS high,
            {_TOLERANCE} * sqrt((x2 - x1) ^ 2 + (y2 - y1) ^ 2) AS close
        FROM unnest($18::float8[], $19::float8[], $20::float8[], $21::float8[], $22::integer[])
            AS e (x1, y1, x2, y2, polygon)
        CROSS JOIN LATERAL generate_series(
            floor(x1 - 1)::integer >> {STRIP}, ceil(x2 + 1)::integer >> {STRIP}) AS strip)"""
_ON_EDGE = f"""(abs(dx * (y - y1) - dy * (x - x1)) <= close AND y BETWEEN low AND high
    AND x BETWEEN x1 - {_TOLERANCE} AND x2 + {_TOLERANCE})"""
_BELOW_EDGE = "(x >= x1 AND x < x2 AND dy * (x - x1) > dx * (y - y1))"
_COLUMNS = "uprn, lpi_key, delivery, postcode, pao_number, part, sao_number, distance"
_INSIDE = f"""
    inside AS MATERIALIZED (
        SELECT DISTINCT {_COLUMNS}
        FROM near JOIN edges ON edges.strip = (floor(near.x + 0.5)::integer >> {STRIP})
        WHERE {_ON_EDGE} OR {_BELOW_EDGE}
        GROUP BY {_COLUMNS}, polygon
        HAVING bool_or({_ON_EDGE}) OR count(*) FILTER (WHERE {_BELOW_EDGE}) % 2 = 1)"""
_WITHIN_POLYGONS = f"WITH {_NEAR}, {_EDGES}, {_INSIDE} {_page('inside')}"

_NEAREST = f"""
    SELECT {HEADER}, count(*) AS total, string_agg({_EXACT}, ',' ORDER BY rank) AS results
    FROM unnest($7::text[]) WITH ORDINALITY AS d (dataset, rank) CROSS JOIN LATERAL (
        SELECT p.* FROM unnest($11::float8[]) AS reach CROSS JOIN LATERAL (
            SELECT p.* FROM (SELECT p.*, p.easting::float8 AS x, p.northing::float8 AS y FROM place p
                WHERE {_strips("$8::float8 - reach", "$9::float8 - reach", "$8 + reach", "$9 + reach")}
                    AND {PROPERTY_FILTERS} AND {DATASET_FILTER} OFFSET 0) p
            WHERE {_squared_distance("$8", "$9")} <= (reach + {_TOLERANCE}) ^ 2
            ORDER BY {_squared_distance("$8", "$9")}, p.postcode, p.pao_number, p.sub_building IS NOT NULL,
                p.sao_number, p.uprn, p.lpi_key LIMIT 1) p
        LIMIT 1) p"""


async def find_nearest(
    pool: asyncpg.Pool, council: str, point: Point, radius: float, query: PlacesQuery
) -> asyncpg.Record:
    """Find the address nearest to a point, for each dataset; as ``places.list_by_uprn``."""
    reaches = [*(reach for reach in _RADII if reach < radius), radius]
    params = query.parameters(council)[:7]
    return await fetch_answer(pool, _NEAREST, *params, *point, query.custodians, reaches)


async def list_within_circle(
    pool: asyncpg.Pool, council: str, centre: Point, radius: float, query: PlacesQuery
) -> asyncpg.Record:
    """List the addresses within ``radius`` metres, the nearest first."""
    bounds = bounds_of_circle(centre, radius + 0.001)  # a millimetre more: distance decides
    return await _within(pool, council, bounds, query, centre, radius)


async def list_within_area(
    pool: asyncpg.Pool, council: str, area: Area, query: PlacesQuery, reference: Point | None = None
) -> asyncpg.Record:
    """List the addresses in an area and on its edge, the nearest to ``reference`` first if there is one."""
    return await _within(pool, council, area, query, reference, None)


async def _within(
    pool: asyncpg.Pool,
    council: str,
    area: Area,
    query: PlacesQuery,
    reference: Point | None,
    radius: float | None,
) -> asyncpg.Record:
    x, y = reference or (None, None)
    bounds = (area.west, area.south, area.east, area.north)
    params = (*query.parameters(council), *bounds, x, y, radius)
    if not area.edges:
        return await fetch_answer(pool, _WITHIN_BOUNDS, *params)
    edges = tuple(zip(*area.edges, strict=True))
    return await fetch_answer(pool, _WITHIN_POLYGONS, *params, *edges, area.polygons)
