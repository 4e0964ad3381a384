"""The ready-made bytes of a snapshot's features: a mapped file of its base, and what is newer in memory."""

import asyncio
import itertools
import tempfile
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chassis.database import Database
from mapping.collections.actions import features
from mapping.collections.rules.layers import Audience, Layer
from mapping.shared.coordinates import Crs
from mapping.snapshots.rules.feature_bytes import BytesWriter, FeatureBytes, write_feature
from mapping.snapshots.rules.snapshot import Snapshot

_BATCH = 2_000
_FOLD = 1_000  # features newer than the file, after which another file is written
_MOST_FILES = 500  # they take disk and the page cache, no memory of the process


class _Key(NamedTuple):
    layer: str
    of_storage: bool
    hidden: tuple[str, ...]  # properties that the audience may not see


@dataclass
class LayerBytes:
    """Features' GeoJSON without the closing brace, by their numbers, at a version of their layer."""

    version: int
    base_version: int
    base: FeatureBytes
    newer: dict[int, bytes] = field(default_factory=dict)

    def get_many(self, numbers: NDArray[np.int64]) -> list[bytes]:
        """Return the bytes of features that are alive in the snapshot of this version."""
        if not self.newer:
            return self.base.get_many(numbers)
        newer, base = self.newer, self.base
        return [newer.get(number) or base.get(number) for number in numbers.tolist()]


class BytesFiles:
    """The files of one process, in a folder of its own that goes when the process ends."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._folder = tempfile.TemporaryDirectory(prefix="townhall-mapping-", ignore_cleanup_errors=True)
        self._cache: OrderedDict[_Key, LayerBytes] = OrderedDict()
        self._locks: dict[_Key, asyncio.Lock] = {}
        self._serial = itertools.count()

    def close(self) -> None:
        """Remove the files."""
        self._cache.clear()
        self._folder.cleanup()

    async def get(self, snapshot: Snapshot, *, of_storage: bool, audience: Audience) -> LayerBytes:
        """Get the bytes of a snapshot's features; ``of_storage``: in the storage CRS, else in CRS84."""
        layer = snapshot.layer
        visible = {each.name for each in layer.visible_properties(audience)}
        hidden = tuple(sorted(each.name for each in layer.properties if each.name not in visible))
        key = _Key(layer.id.hex, of_storage and layer.storage_crs is not Crs.CRS84, hidden)
        cached = self._cache.get(key)
        if cached is None or cached.version < snapshot.version:
            async with self._locks.setdefault(key, asyncio.Lock()):
                cached = self._cache.get(key)
                if cached is None or cached.version < snapshot.version:
                    cached = self._keep(key, await self._make(snapshot, key, cached))
        if cached.version == snapshot.version:
            return cached
        return await self._write(snapshot, key)  # of a request that began before a newer version

    def _keep(self, key: _Key, layer_bytes: LayerBytes) -> LayerBytes:
        self._cache[key] = layer_bytes
        self._cache.move_to_end(key)
        while len(self._cache) > _MOST_FILES:
            oldest, _ = self._cache.popitem(last=False)
            self._locks.pop(oldest, None)
        return layer_bytes

    async def _make(self, snapshot: Snapshot, key: _Key, cached: LayerBytes | None) -> LayerBytes:
        if cached is None:
            return await self._write(snapshot, key)
        layer, versions = snapshot.layer, (cached.base_version, snapshot.version)
        async with self._database.reading(layer.council) as session:
            rows = await features.list_texts(session, layer.id, versions, 0, _FOLD + 1)
        if len(rows) > _FOLD:
            return await self._write(snapshot, key)
        newer: dict[int, bytes] = {}
        for row in rows:
            geometry = (key.of_storage and row.geojson_storage) or row.geojson
            newer[row.number] = write_feature(row.fid, geometry, row.properties, key.hidden)
        return LayerBytes(snapshot.version, cached.base_version, cached.base, newer)

    async def _write(self, snapshot: Snapshot, key: _Key) -> LayerBytes:
        path = Path(self._folder.name) / f"{next(self._serial)}.features"
        writer = BytesWriter(path, of_storage=key.of_storage, hidden=key.hidden)
        try:
            await self._copy(snapshot.layer, snapshot.version, writer)
        except BaseException:
            writer.discard()
            raise
        data = await asyncio.to_thread(writer.close)
        return LayerBytes(snapshot.version, snapshot.version, data)

    async def _copy(self, layer: Layer, version: int, writer: BytesWriter) -> None:
        after = 0
        while True:
            async with self._database.reading(layer.council) as session:
                rows = await features.list_texts(session, layer.id, (0, version), after, _BATCH)
            await asyncio.to_thread(writer.write, rows)
            if len(rows) < _BATCH:
                return
            after = rows[-1].number
