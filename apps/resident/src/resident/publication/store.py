"""Statements of bundles and of what is live."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select

from chassis.database import ReadSession
from resident.publication.tables import bundle, live_service

_B, _L = bundle.c, live_service.c
_IS_LIVE = (_B.council == _L.council) & (_B.id == _L.bundle)
_LIST_LIVE = (
    select(_L.service, _B.id, _B.content)
    .join_from(live_service, bundle, _IS_LIVE)
    .where(_L.council == bindparam("council"))
    .order_by(_L.service)
)
_FIND_LIVE = _LIST_LIVE.where(_L.service == bindparam("service"))
_FIND_BUNDLE = select(_B.service, _B.id, _B.content).where(
    _B.council == bindparam("council"), _B.id == bindparam("id")
)


async def list_live(session: ReadSession, council: str) -> Sequence[Row[Any]]:
    """List what a council has published, by service."""
    return await session.all(_LIST_LIVE, {"council": council})


async def find_live(session: ReadSession, council: str, service: str) -> Row[Any] | None:
    """Find what a service of a council shows."""
    return await session.first(_FIND_LIVE, {"council": council, "service": service})


async def find_bundle(session: ReadSession, council: str, bundle_id: UUID) -> Row[Any] | None:
    """Find a bundle, live or not."""
    return await session.first(_FIND_BUNDLE, {"council": council, "id": bundle_id})
