"""Statements of bundles, of what is live, and of who published it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import ReadSession, Session
from resident.publication.tables import bundle, live_service, publication

_B, _L, _P = bundle.c, live_service.c, publication.c
_IS_LIVE = (_B.council == _L.council) & (_B.id == _L.bundle)
_LIST_LIVE = (
    select(
        *(_L.service, _L.published_at, _L.published_by, _L.version, _L.bundle_before),
        *(_B.id, _B.content, _B.digest, _B.case_number),
    )
    .join_from(live_service, bundle, _IS_LIVE)
    .where(_L.council == bindparam("council"))
    .order_by(_L.service)
)
_PAGE_LIVE = _LIST_LIVE.where(_L.service > bindparam("after")).limit(bindparam("most"))
_FIND_LIVE = _LIST_LIVE.where(_L.service == bindparam("service"))
_FIND_BUNDLE = select(bundle).where(_B.council == bindparam("council"), _B.id == bindparam("id"))
_FIND_BY_DIGEST = select(bundle).where(
    _B.council == bindparam("council"),
    _B.service == bindparam("service"),
    _B.digest == bindparam("digest"),
)
_KEEP = upsert(bundle).on_conflict_do_nothing(index_elements=["council", "service", "digest"])
_PREPARED = (
    update(bundle)
    .where(_B.council == bindparam("council_"), _B.id == bindparam("id_"))
    .values(case_number=bindparam("number_"), case_fields=bindparam("fields_", type_=_B.case_fields.type))
)
_FIRST = upsert(live_service).on_conflict_do_nothing()
_FLIP = (
    update(live_service)
    .where(
        _L.council == bindparam("council_"),
        _L.service == bindparam("service_"),
        _L.version == bindparam("version_"),
    )
    .values(
        bundle=bindparam("bundle_", type_=_L.bundle.type),
        bundle_before=_L.bundle,
        published_at=bindparam("at_", type_=_L.published_at.type),
        published_by=bindparam("by_"),
        version=_L.version + 1,
    )
)
_RECORD = insert(publication)
_HISTORY = (
    select(publication)
    .where(_P.council == bindparam("council"), _P.service == bindparam("service"))
    .order_by(_P.id.desc())
    .limit(bindparam("most"))
)
_HISTORY_AFTER = _HISTORY.where(_P.id < bindparam("after", type_=_P.id.type))


async def list_live(session: ReadSession, council: str) -> Sequence[Row[Any]]:
    """List what a council has published, by service."""
    return await session.all(_LIST_LIVE, {"council": council})


async def page_live(session: ReadSession, council: str, after: str, most: int) -> Sequence[Row[Any]]:
    """List what a council has published after a service, by service."""
    return await session.all(_PAGE_LIVE, {"council": council, "after": after, "most": most})


async def find_live(session: ReadSession, council: str, service: str) -> Row[Any] | None:
    """Find what a service of a council shows."""
    return await session.first(_FIND_LIVE, {"council": council, "service": service})


async def find_bundle(session: ReadSession, council: str, bundle_id: UUID) -> Row[Any] | None:
    """Find a bundle, live or not."""
    return await session.first(_FIND_BUNDLE, {"council": council, "id": bundle_id})


async def find_by_digest(session: ReadSession, council: str, service: str, digest: str) -> Row[Any] | None:
    """Find the bundle of a service that holds this."""
    return await session.first(_FIND_BY_DIGEST, {"council": council, "service": service, "digest": digest})


async def keep_bundle(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """Keep a bundle; one of the same content stays, with who sent it first."""
    await session.execute(_KEEP, {**values, "council": council})


async def set_prepared(
    session: Session, council: str, bundle_id: UUID, number: str, fields: Sequence[str]
) -> None:
    """Say which version of its case type a bundle was prepared for."""
    values = {"council_": council, "id_": bundle_id, "number_": number, "fields_": list(fields)}
    await session.execute(_PREPARED, values)


async def flip(session: Session, council: str, version: int, values: Mapping[str, Any]) -> bool:
    """Show another bundle, if the service is still at this version; 0: nothing is shown yet."""
    if not version:
        row = {**values, "council": council, "bundle_before": None, "version": 1}
        return bool(await session.execute(_FIRST, row))
    parameters = {"service": "service_", "bundle": "bundle_", "published_at": "at_", "published_by": "by_"}
    row = {parameters[name]: value for name, value in values.items()}
    return bool(await session.execute(_FLIP, {**row, "council_": council, "version_": version}))


async def record(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """Record who published what, when."""
    await session.execute(_RECORD, {**values, "council": council})


async def list_history(
    session: ReadSession, council: str, service: str, after: UUID | None, most: int
) -> Sequence[Row[Any]]:
    """List what was published of a service, the latest first."""
    values = {"council": council, "service": service, "most": most}
    if after is None:
        return await session.all(_HISTORY, values)
    return await session.all(_HISTORY_AFTER, {**values, "after": after})
