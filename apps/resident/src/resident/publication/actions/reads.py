"""Reads what is published. A bundle is parsed once a process, since its digest says all that it holds."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row

from apps.recipes.bundle import Bundle, load_bundle
from chassis.database import ReadSession
from chassis.problems import not_found
from resident.publication import store


class CaseTypeVersion(NamedTuple):
    """The version of a case type that a bundle's cases run by, and the names of its fields.

    Send ``number`` as ``case_type_version`` of ``POST cases``, and of the answers those in ``fields``.
    """

    number: str
    fields: tuple[str, ...]


async def list_live(session: ReadSession, council: str) -> list[Bundle]:
    """List a council's services as they are published."""
    return [read_bundle(row.content) for row in await store.list_live(session, council)]


async def list_live_rows(
    session: ReadSession, council: str, start: tuple[Any, ...] | None, fetch: int
) -> Sequence[Row[Any]]:
    """List a page of what is live, since when and by whom."""
    return await store.page_live(session, council, "" if start is None else str(start[0]), fetch)


async def find_live_bundle(session: ReadSession, council: str, service: str) -> Bundle | None:
    """Find a service as it is published; None before it is."""
    row = await store.find_live(session, council, service)
    return None if row is None else read_bundle(row.content)


async def get_live(session: ReadSession, council: str, service: str) -> Bundle:
    """Get a service as it is published. Raises Problem (404)."""
    return read_bundle((await get_live_row(session, council, service)).content)


async def get_live_row(session: ReadSession, council: str, service: str) -> Row[Any]:
    """Get what a service shows, since when and by whom. Raises Problem (404)."""
    row = await store.find_live(session, council, service)
    if row is None:
        raise not_found("such service")
    return row


async def get_bundle(session: ReadSession, council: str, bundle_id: UUID) -> Bundle:
    """Get a bundle, live or not: a draft keeps to the one it began with. Raises Problem (404)."""
    return read_bundle((await get_bundle_row(session, council, bundle_id)).content)


async def find_case_type(session: ReadSession, council: str, bundle: Bundle) -> CaseTypeVersion | None:
    """Find the version of its case type that a bundle was prepared for; None if it was not."""
    row = await store.find_by_digest(session, council, bundle.service, bundle.digest)
    if row is None or not row.case_number:
        return None
    return CaseTypeVersion(row.case_number, tuple(row.case_fields))


async def get_bundle_row(session: ReadSession, council: str, bundle_id: UUID) -> Row[Any]:
    """Get a bundle with who sent it and what it was prepared for. Raises Problem (404)."""
    row = await store.find_bundle(session, council, bundle_id)
    if row is None:
        raise not_found("such version of the service")
    return row


async def list_history(
    session: ReadSession, council: str, service: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List what was published of a service, the latest first."""
    return await store.list_history(session, council, service, after, fetch)


@lru_cache(maxsize=1024)
def read_bundle(content: str) -> Bundle:
    """Parse a bundle, once a process."""
    return load_bundle(content)
