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


async def find_council(session: ReadSession, url_slug: str, upstream_id: UUID) -> str:
    """Find the council of an upstream by the slug in its URLs, which is older than a merge of councils.

    The session sees that council afterwards. Answers ``url_slug`` for an upstream that is not there.
    """
    await session.set_all_councils()
    council = await store.find_council(session, url_slug, upstream_id) or url_slug
    await session.set_council(council)
    return council


async def list_enabled(session: ReadSession, council: str, audience: str) -> list[Upstream]:
    """List the enabled upstreams for ``residents`` or ``staff``, in order of registration."""
    return await store.list_enabled(session, council, audience)


async def list_removed(session: ReadSession, council: str, since: datetime) -> Sequence[Row[Any]]:
    """List the titles of upstreams removed since that had links, unless one of this title is there again."""
    return await store.list_removed(session, council, since)


async def list_councils(session: ReadSession) -> Sequence[str]:
    """List the councils with an enabled upstream for residents. The session must see every council."""
    return await store.list_councils(session)


def build_jwks_uri(settings: Settings, upstream: Upstream) -> str:
    """Build the URL where the provider finds our keys."""
    return f"{_build_url(settings, upstream)}/jwks.json"


def build_logout_uri(settings: Settings, upstream: Upstream) -> str:
    """Build the URL to which the provider sends logout tokens."""
    return f"{_build_url(settings, upstream)}/logout"


def build_redirect_uri(settings: Settings, upstream: Upstream) -> str:
    """Build the URL of the callback. Each upstream has its own, so that responses cannot be mixed up."""
    return f"{_build_url(settings, upstream)}/callback"


def _build_url(settings: Settings, upstream: Upstream) -> str:
    """Build the part its URLs share. It has the slug under which the provider has them on file."""
    return f"{settings.issuer}upstream/{upstream.url_slug}/{ids.show(upstream.id)}"
