"""Memory that is bounded in bytes, and work that is done once for all who wait for it."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Generic, TypeVar

from prometheus_client import Counter, Gauge

_BYTES = Gauge("mapping_tile_cache_bytes", "Bytes that tiles and their geometry take in memory", ["cache"])
_ENTRIES = Gauge("mapping_tile_cache_entries", "Entries of the caches of tiles", ["cache"])
_LOOKUPS = Counter("mapping_tile_cache_lookups_total", "Look-ups in the caches of tiles", ["cache", "result"])
_EVICTIONS = Counter("mapping_tile_cache_evictions_total", "Entries that made room for others", ["cache"])
_ENTRY_BYTES = 400  # of an entry beside its value: key, links and objects, measured

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ByteCache(Generic[K, V]):
    """Values by key, the least recently used gone first. A value over half the limit is not kept."""

    def __init__(self, name: str, limit: int, measure: Callable[[V], int]) -> None:
        self._limit = limit
        self._measure = measure
        self._values: OrderedDict[K, V] = OrderedDict()
        self._hit, self._miss = (_LOOKUPS.labels(name, result) for result in ("hit", "miss"))
        self._evicted = _EVICTIONS.labels(name)
        self._gauges = _BYTES.labels(name), _ENTRIES.labels(name)
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        """Return a value, and count it as used."""
        value = self._values.get(key)
        if value is None:
            self._miss.inc()
            return None
        self._hit.inc()
        self._values.move_to_end(key)
        return value

    def set(self, key: K, value: V) -> None:
        """Keep a value, and drop those not used for longest beyond the limit."""
        self.drop(key)
        size = self._measure(value) + _ENTRY_BYTES
        if size * 2 > self._limit:
            return
        self._values[key] = value
        self.bytes += size
        while self.bytes > self._limit:
            self.drop(next(iter(self._values)))
            self._evicted.inc()
        self._report()

    def drop(self, key: K) -> None:
        """Drop a value, if it is there."""
        value = self._values.pop(key, None)
        if value is not None:
            self.bytes -= self._measure(value) + _ENTRY_BYTES
            self._report()

    def drop_where(self, is_stale: Callable[[K], bool]) -> None:
        """Drop the values whose keys say that nobody needs them any more."""
        for key in [key for key in self._values if is_stale(key)]:
            self.drop(key)

    def _report(self) -> None:
        for gauge, value in zip(self._gauges, (self.bytes, len(self._values)), strict=True):
            gauge.set(value)


class SingleFlight:
    """Runs a piece of work once for all who ask for it while it runs."""

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[Any]] = {}

    async def run(self, key: Hashable, work: Callable[[], Awaitable[V]]) -> V:
        """Give the result of the work under a key. It goes on when a caller leaves."""
        task = self._running.get(key)
        if task is None:
            task = asyncio.ensure_future(_as_coroutine(work))
            self._running[key] = task
            task.add_done_callback(lambda done: self._finish(key, done))
        result: V = await asyncio.shield(task)
        return result

    def _finish(self, key: Hashable, task: "asyncio.Task[Any]") -> None:
        self._running.pop(key, None)
        if not task.cancelled():
            task.exception()  # who waited has it; nobody may have waited to the end


async def _as_coroutine(work: Callable[[], Awaitable[V]]) -> V:
    return await work()
