"""Reads what is published. A bundle is parsed once a process, since its digest says all that it holds."""

from functools import lru_cache
from uuid import UUID

from apps.recipes.bundle import Bundle, load_bundle
from chassis.database import ReadSession
from chassis.problems import not_found
from resident.publication import store


async def list_live(session: ReadSession, council: str) -> list[Bundle]:
    """List a council's services as they are published."""
    return [_read(row.content) for row in await store.list_live(session, council)]


async def get_live(session: ReadSession, council: str, service: str) -> Bundle:
    """Get a service as it is published. Raises Problem (404)."""
    row = await store.find_live(session, council, service)
    if row is None:
        raise not_found("such service")
    return _read(row.content)


async def get_bundle(session: ReadSession, council: str, bundle_id: UUID) -> Bundle:
    """Get a bundle, live or not: a draft keeps to the one it began with. Raises Problem (404)."""
    row = await store.find_bundle(session, council, bundle_id)
    if row is None:
        raise not_found("such version of the service")
    return _read(row.content)


@lru_cache(maxsize=1024)
def _read(content: str) -> Bundle:
    """Parse a bundle, once a process."""
    return load_bundle(content)
