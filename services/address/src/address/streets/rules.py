"""Going back: what something was before the changes that followed."""

from collections.abc import Iterable, Mapping
from typing import Any


def undo_changes(now: Mapping[str, Any], later: Iterable[Mapping[str, list[Any]] | None]) -> dict[str, Any]:
    """What stood before ``later``, the changes since, newest first: each names a field's [before, after]."""
    was = dict(now)
    for changes in later:
        was |= {name: before for name, (before, _) in (changes or {}).items() if name in was}
    return was
