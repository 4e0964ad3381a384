"""What is in memory, bounded in bytes: the least recently used goes first."""

from collections import OrderedDict
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from prometheus_client import Counter, Gauge

_BYTES = Gauge("mapping_snapshot_bytes", "Bytes that layers in memory take, estimated")
_LAYERS = Gauge("mapping_snapshots", "Layers in memory")
_EVICTIONS = Counter("mapping_snapshot_evictions_total", "Layers that made room for others in memory")


class Sized(Protocol):
    """Something that knows how many bytes it takes."""

    @property
    def size(self) -> int: ...


S = TypeVar("S", bound=Sized)


class Cache(Generic[S]):
    """Values by a layer's id. The newest stays even where it alone is larger than the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[UUID, S] = OrderedDict()
        self.bytes = 0

    def get(self, key: UUID) -> S | None:
        """Return a value, and count it as used."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def set(self, key: UUID, value: S) -> None:
        """Keep a value, and drop the least recently used ones beyond the limit."""
        self.drop(key)
        self._values[key] = value
        self.bytes += value.size
        while self.bytes > self._limit and len(self._values) > 1:
            self.drop(next(iter(self._values)))
            _EVICTIONS.inc()
        self._report()

    def drop(self, key: UUID) -> None:
        """Drop a value, if it is there."""
        value = self._values.pop(key, None)
        if value is not None:
            self.bytes -= value.size
            self._report()

    def _report(self) -> None:
        _BYTES.set(self.bytes)
        _LAYERS.set(len(self._values))
