"""The merge itself: content into content. A value replaces, a map merges by key, ``none`` takes out."""

from collections.abc import Mapping
from typing import Any

from apps.recipes.compile.texts import list_texts

NONE = "none"
WHOLE = frozenset({"price", "find", "of"})  # replaced as they are, never merged
LOCAL = "local"
OWN_PREFIX = "council_"  # of a council's own questions, so that no parent ever has the same
_CHILD_ONLY = frozenset({"extends", "words"})


def merge_content(parent: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    """Merge a council's content into its parent's. Merging it again changes nothing."""
    merged = _merge(parent, {key: value for key, value in child.items() if key not in _CHILD_ONLY})
    if "ask" in merged:
        merged["ask"] = _place(merged["ask"], child.get("ask", {}))
    _put_words(merged, child.get("words", {}))
    return merged


def _merge(parent: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(parent)
    for key, value in child.items():
        if value == NONE:
            merged.pop(key, None)
        elif isinstance(value, dict) and key not in WHOLE and not is_pair(value):
            below = merged.get(key)
            merged[key] = _merge(below if isinstance(below, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def is_pair(value: Any) -> bool:
    """Say whether a value is words in both languages."""
    return isinstance(value, dict) and "en" in value and value.keys() <= {"en", "cy"}


def _place(questions: dict[str, Any], child: Any) -> dict[str, Any]:
    """Put a council's own questions behind those they name by ``after``, in the council's order."""
    own_names = [name for name in child if name.startswith(OWN_PREFIX)] if isinstance(child, dict) else []
    order = [name for name in questions if name not in own_names]
    for name in own_names:
        if not isinstance(questions.get(name), dict):
            continue
        after = questions[name].get("after")
        order.insert(order.index(after) + 1 if after in order else len(order), name)
    return {
        name: ({**questions[name], LOCAL: True} if name in own_names else questions[name]) for name in order
    }


def _put_words(merged: dict[str, Any], words: Any) -> None:
    places = dict(list_texts(merged))
    for text, value in words.items() if isinstance(words, dict) else ():
        if text in places:
            _put(merged, places[text], value)


def _put(content: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    for part in path[:-1]:
        content[part] = dict(content[part])
        content = content[part]
    content[path[-1]] = value
