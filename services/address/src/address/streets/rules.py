"""Undo changes, to show a street as it fields on an earlier day."""

from collections.abc import Iterable, Mapping
from typing import Any


def undo_changes(
    current: Mapping[str, Any], later: Iterable[Mapping[str, list[Any]] | None]
) -> dict[str, Any]:
    """Undo ``later`` changes, newest first. Each maps a field to its [before, after]."""
    fields = dict(current)
    for changes in later:
        fields |= {name: before for name, (before, _) in (changes or {}).items() if name in fields}
    return fields
