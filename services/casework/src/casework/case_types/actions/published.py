"""The versions that cases run by, compiled and bound to their council."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.calendar.actions.calendars import find_council_nation
from casework.case_types import store
from casework.case_types.actions.compiled import find_bound, load_bound
from casework.model.rules.case_type import BoundType
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
    return None if row is None else await _load(session, council, row)


async def list_published(session: ReadSession, council: str) -> list[PublishedVersion]:
    """List the version of each type that new cases begin with. Texts are read of those not compiled yet."""
    nation = (await find_council_nation(session, council)).value
    versions = []
    for short in await store.list_published(session, council, None, _MOST_TYPES):
        bound = find_bound(council, short.id, nation)
        if bound is not None:
            versions.append(PublishedVersion(short.id, bound))
        elif (row := await store.get_by_id(session, council, short.id)) is not None:
            versions.append(await _load(session, council, row))
    return versions


async def get_published(session: ReadSession, council: str, version: UUID) -> PublishedVersion | None:
    """Get a version by which cases run, retired or not; None for a draft, or if there is none."""
    row = await store.get_by_id(session, council, version)
    return None if row is None or row.state == "draft" else await _load(session, council, row)


async def get_versions(
    session: ReadSession, council: str, versions: Collection[UUID]
) -> dict[UUID, BoundType]:
    """Get the versions that listed cases run by. Texts are read of those not compiled yet."""
    if not versions:
        return {}
    nation = (await find_council_nation(session, council)).value
    types = {}
    for version in sorted(versions):
        bound = find_bound(council, version, nation)
        if bound is None and (row := await store.get_by_id(session, council, version)) is not None:
            bound = (await _load(session, council, row)).bound
        if bound is not None:
            types[version] = bound
    return types


async def _load(session: ReadSession, council: str, row: Row[Any]) -> PublishedVersion:
    nation = await find_council_nation(session, council)
    return PublishedVersion(row.id, await load_bound(council, row, nation.value))
