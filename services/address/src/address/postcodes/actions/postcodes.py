"""Look up postcodes and outcodes: rows of the store with degrees, areas and distances."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from operator import itemgetter
from typing import TypeVar

import asyncpg

from address.postcodes.rules import distances, queries
from address.postcodes.rules.fields import NOWHERE, Area, NamedArea, Outcode, Postcode
from address.postcodes.rules.queries import NearQuery
from address.postcodes.store import outcodes, postcodes
from address.shared import codelists, projections

_Located = TypeVar("_Located", Postcode, Outcode)
_DECIMALS = 6  # of a degree: 0.1 m, as in the ONS Postcode Directory
# Grid distances are up to 0.1% smaller than true ones: search a little further, then measure.
_SLACK = 1.002


async def find_postcodes(pool: asyncpg.Pool, council: str, typed: Sequence[str]) -> list[Postcode | None]:
    """Find postcodes as typed, in order; None for one that is unknown or not a postcode."""
    names = [queries.parse_postcode(text) for text in typed]
    valid = sorted({name for name in names if name})
    rows = await postcodes.list_postcodes(pool, council, valid) if valid else []
    by_name = {place.postcode: place for place in _to_postcodes(rows)}
    return [by_name.get(name) if name else None for name in names]


async def list_beginning(pool: asyncpg.Pool, council: str, beginning: str, limit: int) -> list[Postcode]:
    """List the first postcodes with a beginning; only the postcode itself if it is whole."""
    spans = queries.beginning_spans(beginning)
    return _to_postcodes(await postcodes.list_beginning(pool, council, spans, limit)) if spans else []


async def list_nearest(
    pool: asyncpg.Pool, council: str, near_queries: Sequence[NearQuery]
) -> list[list[Postcode]]:
    """List the postcodes near each point, nearest first, with distances."""
    points = [_to_grid(near) for near in near_queries]
    rows: dict[int, list[asyncpg.Record]] = {}
    indexes = [index for index, point in enumerate(points) if point]
    if indexes:
        searched = [
            (*point, near.radius * _SLACK + 1, near.limit)
            for near, point in zip(near_queries, points, strict=True)
            if point
        ]
        for row in await postcodes.list_nearest(pool, council, searched):
            rows.setdefault(indexes[row["n"] - 1], []).append(row)
    nearest = []
    for index, near in enumerate(near_queries):
        nearest.append(_with_distances(near, _to_postcodes(rows.get(index, []))))
        await asyncio.sleep(0)  # a hundred points have ten thousand results: yield to other requests
    return nearest


async def list_near_postcode(
    pool: asyncpg.Pool, council: str, postcode: str, radius: float, limit: int
) -> list[Postcode] | None:
    """List the postcodes near a postcode, itself first. None when it is unknown."""
    (centre,) = await find_postcodes(pool, council, [postcode])
    if centre is None:
        return None
    if centre.lonlat is None:
        return []
    return (await list_nearest(pool, council, [NearQuery(*centre.lonlat, radius, limit)]))[0]


async def get_random(pool: asyncpg.Pool, council: str, chance: float, outcode: str | None) -> Postcode | None:
    row = await postcodes.get_random(pool, council, chance, outcode)
    return _to_postcodes([row])[0] if row else None


async def find_outcode(pool: asyncpg.Pool, council: str, outcode: str) -> Outcode | None:
    name = queries.parse_outcode(outcode)
    row = await outcodes.get_outcode(pool, council, name) if name else None
    return _to_outcodes([row])[0] if row else None


async def list_nearest_outcodes(pool: asyncpg.Pool, council: str, near: NearQuery) -> list[Outcode]:
    """List the outcodes whose centres are near a point, nearest first, with distances."""
    point = _to_grid(near)
    if point is None:
        return []
    rows = await outcodes.list_nearest(pool, council, point, near.radius * _SLACK + 1, near.limit)
    return _with_distances(near, _to_outcodes(rows))


def _to_grid(near: NearQuery) -> tuple[float, float] | None:
    """Convert the point to the National Grid; None when it is outside."""
    if not near.in_britain:
        return None
    try:
        return projections.from_lonlat([(near.longitude, near.latitude)])[0]
    except projections.OutsideGridError:
        return None


def _with_distances(near: NearQuery, places: list[_Located]) -> list[_Located]:
    """Add geodesic distances, keep those within the radius, and sort them nearest first."""
    located = [(place, place.lonlat) for place in places if place.lonlat]
    metres = distances.metres((near.longitude, near.latitude), [lonlat for _, lonlat in located])
    within = [
        (away, replace(place, distance=round(away, 8)))
        for (place, _), away in zip(located, metres, strict=True)
        if away <= near.radius
    ]
    # Stable: rows at equal distances keep the store's order.
    return [place for _, place in sorted(within, key=itemgetter(0))]


def _to_postcodes(rows: Sequence[asyncpg.Record]) -> list[Postcode]:
    return [
        Postcode(
            row["postcode"],
            row["easting"],
            row["northing"],
            lonlat,
            _to_area(row["district"], row["ward"], row["parish"], row["areas"]),
        )
        for row, lonlat in zip(rows, _lonlats(rows), strict=True)
    ]


def _to_outcodes(rows: Sequence[asyncpg.Record]) -> list[Outcode]:
    return [
        Outcode(
            row["outcode"],
            row["easting"],
            row["northing"],
            lonlat,
            tuple(map(_to_area, row["districts"] or ())),
            tuple(_to_named_area("wards", code) for code in row["wards"] or ()),
            tuple(_to_named_area("parishes", code) for code in row["parishes"] or ()),
        )
        for row, lonlat in zip(rows, _lonlats(rows), strict=True)
    ]


def _lonlats(rows: Sequence[asyncpg.Record]) -> list[tuple[float, float] | None]:
    """Return longitude and latitude of each row; None without coordinates."""
    located = [row for row in rows if row["easting"] is not None and row["northing"] is not None]
    points = projections.project_or_none(
        [(row["easting"], row["northing"]) for row in located], projections.LONLAT
    )
    degrees = {
        id(row): (round(point[0], _DECIMALS), round(point[1], _DECIMALS)) if point else None
        for row, point in zip(located, points, strict=True)
    }
    return [degrees.get(id(row)) for row in rows]


@lru_cache(maxsize=16_384)
def _to_area(
    district: str | None, ward: str | None = None, parish: str | None = None, located: str | None = None
) -> Area:
    """Make the areas of a postcode: those that mapping located go before those that were loaded."""
    areas = {kind: NamedArea(code, name) for kind, (code, name) in json.loads(located or "{}").items()}
    own_district = areas.get("district", NamedArea(district))
    name, region = codelists.districts().get(own_district.code or "", (own_district.name, None))
    return Area(
        NamedArea(own_district.code, name),
        region,
        areas.get("ward") or _to_named_area("wards", ward),
        areas.get("parish") or _to_named_area("parishes", parish),
        areas.get("county", NOWHERE),
        areas.get("county-division", NOWHERE),
        areas.get("constituency", NOWHERE),
    )


def _to_named_area(kind: str, code: str | None) -> NamedArea:
    return NamedArea(code, codelists.areas(kind).get(code)) if code else NOWHERE
