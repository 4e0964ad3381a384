"""Areas' shapes in the forms that MapIt has: GeoJSON, KML, WKT, and their measures."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mapping.mapit.actions.lookups import MOST_SHAPES
from mapping.mapit.actions.problems import not_found, refuse
from mapping.mapit.rules.areas import CouncilAreas, Place
from mapping.mapit.rules.shapes import Drawing, convert, draw, measure, simplify, write_kml
from mapping.shared.coordinates import Crs, OutsideGreatBritainError
from mapping.shared.geometry import to_geojson_text

_DEGREES = 4326
_SYSTEMS = {_DEGREES: Crs.CRS84, 27700: Crs.BNG, 3857: Crs.WEB_MERCATOR}


async def write_shape(place: Place, form: str, srid: int | None, tolerance: float) -> str:
    """Write an area's shape: in degrees, as WKT on the National Grid, if no system is named.

    Raises Problem 400, 404.
    """
    crs = _SYSTEMS.get(srid or (Crs.BNG.srid if form == "wkt" else _DEGREES))
    if crs is None:
        raise refuse(f"Coordinates of the system {srid} cannot be written; use 4326, 27700 or 3857")
    return await asyncio.to_thread(_write, place, form, crs, tolerance)


def _write(place: Place, form: str, crs: Crs, tolerance: float) -> str:
    shape = simplify(_require_shape(place, crs), tolerance)
    if shape is None:
        raise refuse(f"Simplifying {place.entry.name} with tolerance {tolerance:f} left no boundary at all")
    if form == "wkt":
        return str(shapely.to_wkt(shape, rounding_precision=3))
    if form == "kml":
        return write_kml([(place.entry.name, shape)])
    return to_geojson_text(np.array([shape], dtype=object), crs)[0]


def _require_shape(place: Place, crs: Crs) -> BaseGeometry:
    if place.geometry is None or place.geometry.is_empty:
        raise not_found("No polygons found")
    try:
        return convert(place.geometry, place.crs, crs)
    except OutsideGreatBritainError as error:
        raise refuse("Point outside the area geometry") from error


async def measure_shape(place: Place) -> dict[str, Any]:
    """Measure an area. Raises Problem 404 if it has no shape."""
    return await asyncio.to_thread(_measure, place)


def _measure(place: Place) -> dict[str, Any]:
    return measure(_require_shape(place, Crs.BNG), _require_shape(place, Crs.CRS84))


async def measure_all(places: Sequence[Place]) -> dict[str, Any]:
    """Measure areas, by their ids; those without a shape have no measures."""
    _check_number(places)

    def measure_each() -> dict[str, Any]:
        return {
            str(each.entry.number): _measure(each) if each.geometry is not None else {} for each in places
        }

    return await asyncio.to_thread(measure_each)


async def write_collection(
    areas: CouncilAreas, places: Sequence[Place], form: str, tolerance: float, srid: int = _DEGREES
) -> str:
    """Write areas as a GeoJSON FeatureCollection, whose properties are MapIt's objects, or as KML."""
    _check_number(places)
    crs = _SYSTEMS.get(srid)
    if crs is None:
        raise refuse(f"Coordinates of the system {srid} cannot be written; use 4326, 27700 or 3857")
    drawable = [place for place in places if place.geometry is not None]
    if not drawable:
        raise not_found("No areas found")
    return await asyncio.to_thread(_write_collection, areas, drawable, form, (tolerance, crs))


def _write_collection(areas: CouncilAreas, places: Sequence[Place], form: str, how: tuple[float, Crs]) -> str:
    tolerance, crs = how
    shapes = [simplify(_require_shape(place, crs), tolerance) for place in places]
    pairs = [(place, shape) for place, shape in zip(places, shapes, strict=True) if shape is not None]
    if form == "kml":
        return write_kml((place.entry.name, shape) for place, shape in pairs)
    texts = to_geojson_text(np.array([shape for _, shape in pairs], dtype=object), crs)
    features = (
        f'{{"type":"Feature","properties":{json.dumps(areas.describe(place))},"geometry":{text}}}'
        for (place, _), text in zip(pairs, texts, strict=True)
    )
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'


async def draw_areas(places: Sequence[Place]) -> Drawing | None:
    """Draw areas, in Web Mercator as web maps do; those without a shape are left out, None: all are."""
    shapes = [each.geometry for each in places if each.geometry is not None and not each.geometry.is_empty]
    if len(shapes) < len(places) or not shapes:
        return None

    def make() -> Drawing:
        return draw([_require_shape(place, Crs.WEB_MERCATOR) for place in places])

    return await asyncio.to_thread(make)


def _check_number(places: Sequence[Place]) -> None:
    if len(places) > MOST_SHAPES:
        raise refuse(
            f"The shapes of at most {MOST_SHAPES} areas can be asked for at once: these are {len(places)}"
        )
