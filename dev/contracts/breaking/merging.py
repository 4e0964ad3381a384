"""Two plain schemas as one that says what both say (``allOf``)."""

import operator
from collections.abc import Callable
from typing import Any

from dev.contracts.breaking.words import ANNOTATIONS


def merged(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any] | None:
    """The merged schema; None when a word that both have cannot be said once."""
    if not (_leaves_room(one, two) and _leaves_room(two, one)):
        return None
    whole = dict(one)
    for word, value in two.items():
        if word not in whole or whole[word] == value:
            whole[word] = value
            continue
        both = _word(word, whole[word], value)
        if both is None:
            return None
        whole[word] = both
    return whole


def _leaves_room(one: dict[str, Any], two: dict[str, Any]) -> bool:
    """Whether what ``one`` says of fields it does not name touches none that ``two`` names."""
    if one.get("additionalProperties", True) is True:
        return True
    return set(two.get("properties", {})) <= set(one.get("properties", {}))


def _word(word: str, one: Any, two: Any) -> Any:
    """What the word has to say when both hold; None when that cannot be said."""
    if word in ANNOTATIONS or word == "default" or word.startswith("x-"):
        return two
    return _STRICTER[word](one, two) if word in _STRICTER else None


def _property(name: str, one: dict[str, Any], two: dict[str, Any]) -> Any:
    if name in one and name in two:
        return {"allOf": [one[name], two[name]]}
    return one.get(name, two.get(name))


def _types(one: Any, two: Any) -> Any:
    mine = {one} if isinstance(one, str) else set(one)
    its = {two} if isinstance(two, str) else set(two)
    shared = sorted((mine & its) | ({"integer"} & (mine | its) if "number" in mine ^ its else set()))
    return (shared[0] if len(shared) == 1 else shared) if shared else None


_STRICTER: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    **dict.fromkeys(("uniqueItems", "readOnly", "writeOnly"), operator.or_),
    "required": lambda one, two: sorted({*one, *two}),
    "enum": lambda one, two: [value for value in one if value in two],
    "type": _types,
    "properties": lambda one, two: {name: _property(name, one, two) for name in {**one, **two}},
}
