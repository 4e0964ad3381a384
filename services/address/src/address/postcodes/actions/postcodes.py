"""Looking postcodes and outcodes up: rows from the store, with their degrees, areas and distances."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from operator import itemgetter
from typing import TypeVar

import asyncpg

from address.postcodes.rules import distances, queries
from address.postcodes.rules.fields import NOWHERE, Area, Named, Outcode, Postcode
from address.postcodes.rules.queries import Near
from address.postcodes.store import outcodes, postcodes
from address.shared import codelists, projections

_Found = TypeVar("_Found", Postcode, Outcode)
_DECIMALS = 6  # of a degree: a decimetre, as in the ONS Postcode Directory
# The National Grid is up to a thousandth smaller than the ground: look a little further, then measure.
_SLACK = 1.002


async def find(pool: asyncpg.Pool, council: str, asked: Sequence[str]) -> list[Postcode | None]:
    """Each of the postcodes as typed, in order; None for what is not there or no postcode."""
    names = [queries.whole(text) for text in asked]
    known = sorted({name for name in names if name})
    rows = await postcodes.find(pool, council, known) if known else []
    found = {one.postcode: one for one in _postcodes(rows)}
    return [found.get(name) if name else None for name in names]


async def begins(pool: asyncpg.Pool, council: str, said: str, limit: int) -> list[Postcode]:
    """The first postcodes that begin as typed; if it is a whole one, that alone."""
    spans = queries.spans(said)
    return _postcodes(await postcodes.begins(pool, council, spans, limit)) if spans else []


async def nearest(pool: asyncpg.Pool, council: str, asked: Sequence[Near]) -> list[list[Postcode]]:
    """The postcodes near each point, nearest first, with their distances."""
    points = [_point(near) for near in asked]
    rows: dict[int, list[asyncpg.Record]] = {}
    where = [index for index, point in enumerate(points) if point]
    if where:
        searched = [
            (*point, near.radius * _SLACK + 1, near.limit)
            for near, point in zip(asked, points, strict=True)
            if point
        ]
        for row in await postcodes.nearest(pool, council, searched):
            rows.setdefault(where[row["n"] - 1], []).append(row)
    answers = []
    for index, near in enumerate(asked):
        answers.append(_measured(near, _postcodes(rows.get(index, []))))
        await asyncio.sleep(0)  # a hundred points have ten thousand results: let others have their turn
    return answers


async def near_postcode(
    pool: asyncpg.Pool, council: str, asked: str, radius: float, limit: int
) -> list[Postcode] | None:
    """The postcodes near a postcode, itself the first. None when it is not there."""
    (centre,) = await find(pool, council, [asked])
    if centre is None:
        return None
    if centre.lonlat is None:
        return []
    return (await nearest(pool, council, [Near(*centre.lonlat, radius, limit)]))[0]


async def at_random(pool: asyncpg.Pool, council: str, chance: float, outcode: str | None) -> Postcode | None:
    row = await postcodes.at_random(pool, council, chance, outcode)
    return _postcodes([row])[0] if row else None


async def find_outcode(pool: asyncpg.Pool, council: str, asked: str) -> Outcode | None:
    name = queries.outward(asked)
    row = await outcodes.find(pool, council, name) if name else None
    return _outcodes([row])[0] if row else None


async def nearest_outcodes(pool: asyncpg.Pool, council: str, near: Near) -> list[Outcode]:
    """The outcodes whose middles lie near a point, nearest first, with their distances."""
    point = _point(near)
    if point is None:
        return []
    rows = await outcodes.nearest(pool, council, point, near.radius * _SLACK + 1, near.limit)
    return _measured(near, _outcodes(rows))


def _point(near: Near) -> tuple[float, float] | None:
    """Where that is on the National Grid; None when it is not on it."""
    if not near.in_britain:
        return None
    try:
        return projections.from_lonlat([(near.longitude, near.latitude)])[0]
    except projections.OutsideGridError:
        return None


def _measured(near: Near, found: list[_Found]) -> list[_Found]:
    """Those that are really within the radius, nearest first."""
    placed = [(one, one.lonlat) for one in found if one.lonlat]
    metres = distances.metres((near.longitude, near.latitude), [lonlat for _, lonlat in placed])
    within = [
        (away, replace(one, distance=round(away, 8)))
        for (one, _), away in zip(placed, metres, strict=True)
        if away <= near.radius
    ]
    # The store's order but for points nearer to each other than their degrees are exact.
    return [one for _, one in sorted(within, key=itemgetter(0))]


def _postcodes(rows: Sequence[asyncpg.Record]) -> list[Postcode]:
    return [
        Postcode(
            row["postcode"],
            row["easting"],
            row["northing"],
            lonlat,
            _area(row["district"], row["ward"], row["parish"]),
        )
        for row, lonlat in zip(rows, _lonlats(rows), strict=True)
    ]


def _outcodes(rows: Sequence[asyncpg.Record]) -> list[Outcode]:
    return [
        Outcode(
            row["outcode"],
            row["easting"],
            row["northing"],
            lonlat,
            tuple(map(_area, row["districts"] or ())),
            tuple(_named("wards", code) for code in row["wards"] or ()),
            tuple(_named("parishes", code) for code in row["parishes"] or ()),
        )
        for row, lonlat in zip(rows, _lonlats(rows), strict=True)
    ]


def _lonlats(rows: Sequence[asyncpg.Record]) -> list[tuple[float, float] | None]:
    """Degrees of each row; None where it is not known where it is."""
    there = [row for row in rows if row["easting"] is not None and row["northing"] is not None]
    points = projections.project_or_none(
        [(row["easting"], row["northing"]) for row in there], projections.LONLAT
    )
    shown = {
        id(row): (round(point[0], _DECIMALS), round(point[1], _DECIMALS)) if point else None
        for row, point in zip(there, points, strict=True)
    }
    return [shown.get(id(row)) for row in rows]


@lru_cache(maxsize=16_384)
def _area(district: str | None, ward: str | None = None, parish: str | None = None) -> Area:
    name, region = codelists.districts().get(district or "", (None, None))
    return Area(Named(district, name), region, _named("wards", ward), _named("parishes", parish))


def _named(kind: str, code: str | None) -> Named:
    return Named(code, codelists.areas(kind).get(code)) if code else NOWHERE
