"""Publish the demonstration's map layers by mapping's own actions. It may run again: what is there stays."""

import asyncio
import gzip
import json
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import shapely

from chassis.database import Database
from dev.state import ROOT
from mapping.collections.actions import layers
from mapping.collections.actions.publication import Cause, publication
from mapping.collections.rules.states import NewFeature, make_states
from mapping.settings import Settings
from mapping.shared.coordinates import Crs, transform
from mapping.shared.councils import NATIONAL
from mapping.shared.geometry import clean

FOLDER = ROOT / "dev" / "data" / "mapping"
LARGE = {"gb-wards"}  # not in a small demonstration
_BATCH = 2_000
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
    with gzip.open(FOLDER / entry["file"]) as file:
        text = file.read().decode()
    features = json.loads(text)["features"]
    shapes = shapely.get_parts(shapely.from_geojson(text))  # a quarter of the time of one by one
    crs = Crs.BNG if entry["storage_srid"] == Crs.BNG.srid else Crs.CRS84
    shapes = transform(shapes, Crs.CRS84, crs)
    shapes = clean(shapes)[0] if mend else shapes
    start, end = _read_day(entry["valid_from"]), _read_day(entry["valid_to"])
    return [
        NewFeature(str(each["properties"][entry["key_property"]]), shape, each["properties"], start, end)
        for each, shape in zip(features, shapes, strict=True)
    ]


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
        features = await asyncio.to_thread(read_features, entry, mend=mend)
        async with publication(session, layer.id, _CAUSE) as change:
            for first in range(0, len(features), _BATCH):
                batch = features[first : first + _BATCH]
                await change.put(await asyncio.to_thread(make_states, layer, batch))
    return True


async def main(choice: str) -> None:
    """Load all layers, the small ones alone for ``small``."""
    database = Database(Settings(), "mapping-demonstration", rows_secured=True)
    entries = [each for each in list_entries() if choice == "full" or each["name"] not in LARGE]
    try:
        loaded = [await load_layer(database, entry) for entry in entries]
    finally:
        await database.close()
    print(json.dumps({"layers": len(entries), "loaded": sum(loaded)}))


if __name__ == "__main__":
    asyncio.run(main(os.environ.get("DEMO_MAPS", "full")))
