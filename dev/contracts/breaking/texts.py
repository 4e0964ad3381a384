"""Limited texts for jsonsubschema: each becomes the list of the limited texts that it takes.

A text limit (lengths, pattern, format, or a list of values) is a set. Which of the sets in play holds which
is worked out here; a set is then written as the names of all sets within it, so that one list is within
another exactly when one set is within the other.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dev.contracts.breaking import facets
from dev.contracts.breaking.kinds import Kind

MARK = "\0text"  # no field has such a name
_LIMITS = ("minLength", "maxLength", "pattern", "format")


def limits(words: Mapping[str, Any]) -> dict[str, Any]:
    """The words that limit a text."""
    if "enum" in words:
        return {"enum": words["enum"]}
    return {word: words[word] for word in _LIMITS if word in words}


def listed(sub: Any, sup: Any) -> tuple[Any, Any]:
    """Both schemas with every marked text as a list of names; a text without limits stays a text."""
    sets = {_key(one): one for marked in (*_marked(sub), *_marked(sup)) for one in _parts(marked)}
    names = {key: f"t{place}" for place, key in enumerate(sorted(sets))}
    held = {
        key: sorted(names[other] for other, inner in sets.items() if _within(inner, outer))
        for key, outer in sets.items()
    }
    return _replaced(sub, held), _replaced(sup, held)


def _key(limited: Mapping[str, Any]) -> str:
    return json.dumps(limited, sort_keys=True)


def _parts(limited: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A list of values is as many sets of one."""
    values = limited.get("enum")
    return [{"enum": [value]} for value in values] if values else [dict(limited)]


def _within(inner: dict[str, Any], outer: dict[str, Any]) -> bool:
    return not any(facets.differences(Kind("string", inner), Kind("string", outer)))


def _marked(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, list):
        for one in schema:
            yield from _marked(one)
    elif isinstance(schema, dict):
        if isinstance(schema.get(MARK), dict) and len(schema) == 1:
            yield schema[MARK]
            return
        for one in schema.values():
            yield from _marked(one)


def _replaced(schema: Any, held: dict[str, list[str]]) -> Any:
    if isinstance(schema, list):
        return [_replaced(one, held) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get(MARK), dict) and len(schema) == 1:
        return _text(schema[MARK], held)
    return {word: _replaced(one, held) for word, one in schema.items()}


def _text(limited: dict[str, Any], held: dict[str, list[str]]) -> dict[str, Any]:
    if not limited:
        return {"type": "string"}
    names = {name for part in _parts(limited) for name in held[_key(part)]}
    return {"type": "string", "enum": sorted(names)}
