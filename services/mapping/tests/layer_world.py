"""Layers for tests: created and published through the actions that the service itself uses."""

import shapely
from sqlalchemy import text

from mapping.collections.actions import layers
from mapping.collections.actions.publication import Cause, publication
from mapping.collections.rules.states import NewFeature, make_states

GRIT_BINS = {
    "name": "grit-bins",
    "title": "Grit bins",
    "description": "Yellow boxes with grit for icy roads.",
    "kind": "assets",
    "geometry_type": "Point",
    "storage_srid": 27700,
    "keeper": "Highways",
    "licence": "Open Government Licence v3.0",
    "licence_url": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    "attribution": "Contains OS data (c) Crown copyright and database right",
    "vintage": "October 2017",
    "source_url": "",
    "synthetic": False,
    "audience": "public",
    "properties": [
        ("ref", "Number", "string", "public", True, ()),
        ("site", "Where it stands", "string", "public", False, ()),
        ("key_code", "Code of its lock", "string", "staff", False, ()),
    ],
    "key_property": "ref",
    "label_property": "site",
    "code_property": "",
    "area_type": "",
    "locking": "optional",
    "style": {},
}
WARDS = {
    **GRIT_BINS,
    "name": "wards",
    "title": "Wards",
    "description": "Areas that elect councillors.",
    "kind": "areas",
    "geometry_type": "Polygon",
    "properties": [
        ("code", "GSS code", "string", "public", True, ()),
        ("name", "Name", "string", "public", True, ()),
    ],
    "key_property": "code",
    "label_property": "name",
    "code_property": "code",
    "area_type": "UTW",
}
CAUSE = Cause("load", "a-person", "first load")
EDIT = CAUSE._replace(kind="edit", reason="it was hit by a lorry")


def bin_at(number, easting, northing, **properties):
    """A grit bin, by metres of the National Grid."""
    values = {"ref": f"GB-{number}", "site": f"Site {number}", "key_code": "4711", **properties}
    return NewFeature(f"GB-{number}", shapely.Point(easting, northing), values)


def square(code, west, south, size=1_000):
    """A ward that is a square, by its south-western corner, in metres."""
    shape = shapely.box(west, south, west + size, south + size)
    return NewFeature(code, shape, {"code": code, "name": f"Ward {code}"})


async def publish(database, council, values, features, cause=CAUSE):
    """Load features into a layer, which is created if it is not there."""
    async with database.writing(council) as session:
        layer = await layers.find_layer(session, council, values["name"])
        if layer is None:
            layer = await layers.create_layer(session, council, "a-person", values)
        async with publication(session, layer.id, cause) as change:
            await change.put(make_states(layer, features))
    return await read(database, council, values["name"])


async def remove(database, layer, *fids, cause=EDIT):
    """Take features off a layer."""
    async with database.writing(layer.council) as session, publication(session, layer.id, cause) as change:
        await change.remove(fids)
    return await read(database, layer.council, layer.name)


async def read(database, council, name):
    """Read a layer as it is now."""
    async with database.reading(council) as session:
        return await layers.get_layer(session, council, name)


async def clear(database):
    """Forget all layers and events that the tests before left behind."""
    async with database.writing("*") as session:
        for table in ("outbox", "layer_load", "feature", "collection_version", "collection"):
            await session.execute(text(f"DELETE FROM {table}"))
