"""Postcodes as points: one by its name, all of a district, the nearest."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from mapping.mapit.rules.areas import Points
from mapping.mapit.rules.paths import parse_postcode
from mapping.shared.coordinates import Crs, project
from mapping.snapshots.rules.snapshot import Snapshot

REACH = 20_000.0  # metres, within which a postcode is the nearest


@dataclass(frozen=True, slots=True)
class Postcodes:
    """The postcodes of a layer by their usual writing, in order, and where they stand in its snapshot."""

    by_name: dict[str, int]

    def list_in(self, outward: str) -> list[int]:
        """List the places of a district's postcodes."""
        beginning = f"{outward} "
        return [index for name, index in self.by_name.items() if name.startswith(beginning)]


def read_postcodes(snapshot: Snapshot) -> Postcodes:
    """Read the names of a snapshot's postcodes: its layer's label, or the feature's id."""
    label = snapshot.layer.label_property
    names = {}
    for index in snapshot.order.tolist():
        text = str(snapshot.properties(index).get(label) or snapshot.fids[index])
        if name := parse_postcode(text):
            names[name] = index
    return Postcodes(dict(sorted(names.items())))


def locate(snapshot: Snapshot, indices: list[int]) -> Points | None:
    """Return the middle of postcodes; None where none has a place."""
    shapes = [shape for shape in snapshot.geometries[indices] if shape is not None]
    if not shapes:
        return None
    middle = shapely.get_coordinates(shapes).mean(axis=0)
    return to_points(middle, snapshot.crs)


def to_points(pair: NDArray[np.float64], crs: Crs) -> Points:
    """Make the point of a pair of coordinates."""
    pairs = np.asarray([pair])
    (lon, lat), (easting, northing) = (project(pairs, crs, each)[0].tolist() for each in (Crs.CRS84, Crs.BNG))
    return Points(lon, lat, easting, northing)


def describe(name: str, point: Points | None) -> dict[str, Any]:
    """Make the first members of MapIt's object of a postcode."""
    if point is None:
        return {"postcode": name}
    return {
        "postcode": name,
        "wgs84_lon": round(point.lon, 7),
        "wgs84_lat": round(point.lat, 7),
        "coordsyst": "G",
        "easting": round(point.easting),
        "northing": round(point.northing),
    }


def find_inside(snapshot: Snapshot, postcodes: Postcodes, area: BaseGeometry) -> str | None:
    """Find the first postcode inside an area, which is in the snapshot's CRS."""
    near = set(snapshot.candidates(area.bounds).tolist())
    shapely.prepare(area)
    for name, index in postcodes.by_name.items():
        if index in near and shapely.covers(area, snapshot.geometries[index]):
            return name
    return None
