"""Reads of layers and their features, for one audience: in memory where a layer fits, else in PostgreSQL."""

from typing import NamedTuple

import numpy

from chassis.database import Database
from chassis.problems import not_found
from mapping.collections.actions import features
from mapping.collections.rules.layers import Audience, Layer
from mapping.features.actions import database as large
from mapping.features.actions import memory
from mapping.features.actions.searches import Page, Search
from mapping.shared.coordinates import Crs
from mapping.snapshots.actions import Snapshots, TooLargeError


class Item(NamedTuple):
    """A feature as GeoJSON without its closing brace, and its entity tag's text."""

    body: bytes
    etag: str


def list_layers(snapshots: Snapshots, council: str, audience: Audience) -> list[Layer]:
    """List the published layers that an audience may see, by name."""
    return [layer for layer in snapshots.layers(council) if layer.visible_to(audience)]


def get_layer(snapshots: Snapshots, council: str, name: str, audience: Audience) -> Layer:
    """Get a published layer. Raises Problem 404, also for one that this audience may not see."""
    layer = snapshots.layer(council, name)
    if layer is None or not layer.visible_to(audience):
        raise not_found("collection of this name")
    return layer


async def search(
    snapshots: Snapshots, database: Database, layer: Layer, query: Search, audience: Audience
) -> Page:
    """Find a page of features. Raises FilterError for a filter that takes too long."""
    try:
        snapshot = await snapshots.get(layer)
    except TooLargeError:
        return await large.search(database, layer, query, audience)
    return await memory.search(snapshots, snapshot, query, audience)


async def get_item(
    snapshots: Snapshots, database: Database, layer: Layer, fid: str, crs: Crs, audience: Audience
) -> Item:
    """Get a feature by its id. Raises Problem 404."""
    try:
        snapshot = await snapshots.get(layer)
    except TooLargeError:
        async with database.reading(layer.council) as session:
            feature = await features.get_feature(session, layer.id, fid)
        if feature is None:
            raise not_found("feature of this id") from None
        return Item(large.write(layer, [feature], crs, audience)[0], feature.etag)
    row = snapshot.by_fid.get(fid)
    if row is None:
        raise not_found("feature of this id")
    bodies = await memory.write(snapshots, snapshot, numpy.array([row]), crs, audience)
    return Item(bodies[0], snapshot.arrays.etags[row])
