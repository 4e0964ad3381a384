"""Read and write the demonstration's layers, and go between degrees and metres of a plane."""

import gzip
import json
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from dev.state import ROOT

FOLDER = ROOT / "dev" / "data" / "mapping"
MANIFEST = FOLDER / "layers.json"
DECIMALS = 6
Properties = dict[str, Any]
Feature = tuple[Properties, BaseGeometry]
Points = NDArray[np.float64]


def read(council: str, name: str) -> list[Feature]:
    """Read a layer's properties and geometries (longitude, latitude)."""
    with gzip.open(FOLDER / council / f"{name}.geojson.gz") as file:
        features = json.load(file)["features"]
    return [(each["properties"], shapely.geometry.shape(each["geometry"])) for each in features]


def write(file: Path, features: Iterable[Feature]) -> None:
    """Write a layer, one feature a line and the same bytes for the same features."""
    lines = ",\n".join(_to_line(properties, geometry) for properties, geometry in features)
    document = f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as raw, gzip.GzipFile("", mode="wb", fileobj=raw, mtime=0) as packed:
        packed.write(document.encode())


def _to_line(properties: Properties, geometry: BaseGeometry) -> str:
    rounded = shapely.transform(geometry, lambda points: np.round(points, DECIMALS))
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": shapely.geometry.mapping(rounded),
    }
    return json.dumps(feature, ensure_ascii=False, separators=(",", ":"))


def to_plane(latitude: float) -> tuple[Callable[[Points], Points], Callable[[Points], Points]]:
    """Give the transformations from degrees to metres of a local plane, and back (within 0.5%)."""
    scale = np.array([111_320.0 * math.cos(math.radians(latitude)), 111_320.0])
    return lambda points: points * scale, lambda points: points / scale


def list_points(features: Sequence[Feature]) -> Points:
    return shapely.get_coordinates([geometry for _, geometry in features])
