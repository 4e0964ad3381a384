"""The versions that cases run by, compiled and bound to their council."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from casework.calendar.actions.calendars import find_gss, read_nation
from casework.case_types import store
from casework.case_types.actions.compiled import find_bound, load_bound
from casework.model.rules.case_type import BoundType
from chassis import ids
from chassis.database import ReadSession

_MOST_TYPES = 500


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A version of a case type: its id, which cases keep, and the type bound to the council."""

    id: UUID
    bound: BoundType


async def find_published(session: ReadSession, council: str, code: str) -> PublishedVersion | None:
    """Find the version that new cases of a type begin with; None if nothing is published."""
    row = await store.find_published(session, council, code)
    return None if row is None else await _load(session, council, row.id, row.gss)


async def find_numbered(
    session: ReadSession, council: str, code: str, number: str
) -> PublishedVersion | None:
    """Find a version by its number; None for a draft, or if there is none."""
    row = await store.get_version(session, council, code, number)
    if row is None or row.state == "draft":
        return None
    return await _load(session, council, row.id, await find_gss(session, council))


async def list_published(session: ReadSession, council: str) -> list[PublishedVersion]:
    """List the version of each type that new cases begin with. Texts are read of those not compiled yet."""
    gss = await find_gss(session, council)
    rows = await store.list_published(session, council, None, _MOST_TYPES)
    return [await _load(session, council, row.id, gss) for row in rows]


async def get_published(session: ReadSession, council: str, version: UUID) -> PublishedVersion | None:
    """Get a version by which cases run, retired or not; None for a draft, or if there is none.

    One in memory is not asked for again. Should an operator move a council to another nation, the next case
    that is opened by the version sees to it.
    """
    bound = find_bound(council, version)
    if bound is not None:
        return PublishedVersion(version, bound)
    row = await store.find_state(session, council, version)
    return None if row is None or row.state == "draft" else await _load(session, council, version, row.gss)


async def get_versions(
    session: ReadSession, council: str, versions: Collection[UUID]
) -> dict[UUID, BoundType]:
    """Get the versions that listed cases run by. Texts are read of those not compiled yet."""
    types = {}
    for version in sorted(versions):
        published = await get_published(session, council, version)
        if published is not None:
            types[version] = published.bound
    return types


async def _load(session: ReadSession, council: str, version: UUID, gss: str | None) -> PublishedVersion:
    """Load a version from memory, or its text: what was published never changes. Raises Problem 409."""
    nation = read_nation(council, gss).value
    bound = find_bound(council, version)
    if bound is None or bound.nation != nation:
        row = await store.get_by_id(session, council, version)
        if row is None:
            raise LookupError(f"version {ids.show(version)} is gone")
        bound = await load_bound(council, row, nation)
    return PublishedVersion(version, bound)
