"""SQL of our own keys, with which we authenticate at upstreams."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, update

from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from identity.upstreams.tables import upstream_key

_NOW = bindparam("now", type_=upstream_key.c.created_at.type)
_PUBLISHED = (
    select(upstream_key)
    .where(
        upstream_key.c.council == bindparam("council_"),
        upstream_key.c.retired_at.is_(None) | (upstream_key.c.retired_at > _NOW),
    )
    .order_by(upstream_key.c.signs_from, upstream_key.c.kid)
)
_KEYS = _PUBLISHED.where(upstream_key.c.upstream == bindparam("id_"))
_ADD = insert(upstream_key)
_RETIRE = (
    update(upstream_key)
    .where(
        upstream_key.c.council == bindparam("council_"),
        upstream_key.c.upstream == bindparam("id_"),
        upstream_key.c.retired_at.is_(None) | (upstream_key.c.retired_at > bindparam("at")),
    )
    .values(retired_at=bindparam("at"))
)
_PURGE = delete_batch(upstream_key, upstream_key.c.retired_at < _NOW)


async def list_keys(
    session: ReadSession, council: str, upstream_id: UUID, now: datetime
) -> Sequence[Row[Any]]:
    """List the published keys of an upstream, in the order in which they sign."""
    return await session.all(_KEYS, {"council_": council, "id_": upstream_id, "now": now})


async def list_all_keys(session: ReadSession, council: str, now: datetime) -> Sequence[Row[Any]]:
    """List the published keys of all the council's upstreams, in the same order."""
    return await session.all(_PUBLISHED, {"council_": council, "now": now})


async def insert_key(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """Add a key."""
    await session.execute(_ADD, {**values, "council": council, "retired_at": None})


async def retire_keys(session: Session, council: str, upstream_id: UUID, at: datetime) -> None:
    """Publish the existing keys until ``at`` and no longer."""
    await session.execute(_RETIRE, {"council_": council, "id_": upstream_id, "at": at})


async def purge_keys(session: Session, now: datetime, most: int) -> int:
    """Delete a batch of the keys that are no longer published. The session sees every council."""
    return await session.execute(_PURGE, {"now": now, "most": most})
