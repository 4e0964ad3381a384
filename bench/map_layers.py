"""Wards of Great Britain and citytown's roads in a database of mapping's, for measurements."""

import gzip
import json
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np
import shapely
from numpy.typing import NDArray

from bench.gazetteer import PASSWORD
from chassis.migrations import migrate
from chassis.provision import provision
from mapping.app import service
from mapping.collections.actions import layers
from mapping.collections.actions.publication import Cause, publication
from mapping.collections.rules.layers import Property
from mapping.collections.rules.states import NewFeature, make_states
from mapping.settings import Settings
from mapping.shared.coordinates import Crs, transform
from mapping.shared.councils import NATIONAL

_FOLDER = Path(__file__).parents[1] / "dev" / "data" / "mapping"
_BATCH = 1_000
_COUNCIL = (
    "INSERT INTO council (slug, name, gss, region, version) VALUES ('citytown', 'C', 'E06000022', 'r', 1)"
)


def read_manifest(
    council: str, names: tuple[str, ...] = (), kinds: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """Read what the manifest says of a council's layers (``*``: national), by name or by kind."""
    manifest: list[dict[str, Any]] = json.loads((_FOLDER / "layers.json").read_text())["layers"]
    return [
        layer
        for layer in manifest
        if layer["council"] == council and (layer["name"] in names or layer["kind"] in kinds)
    ]


def read_features(layer: dict[str, Any]) -> tuple[NDArray[Any], list[dict[str, Any]]]:
    """Read a layer's geometries in its storage CRS, and properties, from its file."""
    text = gzip.decompress((_FOLDER / layer["file"]).read_bytes()).decode()
    features = json.loads(text)["features"]
    shapes = np.asarray(shapely.force_2d(shapely.get_parts(shapely.from_geojson(text))), dtype=object)
    if layer["storage_srid"] == Crs.BNG.srid:
        shapes = transform(shapes, Crs.CRS84, Crs.BNG)
    return shapes, [feature["properties"] for feature in features]


async def create_database(admin_url: str, layers: list[dict[str, Any]]) -> str:
    """Create mapping's database and publish layers in it; return its URL."""
    await provision(admin_url, "mapping", owner_password=PASSWORD, password=PASSWORD)
    server = admin_url.rpartition("@")[2].partition("/")[0]
    await migrate("mapping", f"postgresql://mapping_owner:{PASSWORD}@{server}/mapping")
    url = f"postgresql://mapping:{PASSWORD}@{server}/mapping"
    connection = await asyncpg.connect(url)
    await connection.execute(_COUNCIL)
    await connection.close()
    settings = Settings(database_url=url, jwks_url="", issuer="", blobs="file:///none", scanner="test:")
    database = service.database(settings)
    for layer in layers:
        council = NATIONAL if layer["council"] == "*" else layer["council"]
        async with database.writing(council) as session:
            await _publish(session, council, layer)
    await database.close()
    return url


async def _publish(session: Any, council: str, layer: dict[str, Any]) -> None:
    properties = [Property(each["name"], each["title"], each["type"]) for each in layer["properties"]]
    columns = [
        "name",
        "title",
        "description",
        "kind",
        "geometry_type",
        "storage_srid",
        "keeper",
        "licence",
        "licence_url",
        "attribution",
        "vintage",
        "source_url",
        "key_property",
        "label_property",
        "code_property",
        "area_type",
    ]
    values = {name: layer.get(name) or "" for name in columns}
    values |= {"synthetic": False, "audience": "public", "locking": "optional", "style": {}}
    created = await layers.create_layer(session, council, "bench", {**values, "properties": properties})
    shapes, rows = read_features(layer)
    features = [
        NewFeature(str(row[layer["key_property"]]), shape, row)
        for shape, row in zip(shapes, rows, strict=True)
    ]
    async with publication(session, created.id, Cause("load", "bench", "")) as change:
        for start in range(0, len(features), _BATCH):
            await change.put(make_states(created, features[start : start + _BATCH]))
