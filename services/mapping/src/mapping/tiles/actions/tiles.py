"""Tiles of layers: from memory, or made once in a thread for all who wait for one."""

import asyncio
import gzip
from collections.abc import Callable, Hashable, Sequence
from typing import Protocol, TypeVar

import numpy as np

from chassis import clock
from chassis.database import Database
from chassis.problems import Problem
from mapping.collections.actions import features
from mapping.collections.actions.features import Feature
from mapping.collections.rules.layers import Audience, Layer
from mapping.settings import Settings
from mapping.snapshots.actions import Snapshots, TooLargeError
from mapping.snapshots.rules.snapshot import Snapshot
from mapping.tiles.actions.answers import TileAnswer, TileKey, answer_with, join_tags, write_tag
from mapping.tiles.actions.caches import ByteCache, SingleFlight
from mapping.tiles.actions.editions import (
    Edition,
    EditionKey,
    find_edition,
    list_fields,
    list_visible,
    make_layer_base,
    make_layer_table,
    microseconds,
    to_base,
    to_table,
)
from mapping.tiles.rules.attributes import Table
from mapping.tiles.rules.bands import FINE_ZOOM, Band, Base, band_zoom, make_band
from mapping.tiles.rules.encoder import write_layer
from mapping.tiles.rules.limits import MAX_IN_TILE
from mapping.tiles.rules.matrix import Tile
from mapping.tiles.rules.paths import cut_tile
from mapping.tiles.rules.protobuf import Integers

_HOUR = 3_600_000_000  # microseconds: how long a tile read from PostgreSQL counts as current
_BUILDS = 2  # cold tiles at a time: the rest of the processor is for requests that are answered from memory
_LEVEL = 5  # of gzip


class _Sized(Protocol):
    @property
    def nbytes(self) -> int: ...


T = TypeVar("T", bound=_Sized)
V = TypeVar("V")


class Tiles:
    """The tiles of a process, and the geometry they are cut from, both bounded in bytes."""

    def __init__(
        self, snapshots: Snapshots, database: Database, *, tile_bytes: int, geometry_bytes: int
    ) -> None:
        self._snapshots = snapshots
        self._database = database
        self._editions: dict[Hashable, Edition] = {}
        self._bytes: ByteCache[Hashable, bytes] = ByteCache("tiles", tile_bytes, len)
        self._geometry: ByteCache[tuple[Hashable, ...], _Sized] = ByteCache(
            "geometry", geometry_bytes, lambda value: value.nbytes
        )
        self._flight = SingleFlight()
        self._builds = asyncio.Semaphore(_BUILDS)

    @classmethod
    def of_settings(cls, snapshots: Snapshots, database: Database, settings: Settings) -> "Tiles":
        """Make the tiles of a process, as its settings bound them."""
        return cls(
            snapshots,
            database,
            tile_bytes=settings.tile_bytes,
            geometry_bytes=settings.tile_geometry_bytes,
        )

    async def find_tag(self, layer: Layer, tile: Tile, audience: Audience) -> tuple[str, bool]:
        """Find the tag that a tile has now, without making it, and whether only a version changes it."""
        edition = await self._find_edition(layer)
        return write_tag(edition, tile, audience), edition.is_lasting

    async def get(self, layer: Layer, tile: Tile, audience: Audience) -> TileAnswer:
        """Get a tile of a layer. Raises Problem 503 when the layer is not in memory within ten seconds."""
        edition = await self._find_edition(layer)
        key = TileKey(edition.key, audience, tile)
        data = self._bytes.get(key)
        if data is not None:
            return answer_with(data, edition, tile, audience)
        edition, fresh = await self._flight.run(key, lambda: self._make(layer, tile, audience))
        return answer_with(fresh, edition, tile, audience)

    async def get_joined(self, layers: Sequence[Layer], tile: Tile, audience: Audience) -> TileAnswer:
        """Get the tile that shows several layers."""
        parts = [await self.get(layer, tile, audience) for layer in layers]
        tag = join_tags([(layer, part.tag) for layer, part in zip(layers, parts, strict=True)])
        packed = [part.data for part in parts if part.data]
        is_lasting = all(part.is_lasting for part in parts)
        data = self._bytes.get(tag) if packed else b""
        joined: bytes = await self._flight.run(tag, lambda: self._join(tag, packed)) if data is None else data
        return TileAnswer(joined, tag, is_lasting)

    async def _join(self, tag: str, packed: Sequence[bytes]) -> bytes:
        data = await self._run(lambda: _compress(b"".join(map(gzip.decompress, packed))))
        self._bytes.set(tag, data)
        return data

    async def _find_edition(self, layer: Layer) -> Edition:
        """Find what is shown of a layer now; cheap while nothing changed."""
        now = microseconds(clock.now())
        edition = self._editions.get(layer.id)
        if (
            edition is not None
            and edition.key.version >= layer.version
            and edition.key.since <= now < edition.until
        ):
            return edition
        try:
            edition = find_edition(await self._snapshots.get(layer), now)
        except TooLargeError:
            hour = now - now % _HOUR
            edition = Edition(EditionKey(layer.id, layer.version, hour), layer, hour + _HOUR)
        return self._keep(edition)

    def _keep(self, edition: Edition) -> Edition:
        """Keep what is shown now, and drop the geometry of what was shown before."""
        if self._editions.get(edition.key.layer) != edition:
            self._editions[edition.key.layer] = edition
            self._geometry.drop_where(lambda key: _is_stale(key[1], edition.key))
            self._bytes.drop_where(
                lambda key: isinstance(key, TileKey) and _is_stale(key.edition, edition.key)
            )
        return edition

    async def _make(self, layer: Layer, tile: Tile, audience: Audience) -> tuple[Edition, bytes]:
        try:
            snapshot = await self._snapshots.get(layer)
        except TooLargeError:
            edition = await self._find_edition(layer)
            data = await self._make_from_database(layer, tile, audience)
        else:
            edition = self._keep(find_edition(snapshot, microseconds(clock.now())))
            data = await self._make_from_memory(edition, snapshot, tile, audience)
        self._bytes.set(TileKey(edition.key, audience, tile), data)
        return edition, data

    async def _make_from_memory(
        self, edition: Edition, snapshot: Snapshot, tile: Tile, audience: Audience
    ) -> bytes:
        entries = list_visible(snapshot, max(edition.key.since, 0) or microseconds(clock.now()))
        band = await self._find_band(edition, snapshot, entries, band_zoom(tile.zoom))
        fields = tuple(list_fields(edition.layer, audience))
        table = await self._find_part(
            ("table", edition.key, fields), lambda: make_layer_table(snapshot, entries, audience)
        )
        name, numbers = edition.layer.name, snapshot.numbers[entries]
        return await self._run(lambda: _write(name, band, tile, table, numbers))

    async def _find_band(self, edition: Edition, snapshot: Snapshot, entries: Integers, zoom: int) -> Band:
        key = ("band", edition.key, zoom)
        band = self._geometry.get(key)
        if isinstance(band, Band):
            return band
        base = await self._find_part(("base", edition.key), lambda: make_layer_base(snapshot, entries))
        return await self._find_part(key, lambda: make_band(base, zoom))

    async def _find_part(self, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """Find a part of a layer in memory, or make it once in a thread."""
        part = self._geometry.get(key)
        if part is not None:
            return part  # type: ignore[return-value]  # the key's first word says which type it is
        fresh = await self._flight.run(key, lambda: self._run(make))
        self._geometry.set(key, fresh)
        return fresh

    async def _make_from_database(self, layer: Layer, tile: Tile, audience: Audience) -> bytes:
        """Make a tile of a layer that is too large for memory, of at most ``MAX_IN_TILE`` features."""
        box = tile.bounds(64)
        async with self._database.reading(layer.council) as session:
            rows = await features.list_in_box(session, layer.id, box, 0, MAX_IN_TILE + 1)
        if len(rows) > MAX_IN_TILE:
            detail = (
                f"This tile would show over {MAX_IN_TILE:,} features of {layer.name}. Ask for a higher zoom."
            )
            raise Problem(404, "too-many-features", detail)
        now = clock.now()
        current = [
            row
            for row in rows
            if (row.valid_from is None or row.valid_from <= now)
            and (row.valid_to is None or now < row.valid_to)
        ]
        return await self._run(lambda: _write_rows(layer, tile, audience, current))

    async def _run(self, work: Callable[[], V]) -> V:
        async with self._builds:
            return await asyncio.to_thread(work)


def _is_stale(key: object, current: EditionKey) -> bool:
    return isinstance(key, EditionKey) and key.layer == current.layer and key != current


def _write(name: str, band: Band, tile: Tile, table: Table, numbers: Integers) -> bytes:
    return _compress(write_layer(name, cut_tile(band, tile), table, numbers))


def _write_rows(layer: Layer, tile: Tile, audience: Audience, rows: Sequence[Feature]) -> bytes:
    geometries = np.array([row.geometry for row in rows], dtype=object)
    base: Base = to_base(layer, geometries)
    table = to_table(layer, audience, [row.fid for row in rows], [dict(row.properties) for row in rows])
    numbers = np.array([row.number for row in rows], np.int64)
    # Unsimplified: what is simplified with other neighbours in the next tile would not meet it.
    return _write(layer.name, make_band(base, FINE_ZOOM), tile, table, numbers)


def _compress(data: bytes) -> bytes:
    return gzip.compress(data, _LEVEL, mtime=0) if data else b""
