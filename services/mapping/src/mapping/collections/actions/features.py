"""Features read from PostgreSQL: one, a page, a box, those of a version, and a feature's history.

Layers that fit are read from memory (``mapping.snapshots``); these reads are for what is too large for it,
for writing, and for the past.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import shapely
from sqlalchemy import Row

from chassis.database import ReadSession
from mapping.collections.rules.layers import Extent
from mapping.collections.store import features as store
from mapping.collections.tables import STILL


@dataclass(frozen=True, slots=True)
class Feature:
    """A state of a feature as its row has it. ``geojson_storage`` is that of its storage CRS."""

    number: int
    fid: str
    version: int
    ended: int
    wkb: bytes | None
    bbox: Extent | None
    properties: Mapping[str, Any]
    geojson: str
    geojson_storage: str
    valid_from: datetime | None
    valid_to: datetime | None
    etag: str

    @property
    def geometry(self) -> shapely.Geometry | None:
        """Return its geometry in the layer's storage CRS."""
        return None if self.wkb is None else shapely.from_wkb(self.wkb)

    @property
    def is_current(self) -> bool:
        """Check whether it is so now."""
        return self.ended == STILL


@dataclass(frozen=True, slots=True)
class FeatureRecord:
    """A state with who wrote it and why. ``is_deletion``: from then on there was none."""

    feature: Feature
    actor: str
    reason: str
    created_at: datetime

    @property
    def is_deletion(self) -> bool:
        """Check whether the feature was deleted with this version."""
        return self.feature.ended == self.feature.version


def make_feature(row: Row[Any]) -> Feature:
    """Make a feature of a row of the store."""
    bbox = None if row.west is None else Extent(row.west, row.south, row.east, row.north)
    return Feature(
        row.number,
        row.fid,
        row.version,
        row.ended,
        row.wkb,
        bbox,
        row.properties,
        row.geojson,
        row.geojson_storage or row.geojson,
        row.valid_from,
        row.valid_to,
        row.etag,
    )


async def list_current(session: ReadSession, layer: UUID) -> Sequence[Row[Any]]:
    """List the rows of all current features, by number: for those who keep them in memory."""
    return await store.list_current(session, layer)


async def list_since(session: ReadSession, layer: UUID, version: int) -> Sequence[Row[Any]]:
    """List the rows of states that began after a version, and of those of it that have ended."""
    return await store.list_since(session, layer, version)


async def measure_size(session: ReadSession, layer: UUID) -> int:
    """Measure the bytes of a layer's current geometry."""
    return await store.measure_size(session, layer)


async def list_texts(
    session: ReadSession, layer: UUID, versions: tuple[int, int], after: int, most: int
) -> Sequence[Row[Any]]:
    """List the rows of GeoJSON and properties of a version's states that are newer than another version.

    ``versions``: the older one (0: all states) and the version itself.
    """
    return await store.list_texts(session, layer, versions, after, most)


async def list_after(session: ReadSession, layer: UUID, after: int, most: int) -> list[Feature]:
    """List current features after a number."""
    return [make_feature(row) for row in await store.list_after(session, layer, after, most)]


async def list_in_box(
    session: ReadSession, layer: UUID, box: tuple[float, float, float, float], after: int, most: int
) -> list[Feature]:
    """List current features after a number whose boxes meet a box (west, south, east, north; degrees)."""
    return [make_feature(row) for row in await store.list_in_box(session, layer, box, after, most)]


async def count_in_box(
    session: ReadSession, layer: UUID, box: tuple[float, float, float, float], most: int
) -> int:
    """Count current features whose boxes meet a box, up to ``most``."""
    return await store.count_in_box(session, layer, box, most)


class Matching(NamedTuple):
    """A condition of ours on the columns of ``feature``, with its values.

    ``by_place``: few features meet it, and all in a box: they are found by the box's index.
    """

    condition: str
    parameters: Mapping[str, Any]
    by_place: bool = False


async def list_matching(
    session: ReadSession, layer: UUID, matching: Matching, after: int, most: int
) -> list[Feature]:
    """List current features after a number that meet a condition."""
    values = {**matching.parameters, "after": after, "most": most}
    rows = await store.list_matching(session, layer, matching.condition, values, by_place=matching.by_place)
    return [make_feature(row) for row in rows]


async def count_matching(session: ReadSession, layer: UUID, matching: Matching, most: int) -> int:
    """Count current features that meet a condition, up to ``most``."""
    return await store.count_matching(
        session, layer, matching.condition, {**matching.parameters, "most": most}
    )


async def get_feature(session: ReadSession, layer: UUID, fid: str) -> Feature | None:
    """Get a feature as it is."""
    row = await store.get_current(session, layer, fid)
    return None if row is None else make_feature(row)


async def get_by_number(session: ReadSession, number: int) -> tuple[UUID, Feature] | None:
    """Get a feature as it is by its number, with the id of its layer."""
    row = await store.get_by_number(session, number)
    return None if row is None else (row.collection, make_feature(row))


async def list_history(
    session: ReadSession, layer: UUID, fid: str, before: int, most: int
) -> list[FeatureRecord]:
    """List a feature's states before a version (``STILL`` for all), latest first."""
    rows = await store.list_states(session, layer, fid, before, most)
    return [FeatureRecord(make_feature(row), row.actor, row.reason, row.created_at) for row in rows]


async def list_at(session: ReadSession, layer: UUID, version: int, after: int, most: int) -> list[Feature]:
    """List the features that a layer had at a version, after a number."""
    return [make_feature(row) for row in await store.list_at(session, layer, version, after, most)]


async def list_ended_at(
    session: ReadSession, layer: UUID, version: int, after: int, most: int
) -> list[Feature]:
    """List features as they last were that a layer had before a version and has not at it, by number.

    Their ``ended`` is the version that took them off.
    """
    return [make_feature(row) for row in await store.list_ended_at(session, layer, version, after, most)]


async def list_differences(
    session: ReadSession, layer: UUID, versions: tuple[int, int], after: int, most: int
) -> list[tuple[int, str, str]]:
    """List what differs from one version to another: number, fid, and added, deleted, moved or changed."""
    rows = await store.list_differences(session, layer, versions, after, most)
    return [(row.number, row.fid, row.change) for row in rows]
