"""The areas that MapIt shows in a council: those of its own layers, and national ones where it has none.

A council's own wards hide the national wards of its area, which may be of another year; elsewhere the
national ones stand. An area that is hidden is still answered for by its number.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mapping.mapit.rules.entries import Entries, Entry, describe
from mapping.mapit.rules.generations import Generations, make_generations
from mapping.mapit.rules.shapes import RELATIONS, convert
from mapping.mapit.rules.words import find_code_type, find_country
from mapping.shared.coordinates import Crs, OutsideGreatBritainError, project, transform
from mapping.snapshots.rules.snapshot import Snapshot

_DEGREE = 110_000.0  # metres of latitude, at least
_THINNEST = 0.45  # a degree of longitude is longer than this part of one of latitude, south of 62 degrees


class LayerAreas(NamedTuple):
    """A layer in memory and what MapIt says of its areas."""

    snapshot: Snapshot
    entries: Entries


class Place(NamedTuple):
    """An area: its layer, and where it stands there."""

    layer: LayerAreas
    position: int

    @property
    def entry(self) -> Entry:
        """Return what is said of it."""
        return self.layer.entries.by_index[self.position]

    @property
    def geometry(self) -> BaseGeometry | None:
        """Return its shape in its layer's storage CRS."""
        shape: BaseGeometry | None = self.layer.snapshot.geometries[self.position]
        return shape

    @property
    def crs(self) -> Crs:
        """Return the CRS of its shape."""
        return self.layer.snapshot.crs


@dataclass(frozen=True, slots=True)
class Selection:
    """Which areas are wanted; ``low`` and ``high``: those of a generation between them. Empty: all."""

    low: int
    high: int
    types: frozenset[str] = frozenset()
    country: str = ""


class Points(NamedTuple):
    """A point in degrees and on the National Grid, where it is infinite outside Great Britain."""

    lon: float
    lat: float
    easting: float
    northing: float

    def of(self, crs: Crs) -> tuple[float, float]:
        """Return its coordinates in the storage CRS of a layer."""
        return (self.easting, self.northing) if crs is Crs.BNG else (self.lon, self.lat)


def make_points(x: float, y: float, srid: int) -> Points | None:
    """Make a point of x and y of a system (4326: longitude first); None: it is nowhere on earth.

    Raises KeyError for another system.
    """
    crs = {4326: Crs.CRS84, 27700: Crs.BNG, 3857: Crs.WEB_MERCATOR}[srid]
    pair = np.array([[x, y]])
    (lon, lat), (easting, northing) = (project(pair, crs, each)[0].tolist() for each in (Crs.CRS84, Crs.BNG))
    is_somewhere = abs(lon) <= 180 and abs(lat) <= 90  # noqa: PLR2004 - degrees; false for what is not a number
    return Points(lon, lat, easting, northing) if is_somewhere else None


class CouncilAreas:
    """All areas of a council at a moment (microseconds since 1970); its own layers come first."""

    def __init__(self, layers: Sequence[LayerAreas], now: int) -> None:
        self.layers = layers
        moments = {moment for layer in layers for moment in layer.entries.moments}
        self.generations: Generations = make_generations(moments, now)
        self._own = [layer for layer in layers if not layer.snapshot.layer.is_national]

    @cached_property
    def _own_codes(self) -> frozenset[str]:
        return frozenset(code for layer in self._own for code in layer.entries.by_code)

    @cached_property
    def _own_types(self) -> frozenset[str]:
        return frozenset(kind for layer in self._own for kind in layer.entries.types)

    @property
    def types(self) -> frozenset[str]:
        """Return the kinds of all areas."""
        return frozenset(kind for layer in self.layers for kind in layer.entries.types)

    @property
    def current(self) -> Selection:
        """Return the selection of what holds now."""
        return Selection(self.generations.current, self.generations.current)

    def find(self, number: int) -> Place | None:
        """Find an area by its number, of any generation."""
        for layer in self.layers:
            index = layer.snapshot.by_number.get(number)
            if index is not None and index in layer.entries.by_index:
                return Place(layer, index)
        return None

    def find_by_code(self, kind: str, code: str, selection: Selection) -> list[Place]:
        """Find the areas of a generation that have a code of a kind."""
        places = self._list_coded(code) if find_code_type(code) == kind else self.list_all()
        return [
            place for place in places if place.entry.codes.get(kind) == code and self.shows(place, selection)
        ]

    def _list_coded(self, code: str) -> Iterator[Place]:
        for layer in self.layers:
            for index in layer.entries.by_code.get(code, ()):
                yield Place(layer, index)

    def list_all(self) -> Iterator[Place]:
        """List all areas, those too that are hidden."""
        for layer in self.layers:
            for index in layer.entries.by_index:
                yield Place(layer, index)

    def shows(self, place: Place, selection: Selection) -> bool:
        """Check whether a selection has an area, and no area of the council's own hides it."""
        entry = place.entry
        if selection.types and entry.type not in selection.types:
            return False
        if selection.country and find_country(entry.code, entry.parent_code) != selection.country:
            return False
        first, last = self.generations.bound(entry.start, entry.end)
        if not (first <= selection.high and last >= selection.low):
            return False
        return not (place.layer.snapshot.layer.is_national and self._is_hidden(entry))

    def _is_hidden(self, entry: Entry) -> bool:
        if entry.code and entry.code in self._own_codes:
            return True
        return entry.type in self._own_types and entry.parent_code in self._own_codes

    def list_at(
        self, point: Points, selection: Selection, within: float = 0, *, boxes: bool = False
    ) -> list[Place]:
        """List the areas on which a point lies, or their boxes, or that are within metres of it."""
        places = []
        for layer in self.layers:
            x, y = point.of(layer.snapshot.crs)
            if not (np.isfinite(x) and np.isfinite(y)):
                continue
            if boxes:
                indices = layer.snapshot.candidates((x, y, x, y)).tolist()
            elif within:
                indices = _list_near(layer.snapshot, point, within)
            else:
                indices = layer.snapshot.containing(x, y).tolist()
            indices_of_areas = (each for each in indices if each in layer.entries.by_index)
            places += [Place(layer, each) for each in indices_of_areas]
        return [place for place in places if self.shows(place, selection)]

    def list_related(self, area: Place, relation: str, selection: Selection) -> list[Place]:
        """List the areas that touch, overlap, cover an area: plain geometry, as GEOS sees it."""
        related = []
        for layer in self.layers:
            snapshot = layer.snapshot
            try:
                shape = area.geometry and convert(area.geometry, area.crs, snapshot.crs)
            except OutsideGreatBritainError:
                continue
            if shape is None:
                continue
            shapely.prepare(shape)
            near = snapshot.candidates(shape.bounds)
            holds = RELATIONS[relation](shape, snapshot.geometries[near])
            places = (Place(layer, int(each)) for each in near[holds] if int(each) in layer.entries.by_index)
            related += [place for place in places if place.entry.number != area.entry.number]
        return [place for place in related if self.shows(place, selection)]

    def find_parent(self, entry: Entry) -> int | None:
        """Find the number of an area's parent: of a code that several have, the latest."""
        if not entry.parent_code:
            return None
        for layer in self.layers:
            parents = layer.entries.list_by_code(entry.parent_code)
            if parents := [each for each in parents if each.number != entry.number]:
                return max(parents, key=lambda each: (each.end, each.number)).number
        return None

    def describe(self, place: Place, *, names: bool = False) -> dict[str, Any]:
        """Make MapIt's object of an area."""
        entry = place.entry
        layer = place.layer.snapshot.layer if names else None
        return describe(entry, self.find_parent(entry), self.generations, layer)

    def describe_all(self, places: Iterable[Place]) -> dict[str, dict[str, Any]]:
        """Make MapIt's object of several areas, by their ids."""
        ordered = sorted(places, key=lambda place: place.entry.number)
        return {str(place.entry.number): self.describe(place) for place in ordered}


def _list_near(snapshot: Snapshot, point: Points, within: float) -> list[int]:
    """List the features within metres of a point: measured on the National Grid."""
    if not np.isfinite(point.easting):
        return []
    centre = shapely.Point(point.easting, point.northing)
    if snapshot.crs is Crs.BNG:
        box = centre.buffer(within).bounds
    else:
        high, wide = within / _DEGREE, within / _DEGREE / _THINNEST
        box = (point.lon - wide, point.lat - high, point.lon + wide, point.lat + high)
    near = snapshot.candidates(box)
    shapes = transform(snapshot.geometries[near], snapshot.crs, Crs.BNG)
    return [int(each) for each in near[shapely.dwithin(shapes, centre, within)]]
