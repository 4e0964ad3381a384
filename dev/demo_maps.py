"""Publish the demonstration's map layers by mapping's own actions. It may run again: what is there stays."""

import asyncio
import gzip
import json
import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from numpy.typing import NDArray

from chassis.database import Database
from dev.geojson_arrays import read_shapes
from dev.state import ROOT
from mapping.collections.actions import layers
from mapping.collections.actions.publication import Cause, publication
from mapping.collections.rules.feature_ids import write_id
from mapping.collections.rules.states import Degrees, NewFeature, make_states
from mapping.settings import Settings
from mapping.shared.coordinates import Crs, transform
from mapping.shared.councils import NATIONAL
from mapping.shared.geometry import clean

FOLDER = ROOT / "dev" / "data" / "mapping"
LARGE = {"gb-wards"}  # not in a small demonstration
_FEATURE = re.compile(r'\{"type":"Feature","properties":(\{.*\}),"geometry":(\{.*\}|null)\},?\n')
_BATCH = 2_000
_BESIDE = 3  # layers at once: PostgreSQL writes one while others are read
_LOCAL = ZoneInfo("Europe/London")
_CAUSE = Cause("load", "demonstration", "The demonstration's data")
_COLUMNS = (
    "name", "title", "description", "kind", "geometry_type", "storage_srid", "keeper", "licence",
    "licence_url", "attribution", "vintage", "source_url", "synthetic", "audience", "key_property",
    "label_property", "code_property", "area_type", "locking", "style",
)  # fmt: skip


def list_entries(*names: str) -> list[dict[str, Any]]:
    """List the layers of the manifest, or those of some names (``citytown/wards``, ``*/gb-wards``)."""
    entries: list[dict[str, Any]] = json.loads((FOLDER / "layers.json").read_text())["layers"]
    return [each for each in entries if not names or f"{each['council']}/{each['name']}" in names]


def find_owner(entry: Mapping[str, Any]) -> str:
    """Find the council that a layer is of."""
    return NATIONAL if entry["council"] == "*" else str(entry["council"])


def make_values(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Make the columns of a layer as its council decides them."""
    values = {name: "" if entry[name] is None else entry[name] for name in _COLUMNS}
    values["properties"] = [
        (
            each["name"],
            each["title"],
            each["type"],
            each["audience"],
            each.get("required", False),
            each.get("values", ()),
        )
        for each in entry["properties"]
    ]
    return values


def read_features(entry: Mapping[str, Any], *, mend: bool = True) -> list[NewFeature]:
    """Read a layer's features in the coordinates that it is kept in, crossing polygons mended."""
    return _read_layer(entry, mend=mend)[0]


def _read_layer(entry: Mapping[str, Any], *, mend: bool) -> tuple[list[NewFeature], Degrees | None]:
    """Read a layer's features, and their shapes in degrees as the file has them if none was to be mended."""
    properties, in_degrees, texts = _read_file(FOLDER / entry["file"])
    crs = Crs.BNG if entry["storage_srid"] == Crs.BNG.srid else Crs.CRS84
    shapes = transform(in_degrees, Crs.CRS84, crs)
    is_mended = mend and entry.get("mend", False)
    shapes = clean(shapes)[0] if is_mended else shapes
    start, end = _read_day(entry["valid_from"]), _read_day(entry["valid_to"])
    features = [
        NewFeature(write_id(str(each[entry["key_property"]])), shape, each, start, end)
        for each, shape in zip(properties, shapes, strict=True)
    ]
    return features, None if is_mended else Degrees(in_degrees, texts)


def _read_file(file: Path) -> tuple[list[dict[str, Any]], NDArray[Any], list[str]]:
    """Read the properties and geometries of a layer's file, which has one feature a line, and their texts."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        pairs = [_FEATURE.fullmatch(line) for line in lines if line.startswith('{"type":"Feature",')]
    if None in pairs:
        raise ValueError(f"{file} has a line that dev.demo_layer_files did not write")
    texts = [pair.groups() for pair in pairs if pair]
    shapes = [shape for _, shape in texts]
    return [json.loads(text) for text, _ in texts], read_shapes(shapes), shapes


def _read_day(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=_LOCAL)


async def load_layer(database: Database, entry: Mapping[str, Any], *, mend: bool = True) -> bool:
    """Create and publish a layer unless it is published. Return whether it was not yet."""
    council = find_owner(entry)
    async with database.writing(council) as session:
        layer = await layers.find_layer(session, council, entry["name"])
        if layer is not None and layer.version > 0:
            return False
        if layer is None:
            layer = await layers.create_layer(session, council, _CAUSE.actor, make_values(entry))
        features, degrees = await asyncio.to_thread(_read_layer, entry, mend=mend)
        async with publication(session, layer.id, _CAUSE) as change:
            for first in range(0, len(features), _BATCH):
                part = slice(first, first + _BATCH)
                in_degrees = (
                    None if degrees is None else Degrees(degrees.geometries[part], degrees.texts[part])
                )
                await change.put(await asyncio.to_thread(make_states, layer, features[part], in_degrees))
    return True


async def load_layers(database: Database, entries: Sequence[Mapping[str, Any]]) -> int:
    """Create and publish layers, the largest first, others beside them. Return how many were not there."""
    free = asyncio.Semaphore(_BESIDE)

    async def load(entry: Mapping[str, Any]) -> bool:
        async with free:
            return await load_layer(database, entry)

    by_size = sorted(entries, key=lambda each: (FOLDER / each["file"]).stat().st_size, reverse=True)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(load(entry)) for entry in by_size]
    return sum(task.result() for task in tasks)


async def main(choice: str) -> None:
    """Load all layers, the small ones alone for ``small``."""
    database = Database(Settings(), "mapping-demonstration", rows_secured=True)
    entries = [each for each in list_entries() if choice == "full" or each["name"] not in LARGE]
    try:
        loaded = await load_layers(database, entries)
    finally:
        await database.close()
    print(json.dumps({"layers": len(entries), "loaded": loaded}))


if __name__ == "__main__":
    asyncio.run(main(os.environ.get("DEMO_MAPS", "full")))
