"""Properties of a snapshot's features by column, as filters read them: made once, as long as it lives."""

import json
import threading
from collections.abc import Iterator
from weakref import WeakKeyDictionary

import numpy
from numpy.typing import NDArray

from mapping.filters.rules import nodes
from mapping.snapshots.rules.snapshot import Snapshot

_Column = NDArray[numpy.object_]
_MOST_COLUMNS = 8  # kept of a layer beside those in use; the oldest go first
_columns: WeakKeyDictionary[Snapshot, dict[str, _Column]] = WeakKeyDictionary()
_lock = threading.Lock()


class Columns:
    """A snapshot's columns that an expression names."""

    def __init__(self, snapshot: Snapshot, columns: dict[str, _Column]) -> None:
        self._snapshot = snapshot
        self._columns = columns

    def values(self, name: str, rows: NDArray[numpy.int64]) -> _Column:
        """Return a property of the rows, as JSON has it."""
        return self._columns[name][rows]

    def geometries(self, rows: NDArray[numpy.int64]) -> _Column:
        """Return the geometries of the rows."""
        geometries: _Column = self._snapshot.geometries[rows]
        return geometries


def get_columns(snapshot: Snapshot, expression: nodes.Expression) -> Columns:
    """Get the columns an expression names; new ones take some 3 microseconds a feature: use a thread."""
    names = set(list_names(expression))
    with _lock:
        cache = _columns.setdefault(snapshot, {})
        missing = sorted(names - cache.keys())
        if missing:
            cache.update(_read(snapshot, missing))
        chosen = {name: cache[name] for name in sorted(names)}
        for name in [name for name in cache if name not in names][: max(len(cache) - _MOST_COLUMNS, 0)]:
            del cache[name]
    return Columns(snapshot, chosen)


def _read(snapshot: Snapshot, names: list[str]) -> dict[str, _Column]:
    texts = snapshot.arrays.texts
    columns = {name: numpy.empty(len(texts), object) for name in names}
    for index, text in enumerate(texts):
        properties = json.loads(text)
        for name, column in columns.items():
            column[index] = properties.get(name)
    return columns


def list_names(expression: nodes.Expression) -> Iterator[str]:
    """List the properties an expression names, some of them more than once."""
    match expression:
        case nodes.Not() | nodes.Flag() | nodes.IsNull():
            yield from _list_parts(expression.of)
        case nodes.And() | nodes.Or():
            for item in expression.items:
                yield from list_names(item)
        case nodes.Compare() | nodes.Temporal():
            yield from _list_parts(expression.left)
            yield from _list_parts(expression.right)
        case nodes.Like():
            yield from _list_parts(expression.value)


def _list_parts(part: nodes.Expression | nodes.Operand | nodes.Interval | None) -> Iterator[str]:
    match part:
        case nodes.Property():
            if part.kind is not nodes.Kind.GEOMETRY:
                yield part.name
        case nodes.Folded():
            yield from _list_parts(part.of)
        case nodes.Interval():
            yield from _list_parts(part.start)
            yield from _list_parts(part.end)
        case None | nodes.Literal():
            return
        case _:
            yield from list_names(part)
