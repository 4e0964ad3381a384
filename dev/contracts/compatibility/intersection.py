"""Two plain schemas as one that says what both say (``allOf``)."""

import operator
from collections.abc import Callable
from typing import Any

from dev.contracts.compatibility.keywords import ANNOTATIONS


def intersect(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any] | None:
    """Make the one schema; None when a keyword that both have cannot be stated once."""
    if not (_leaves_room(first, second) and _leaves_room(second, first)):
        return None
    intersection = dict(first)
    for keyword, value in second.items():
        if keyword not in intersection or intersection[keyword] == value:
            intersection[keyword] = value
            continue
        narrowest = _intersect_values(keyword, intersection[keyword], value)
        if narrowest is None:
            return None
        intersection[keyword] = narrowest
    return intersection


def _leaves_room(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Say whether what ``first`` says of fields it does not name touches none that ``second`` names."""
    if first.get("additionalProperties", True) is True:
        return True
    return set(second.get("properties", {})) <= set(first.get("properties", {}))


def _intersect_values(keyword: str, first: Any, second: Any) -> Any:
    """Make the keyword's value when both hold; None when there is no such value."""
    if keyword in ANNOTATIONS or keyword == "default" or keyword.startswith("x-"):
        return second
    return _STRICTER[keyword](first, second) if keyword in _STRICTER else None


def _intersect_property(name: str, first: dict[str, Any], second: dict[str, Any]) -> Any:
    if name in first and name in second:
        return {"allOf": [first[name], second[name]]}
    return first.get(name, second.get(name))


def _intersect_types(first: Any, second: Any) -> Any:
    names = {first} if isinstance(first, str) else set(first)
    second_names = {second} if isinstance(second, str) else set(second)
    integers = {"integer"} & (names | second_names) if "number" in names ^ second_names else set()
    shared = sorted((names & second_names) | integers)
    return (shared[0] if len(shared) == 1 else shared) if shared else None


_STRICTER: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    **dict.fromkeys(("uniqueItems", "readOnly", "writeOnly"), operator.or_),
    "required": lambda first, second: sorted({*first, *second}),
    "enum": lambda first, second: [value for value in first if value in second],
    "type": _intersect_types,
    "properties": lambda first, second: {
        name: _intersect_property(name, first, second) for name in {**first, **second}
    },
}
