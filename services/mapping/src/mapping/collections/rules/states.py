"""The state of a feature, as it is written: made of its geometry and its properties, once."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from mapping.collections.rules.layers import Extent, Layer
from mapping.shared.coordinates import Crs, transform
from mapping.shared.geometry import to_geojson_text

_SORTED = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class NewFeature:
    """A feature as somebody enters it. ``geometry`` is in the layer's storage CRS; None: no place."""

    fid: str
    geometry: shapely.Geometry | None
    properties: Mapping[str, Any]
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeatureState:
    """A feature's state as its row has it, but for the versions, the number and who wrote it.

    ``geojson_storage`` is empty where the storage CRS is CRS84: ``geojson`` says the same.
    """

    fid: str
    wkb: bytes | None
    bbox: Extent | None
    properties: Mapping[str, Any]
    geojson: str
    geojson_storage: str
    valid_from: datetime | None
    valid_to: datetime | None
    etag: str


class Degrees(NamedTuple):
    """Geometries in CRS84 with their GeoJSON of six decimals, of a caller who has them already."""

    geometries: NDArray[Any]
    texts: Sequence[str]


def make_states(
    layer: Layer, features: Sequence[NewFeature], degrees: Degrees | None = None
) -> list[FeatureState]:
    """Make the states of features: some 20 microseconds each, so call it in a thread for many.

    The GeoJSON of both coordinate systems is made here, once, and never when it is read.
    """
    is_crs84 = layer.storage_crs is Crs.CRS84
    entered = np.array([feature.geometry for feature in features], dtype=object)
    geometries = np.asarray(shapely.force_2d(entered), dtype=object)
    in_crs84, texts = degrees or _to_degrees(geometries, layer.storage_crs)
    storage_texts = [""] * len(features) if is_crs84 else to_geojson_text(geometries, layer.storage_crs)
    wkb = shapely.to_wkb(geometries, byte_order=1).tolist()
    boxes = shapely.bounds(in_crs84).tolist()
    return [
        FeatureState(
            feature.fid,
            wkb[index],
            _make_extent(boxes[index]),
            feature.properties,
            texts[index],
            storage_texts[index],
            feature.valid_from,
            feature.valid_to,
            _make_etag(feature, wkb[index]),
        )
        for index, feature in enumerate(features)
    ]


def _to_degrees(geometries: NDArray[Any], source: Crs) -> Degrees:
    converted = transform(geometries, source, Crs.CRS84)
    return Degrees(converted, to_geojson_text(converted, Crs.CRS84))


def _make_extent(bounds: Sequence[float]) -> Extent | None:
    return None if math.isnan(bounds[0]) else Extent(*bounds)


def _make_etag(feature: NewFeature, wkb: bytes | None) -> str:
    """Make a feature's entity tag: of all that it is, so that an equal row is known to be unchanged."""
    digest = hashlib.sha256(wkb or b"")
    dates = [None if each is None else each.isoformat() for each in (feature.valid_from, feature.valid_to)]
    digest.update(_SORTED([feature.properties, dates]).encode())
    return digest.hexdigest()[:32]
