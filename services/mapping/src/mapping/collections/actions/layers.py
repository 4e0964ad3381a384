"""Layers: created, read and changed. What they hold is changed by ``publication`` alone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from chassis import clock, ids
from chassis.database import ReadSession, Session
from chassis.problems import Problem, not_found
from mapping.collections.rules.layers import Layer, Property, make_layer
from mapping.collections.store import layers as store


async def create_layer(session: Session, council: str, actor: str, values: Mapping[str, Any]) -> Layer:
    """Create a draft of a layer; ``values`` has every column that a person decides. Raises Problem 409."""
    row = {
        **_to_columns(values),
        "id": ids.new(),
        "council": council,
        "status": "draft",
        "version": 0,
        "feature_count": 0,
        "extent": None,
        "valid_since": None,
        "valid_until": None,
        "updated_by": actor,
        "changed_at": clock.now(),
    }
    try:
        await store.insert_layer(session, row)
    except IntegrityError as error:
        detail = f"This council has a layer named {row['name']}. Choose another name, or load into that one."
        raise Problem(409, "layer-name-taken", detail) from error
    return await lock_layer(session, row["id"])


async def get_layer(session: ReadSession, council: str, name: str) -> Layer:
    """Get a layer by its name. Raises Problem 404."""
    layer = await find_layer(session, council, name)
    if layer is None:
        raise not_found(f"layer {name} of this council")
    return layer


async def find_layer(session: ReadSession, council: str, name: str) -> Layer | None:
    """Get a layer by its name, if there is one."""
    row = await store.get_layer(session, council, name)
    return None if row is None else make_layer(row)


async def lock_layer(session: Session, layer: UUID) -> Layer:
    """Get a layer, locked until the transaction ends. Raises Problem 404 if its council has none such."""
    row = await store.lock_layer(session, layer)
    if row is None:
        raise not_found("layer")
    return make_layer(row)


async def list_layers(session: ReadSession, council: str, after: str, most: int) -> list[Layer]:
    """List layers of a council, of every status, by their names."""
    rows = await store.list_layers(session, council, after, most)
    return [make_layer(row) for row in rows]


async def list_changed(session: ReadSession, since: datetime) -> list[Layer]:
    """List the layers of all councils that changed at a moment or later."""
    return [make_layer(row) for row in await store.list_changed(session, since)]


async def change_layer(session: Session, layer: Layer, actor: str, values: Mapping[str, Any]) -> Layer:
    """Change what is known of a locked layer: its title, licence, audience, style, status ..."""
    columns = {
        **_to_columns(values),
        "version": layer.version + 1,
        "updated_by": actor,
        "changed_at": clock.now(),
    }
    await store.update_layer(session, layer.id, columns)
    return await lock_layer(session, layer.id)


async def list_versions(session: ReadSession, layer: UUID, before: int, most: int) -> list[Row[Any]]:
    """List a layer's versions before one (``STILL`` for all), latest first: cause, actor, reason, counts."""
    return list(await store.list_versions(session, layer, before, most))


async def get_version(session: ReadSession, layer: UUID, version: int) -> Row[Any] | None:
    """Get a version of a layer at which its features changed."""
    return await store.get_version(session, layer, version)


def _to_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    columns = dict(values)
    if "properties" in columns:
        columns["properties"] = [Property(*each)._asdict() for each in columns["properties"]]
    return columns
