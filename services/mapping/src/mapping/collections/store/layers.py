"""Statements of layers and their versions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Row, bindparam, insert, select, text, update

from chassis.database import ReadSession, Session
from mapping.collections.tables import collection, collection_version

_C, _V = collection.c, collection_version.c
_INSERT = insert(collection)
_GET = select(collection).where(_C.council == bindparam("council"), _C.name == bindparam("name"))
_LOCK = select(collection).where(_C.id == bindparam("id")).with_for_update()
_OF_COUNCIL = (
    select(collection)
    .where(_C.council == bindparam("council"), _C.name > bindparam("after"))
    .order_by(_C.name)
    .limit(bindparam("most"))
)
# Moments of commits are not in the order of `changed_at`: readers ask again for the last half minute.
_CHANGED = select(collection).where(_C.changed_at >= bindparam("since", type_=DateTime(timezone=True)))
_INSERT_VERSION = insert(collection_version)
_VERSIONS = (
    select(collection_version)
    .where(_V.collection == bindparam("collection"), _V.version < bindparam("before"))
    .order_by(_V.version.desc())
    .limit(bindparam("most"))
)
_VERSION = select(collection_version).where(
    _V.collection == bindparam("collection"), _V.version == bindparam("version")
)
_MEASURE = text("""SELECT count(*) AS feature_count, CASE WHEN count(bbox) > 0
        THEN ARRAY[min((bbox[1])[0]), min((bbox[1])[1]), max((bbox[0])[0]), max((bbox[0])[1])] END AS extent,
        CASE WHEN count(*) = count(valid_from) THEN min(valid_from) END AS valid_since,
        CASE WHEN count(*) = count(valid_to) THEN max(valid_to) END AS valid_until
    FROM feature WHERE collection = :id AND ended = 2147483647""")
_NOTIFY = text("SELECT pg_notify('mapping_collection', '')")


async def insert_layer(session: Session, values: Mapping[str, Any]) -> None:
    """Write a new layer. Raises IntegrityError if the council has one of its name."""
    await session.execute(_INSERT, values)
    await session.first(_NOTIFY)


async def get_layer(session: ReadSession, council: str, name: str) -> Row[Any] | None:
    """Get a layer of a council by its name."""
    return await session.first(_GET, {"council": council, "name": name})


async def lock_layer(session: Session, layer: UUID) -> Row[Any] | None:
    """Get a layer, locked: whoever changes its features holds this lock."""
    return await session.first(_LOCK, {"id": layer})


async def update_layer(session: Session, layer: UUID, values: Mapping[str, Any]) -> None:
    """Change a locked layer, and tell the processes that keep it in memory."""
    await session.execute(update(collection).where(_C.id == layer).values(**values))
    await session.first(_NOTIFY)


async def measure(session: Session, layer: UUID) -> dict[str, Any]:
    """Count a layer's current features, and find their extent in space and time."""
    row = await session.first(_MEASURE, {"id": layer})
    return {} if row is None else dict(row._mapping)  # noqa: SLF001 - a Row's documented view as a mapping


async def list_layers(session: ReadSession, council: str, after: str, most: int) -> Sequence[Row[Any]]:
    """List layers of a council, by their names."""
    return await session.all(_OF_COUNCIL, {"council": council, "after": after, "most": most})


async def list_changed(session: ReadSession, since: datetime) -> Sequence[Row[Any]]:
    """List the layers of all councils that changed at a moment or later."""
    return await session.all(_CHANGED, {"since": since})


async def insert_version(session: Session, values: Mapping[str, Any]) -> None:
    """Write why and how far a layer changed."""
    await session.execute(_INSERT_VERSION, values)


async def list_versions(session: ReadSession, layer: UUID, before: int, most: int) -> Sequence[Row[Any]]:
    """List the versions of a layer before one, latest first."""
    return await session.all(_VERSIONS, {"collection": layer, "before": before, "most": most})


async def get_version(session: ReadSession, layer: UUID, version: int) -> Row[Any] | None:
    """Get a version of a layer."""
    return await session.first(_VERSION, {"collection": layer, "version": version})
