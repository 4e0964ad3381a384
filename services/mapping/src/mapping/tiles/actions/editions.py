"""What tiles show of a layer now: its version, and since when its features are current as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from mapping.collections.rules.layers import Audience, Layer
from mapping.shared.coordinates import Crs, project
from mapping.snapshots.rules.snapshot import Snapshot
from mapping.tiles.rules.attributes import Table, make_table
from mapping.tiles.rules.bands import Base, make_base
from mapping.tiles.rules.protobuf import Integers

NEVER = 2**63 - 1
ID = "id"
"""The property of a tile's feature that has the feature's id in its layer; MVT's own ids are numbers."""


class EditionKey(NamedTuple):
    """Names an edition: ``since`` is the last moment at which a feature began or ended, 0 if none did."""

    layer: UUID
    version: int
    since: int


@dataclass(frozen=True, slots=True)
class Edition:
    """A layer's features as tiles show them from ``key.since`` until another begins or ends."""

    key: EditionKey
    layer: Layer
    until: int

    @property
    def is_lasting(self) -> bool:
        """Check whether only another version of the layer changes what is shown."""
        return self.until == NEVER

    def holds(self, version: int, moment: int) -> bool:
        """Check whether it is of a version, or a later one, and shown at a moment."""
        return self.key.version >= version and self.key.since <= moment < self.until


def microseconds(moment: datetime) -> int:
    """Give a moment in microseconds since 1970."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def find_edition(snapshot: Snapshot, moment: int) -> Edition:
    """Find the edition of a snapshot that holds at a moment."""
    arrays, alive = snapshot.arrays, snapshot.alive
    limits = np.concatenate([arrays.valid_from[alive], arrays.valid_to[alive]])
    past, future = limits[(limits <= moment) & (limits > -NEVER)], limits[limits > moment]
    since = int(past.max()) if past.size else 0
    until = int(future.min()) if future.size else NEVER
    return Edition(EditionKey(snapshot.layer.id, snapshot.version, since), snapshot.layer, until)


def list_visible(snapshot: Snapshot, moment: int) -> Integers:
    """List the entries of a snapshot that tiles show, by number."""
    order = snapshot.order
    return order[snapshot.is_current(moment)[order]]


def make_layer_base(snapshot: Snapshot, entries: Integers) -> Base:
    """Make the base of a snapshot's features: call it in a thread."""
    return to_base(snapshot.layer, snapshot.geometries[entries])


def to_base(layer: Layer, geometries: NDArray[np.object_]) -> Base:
    """Make the base of geometries in a layer's storage CRS."""
    crs = layer.storage_crs
    return make_base(geometries, layer.geometry_type, lambda pairs: project(pairs, crs, Crs.CRS84))


def make_layer_table(snapshot: Snapshot, entries: Integers, audience: Audience) -> Table:
    """Make the table of a snapshot's properties that an audience may see: call it in a thread."""
    rows = [snapshot.properties(index) for index in entries.tolist()]
    fids = [snapshot.fids[index] for index in entries.tolist()]
    return to_table(snapshot.layer, audience, fids, rows)


def to_table(
    layer: Layer, audience: Audience, fids: Sequence[str], rows: Sequence[dict[str, object]]
) -> Table:
    """Make a table of features' ids and properties."""
    names = [name for name in list_fields(layer, audience) if name != ID]
    columns: dict[str, Sequence[object]] = {ID: fids}
    columns |= {name: [row.get(name) for row in rows] for name in names}
    return make_table(columns, len(fids))


def list_fields(layer: Layer, audience: Audience) -> list[str]:
    """List the properties that a layer's tiles have for an audience; ``id`` is the feature's own."""
    names = [each.name for each in layer.visible_properties(audience)]
    return [ID, *(name for name in names if name != ID)]
