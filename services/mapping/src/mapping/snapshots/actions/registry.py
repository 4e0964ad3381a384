"""The layers of all councils as a process knows them, and the snapshots of those that are asked for.

PostgreSQL notifies of a change, and once a second a process asks what changed since: a notification that is
lost, or a NATS that is away, delays nobody. A snapshot is made when it is first asked for, by one task for
all who wait; afterwards small changes are laid over it.
"""

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from chassis.database import ALL_COUNCILS, Database
from chassis.problems import Problem
from mapping.collections.actions import features, layers
from mapping.collections.rules.layers import Audience, Layer
from mapping.collections.tables import STILL
from mapping.shared.councils import NATIONAL
from mapping.snapshots.actions.cache import Cache
from mapping.snapshots.actions.layer_bytes import BytesFiles, LayerBytes
from mapping.snapshots.rules.snapshot import Snapshot, build_snapshot

MAX_FEATURES = 100_000
MAX_BYTES = 64_000_000
"""A layer with more of either is not kept in memory: PostgreSQL answers for it."""
CHANNEL = "mapping_collection"
_POLL = 1.0  # seconds
_OVERLAP = timedelta(seconds=30)  # a transaction that began so long ago may commit only now
_FOLD = 1_000  # entries behind a snapshot's great index, after which it is made anew
_PATIENCE = 10.0  # seconds that a request waits for a snapshot that is being made
_MEASURED_FROM = 5_000  # features; fewer are never too many bytes to try
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class TooLargeError(Exception):
    """A layer is too large to be kept in memory: read it from PostgreSQL."""


class Snapshots:
    """The layers, and a bounded number of them in memory."""

    def __init__(self, database: Database, limit: int) -> None:
        self._database = database
        self._layers: dict[UUID, Layer] = {}
        self._names: dict[str, dict[str, UUID]] = {}
        self._published: dict[str, list[Layer]] = {}  # by council, until a layer changes
        self._latest = _BEGINNING
        self._read_at = float("-inf")
        self.cache: Cache[Snapshot] = Cache(limit)
        self._locks: dict[UUID, asyncio.Lock] = {}
        self._too_large: dict[UUID, int] = {}  # the version at which a layer was
        self._files = BytesFiles(database)

    def close(self) -> None:
        """Remove the files."""
        self._files.close()

    def layers(self, council: str) -> list[Layer]:
        """List the published layers that a council has, its own and national ones, by name.

        Where both have one of a name, it is the council's own.
        """
        published = self._published.get(council)
        if published is None:
            names = {**self._names.get(NATIONAL, {}), **self._names.get(council, {})}
            layers = (self._layers[names[name]] for name in sorted(names))
            published = [layer for layer in layers if layer.status == "published"]
            self._published[council] = published
        return list(published)

    def layer(self, council: str, name: str) -> Layer | None:
        """Get a published layer of a council, or a national one, by its name."""
        for owner in (council, NATIONAL):
            key = self._names.get(owner, {}).get(name)
            if key is not None and self._layers[key].status == "published":
                return self._layers[key]
        return None

    def layer_by_id(self, layer: UUID) -> Layer | None:
        """Get a layer of any council and status by its id."""
        return self._layers.get(layer)

    async def get(self, layer: Layer) -> Snapshot:
        """Get a layer's snapshot, of its version or a later one.

        Raises TooLargeError. Raises Problem 503 if it is not ready within ten seconds.
        """
        cached = self.cache.get(layer.id)
        if cached is not None and cached.version >= layer.version:
            return cached
        if self._too_large.get(layer.id) == layer.version or layer.feature_count > MAX_FEATURES:
            raise TooLargeError(layer.name)
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._load(layer)
        except TimeoutError:
            detail = f"The layer {layer.name} is being read into memory. Try again in some seconds."
            raise Problem(503, "layer-loading", detail, headers={"Retry-After": "5"}) from None

    async def feature_bytes(self, snapshot: Snapshot, *, of_storage: bool, audience: Audience) -> LayerBytes:
        """Get the ready-made GeoJSON of a snapshot's features, in its storage CRS or in CRS84."""
        return await self._files.get(snapshot, of_storage=of_storage, audience=audience)

    async def reach(self, layer: UUID, version: int) -> Layer:
        """Wait until this process knows a layer at a version, as its writer does before it answers.

        Raises Problem 503 after ten seconds.
        """
        try:
            async with asyncio.timeout(_PATIENCE):
                while (latest := self._layers.get(layer)) is None or latest.version < version:
                    await self.refresh()
        except TimeoutError:
            detail = f"Version {version} of this layer is not here yet. Try again in some seconds."
            raise Problem(503, "version-not-reached", detail, headers={"Retry-After": "2"}) from None
        return latest

    async def refresh(self) -> None:
        """Read which layers have changed."""
        async with self._database.reading(ALL_COUNCILS) as session:
            changed = await layers.list_changed(session, self._latest - _OVERLAP)
        self._take(changed)
        self._read_at = time.monotonic()

    async def refresh_if_older(self, seconds: float = _POLL) -> None:
        """Read which layers have changed, unless that was just done: in processes that do not ``follow``."""
        if time.monotonic() - self._read_at > seconds:
            await self.refresh()

    def _take(self, changed: Iterable[Layer]) -> None:
        for layer in changed:
            self._published.clear()
            before = self._layers.get(layer.id)
            if before is not None and before.version > layer.version:
                continue
            if before is not None and (before.council, before.name) != (layer.council, layer.name):
                self._names[before.council].pop(before.name, None)
            self._layers[layer.id] = layer
            self._names.setdefault(layer.council, {})[layer.name] = layer.id
            self._latest = max(self._latest, layer.changed_at)

    async def follow(self) -> None:
        """Keep up with the layers for ever. Raises when the database is lost; call it again."""
        changed = asyncio.Event()
        connection = await self._database.listen(command_timeout=5.0)
        try:
            await connection.add_listener(CHANNEL, lambda *_: changed.set())
            connection.add_termination_listener(lambda *_: changed.set())
            while not connection.is_closed():
                changed.clear()
                await self.refresh()
                try:
                    async with asyncio.timeout(_POLL):
                        await changed.wait()
                except TimeoutError:
                    continue
            raise ConnectionError("the connection that listens for changes of layers was lost")
        finally:
            connection.terminate()

    async def _load(self, layer: Layer) -> Snapshot:
        async with self._locks.setdefault(layer.id, asyncio.Lock()):
            cached = self.cache.get(layer.id)
            if cached is not None and cached.version >= layer.version:
                return cached
            if cached is None or cached.overlay_size >= _FOLD:
                snapshot = await self._build(layer)
            else:
                snapshot = await self._update(cached, layer)
            self.cache.set(layer.id, snapshot)
            return snapshot

    async def _build(self, layer: Layer) -> Snapshot:
        async with self._database.reading(layer.council) as session:
            if layer.feature_count > _MEASURED_FROM:
                size = await features.measure_size(session, layer.id)
                if size > MAX_BYTES:
                    self._too_large[layer.id] = layer.version
                    raise TooLargeError(layer.name)
            rows = await features.list_current(session, layer.id)
        version = rows[0].layer_version if rows else layer.version
        return await asyncio.to_thread(build_snapshot, layer, version, rows)

    async def _update(self, cached: Snapshot, layer: Layer) -> Snapshot:
        async with self._database.reading(layer.council) as session:
            rows = await features.list_since(session, layer.id, cached.version)
        if len(rows) > _FOLD:
            return await self._build(layer)
        version = max([layer.version, *(row.layer_version for row in rows)])
        states = _pick_states(rows)
        deleted = {row.number for row in rows} - set(states)
        return cached.replace(layer, version, list(states.values()), sorted(deleted))


def _pick_states(rows: Iterable[Any]) -> dict[int, Any]:
    """Pick the current state of each number; who has none is deleted."""
    return {row.number: row for row in rows if row.ended == STILL}


_of_database: WeakKeyDictionary[Database, Snapshots] = WeakKeyDictionary()


def of_worker(database: Database, limit: int) -> Snapshots:
    """Get the snapshots of a worker's process: made at first use, then the same ones.

    A worker follows no changes of layers: call ``refresh_if_older`` before you ask.
    """
    snapshots = _of_database.get(database)
    if snapshots is None:
        snapshots = _of_database[database] = Snapshots(database, limit)
    return snapshots
