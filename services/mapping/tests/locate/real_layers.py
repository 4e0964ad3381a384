"""The demonstration's layers, for tests: published as they are, and as plain Shapely reads their files."""

import gzip
import json
from functools import cache
from pathlib import Path

import shapely

from mapping.collections.rules.states import NewFeature
from mapping.shared.coordinates import Crs, transform
from mapping.shared.councils import NATIONAL
from services.mapping.tests.layer_world import GRIT_BINS, publish

_FOLDER = Path(__file__).parents[4] / "dev" / "data" / "mapping"
_LAYERS = json.loads((_FOLDER / "layers.json").read_text())["layers"]


def choose(*, council, names=(), kinds=("areas", "zones")):
    """Choose layers of the manifest by council and name, or by kind."""
    return [
        layer
        for layer in _LAYERS
        if layer["council"] == council and (layer["name"] in names if names else layer["kind"] in kinds)
    ]


@cache
def _read_text(name):
    return gzip.decompress((_FOLDER / name).read_bytes()).decode()


def read_file(layer):
    """Read a layer's file: its ids, its properties, and its geometries in CRS84."""
    text = _read_text(layer["file"])
    properties = [feature["properties"] for feature in json.loads(text)["features"]]
    geometries = shapely.force_2d(shapely.get_parts(shapely.from_geojson(text)))
    assert len(properties) == len(geometries)
    return [str(values[layer["key_property"]]) for values in properties], properties, geometries


async def publish_file(database, layer):
    """Publish a layer of the manifest."""
    fids, properties, geometries = read_file(layer)
    if layer["storage_srid"] == Crs.BNG.srid:
        geometries = transform(geometries, Crs.CRS84, Crs.BNG)
    columns = [
        (each["name"], each["title"], each["type"], each["audience"], each.get("required", False), ())
        for each in layer["properties"]
    ]
    values = {name: layer.get(name) or "" for name in GRIT_BINS} | {
        "synthetic": layer["synthetic"],
        "style": {},
        "properties": columns,
    }
    council = NATIONAL if layer["council"] == "*" else layer["council"]
    rows = zip(fids, properties, geometries, strict=True)
    await publish(database, council, values, [NewFeature(fid, shape, row) for fid, row, shape in rows])
