"""The names of layers in memory: an index for each snapshot that is searched, as long as there is room."""

import threading
from collections import OrderedDict
from weakref import ReferenceType, ref

from mapping.snapshots.rules.snapshot import Snapshot
from mapping.viewer.rules.names import NameIndex, index_names

_LIMIT = 64_000_000  # bytes of all of them in a process


class NameIndexes:
    """Indexes by snapshot: one goes with its snapshot, or when others that were used later need its room."""

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._indexes: OrderedDict[ReferenceType[Snapshot], NameIndex] = OrderedDict()

    @property
    def size(self) -> int:
        """Return the bytes that all of them take, estimated."""
        return sum(index.size for index in self._indexes.values())

    def get(self, snapshot: Snapshot) -> NameIndex:
        """Get a snapshot's index; the first time it is made, some microseconds for each feature."""
        key = ref(snapshot)
        with self._lock:
            index = self._indexes.get(key)
            if index is not None:
                self._indexes.move_to_end(key)
                return index
        index = _make_index(snapshot)
        with self._lock:
            for dead in [each for each in self._indexes if each() is None]:
                del self._indexes[dead]
            self._indexes[key] = index
            while self.size > self._limit and len(self._indexes) > 1:
                self._indexes.popitem(last=False)
        return index


def _make_index(snapshot: Snapshot) -> NameIndex:
    places_by_label: dict[str, list[int]] = {}
    name = snapshot.layer.label_property
    for place in snapshot.order.tolist():
        label = snapshot.properties(place).get(name)
        if label:
            places_by_label.setdefault(str(label), []).append(place)
    return index_names(places_by_label)


INDEXES = NameIndexes()
"""Those of this process."""
