"""Look up the upstreams of a council, and build their URLs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import ReadSession
from identity.settings import Settings
from identity.upstreams.rules.upstream import Upstream
from identity.upstreams.store import upstreams as store


async def get_upstream(session: ReadSession, council: str, upstream_id: UUID) -> Upstream | None:
    """Get an upstream, enabled or not."""
    return await store.get_upstream(session, council, upstream_id)


async def get_enabled(session: ReadSession, council: str, upstream_id: UUID) -> Upstream | None:
    """Get an upstream, if it is enabled."""
    upstream = await store.get_upstream(session, council, upstream_id)
    return upstream if upstream is not None and upstream.enabled else None


async def list_enabled(session: ReadSession, council: str, audience: str) -> list[Upstream]:
    """List the enabled upstreams for ``residents`` or ``staff``, in order of registration."""
    return await store.list_enabled(session, council, audience)


async def list_removed(session: ReadSession, council: str, since: datetime) -> Sequence[Row[Any]]:
    """List the titles of upstreams removed since that had links, unless one of this title is there again."""
    return await store.list_removed(session, council, since)


async def list_councils(session: ReadSession) -> Sequence[str]:
    """List the councils with an enabled upstream for residents. The session must see every council."""
    return await store.list_councils(session)


def build_jwks_uri(settings: Settings, council: str, upstream_id: UUID) -> str:
    """Build the URL where the provider finds our keys."""
    return f"{_build_url(settings, council, upstream_id)}/jwks.json"


def build_logout_uri(settings: Settings, council: str, upstream_id: UUID) -> str:
    """Build the URL to which the provider sends logout tokens."""
    return f"{_build_url(settings, council, upstream_id)}/logout"


def build_redirect_uri(settings: Settings, council: str, upstream_id: UUID) -> str:
    """Build the URL of the callback. Each upstream has its own, so that responses cannot be mixed up."""
    return f"{_build_url(settings, council, upstream_id)}/callback"


def _build_url(settings: Settings, council: str, upstream_id: UUID) -> str:
    return f"{settings.issuer}upstream/{council}/{ids.show(upstream_id)}"
