"""Registered upstreams as the API shows them, and the record of what was done to each."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import audit, clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import not_found
from identity.settings import Settings
from identity.upstreams.actions import upstreams
from identity.upstreams.rules.upstream import Upstream
from identity.upstreams.schemas import Upstream as UpstreamModel
from identity.upstreams.schemas import UpstreamEvent, UpstreamKey
from identity.upstreams.store import keys as stored_keys
from identity.upstreams.store import upstreams as store

_NIL = UUID(int=0)
_NOT_RECORDED = {
    "id",
    "version",
    "created_by",
    "created_at",
    "updated_by",
    "updated_at",
    "keys",
    "redirect_uri",
    "jwks_uri",
    "backchannel_logout_uri",
}


async def get_registration(
    session: ReadSession, settings: Settings, council: str, upstream_id: UUID
) -> UpstreamModel:
    """Get an upstream as the API shows it. Raises Problem 404."""
    upstream = await store.get_upstream(session, council, upstream_id)
    if upstream is None:
        raise not_found("upstream with this id")
    return to_model(settings, upstream, await stored_keys.list_keys(session, council, upstream_id, _now()))


async def list_registrations(
    session: ReadSession, settings: Settings, council: str, after: UUID | None, fetch: int
) -> list[UpstreamModel]:
    """List the council's upstreams as the API shows them, in order of registration."""
    keys: dict[UUID, list[Row[Any]]] = {}
    for row in await stored_keys.list_all_keys(session, council, _now()):
        keys.setdefault(row.upstream, []).append(row)
    page = await store.list_page(session, council, after or _NIL, fetch)
    return [to_model(settings, upstream, keys.get(upstream.id, ())) for upstream in page]


def to_model(settings: Settings, upstream: Upstream, keys: Iterable[Row[Any]]) -> UpstreamModel:
    """Convert an upstream with its published keys to the API's model."""
    key_models = [
        UpstreamKey(kid=row.kid, signs_from=row.signs_from, published_until=row.retired_at) for row in keys
    ]
    urls = {
        "redirect_uri": upstreams.build_redirect_uri(settings, upstream),
        "jwks_uri": upstreams.build_jwks_uri(settings, upstream),
        "backchannel_logout_uri": upstreams.build_logout_uri(settings, upstream),
    }
    members = {name: value for name, value in asdict(upstream).items() if name in UpstreamModel.model_fields}
    return UpstreamModel.model_validate(
        {**members, **urls, "scopes": list(upstream.scopes), "keys": key_models}
    )


async def list_events(
    session: ReadSession, council: str, upstream_id: UUID, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List the record of an upstream, the oldest first; a removed one's too."""
    upstream = (store.AGGREGATE, ids.show(upstream_id))
    return await audit.list_by_aggregate(session, council, *upstream, after, fetch, newest_first=False)


def to_event(row: Row[Any]) -> UpstreamEvent:
    """Convert a row of the record to the API's model."""
    return UpstreamEvent.model_validate(row, from_attributes=True)


async def record_event(
    session: Session, council: str, upstream_id: UUID, act: str, caller: Caller, changes: audit.Changes
) -> None:
    """Add an entry to the record of an upstream."""
    upstream = (store.AGGREGATE, ids.show(upstream_id))
    await audit.record(session, council, audit.by_staff(caller), act, *upstream, changes=changes)


def list_changes(before: UpstreamModel | None, after: UpstreamModel) -> dict[str, Any]:
    """List each member that has changed, with its values before and after."""
    return audit.compare(
        before.model_dump(mode="json", exclude=_NOT_RECORDED) if before else {},
        after.model_dump(mode="json", exclude=_NOT_RECORDED),
    )


def _now() -> datetime:
    return clock.now()
