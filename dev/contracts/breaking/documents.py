"""A contract document in use: its references, and when two schemas say the same."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from dev.contracts.breaking.words import ANNOTATIONS

Schema = dict[str, Any] | bool

_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_VALUES = frozenset({"enum", "const", "default", "required", "dependentRequired", "type"})


class Document:
    """A JSON document whose schemas refer to each other by ``#/...``."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self._digests: dict[str, str] = {}
        self._texts: dict[str, str] = {}  # reference -> what it names, without annotations
        self._direct: dict[str, frozenset[str]] = {}  # reference -> the references in what it names

    def target(self, ref: str) -> Any:
        """What a reference names. Raises KeyError when it names nothing in this document."""
        if not ref.startswith("#"):
            raise KeyError(f"{ref} is outside the document")
        here: Any = self.root
        for step in ref.lstrip("#/").split("/") if len(ref) > 1 else []:
            name = step.replace("~1", "/").replace("~0", "~")
            here = here[int(name)] if isinstance(here, list) else here[name]
        return here

    def follow(self, item: Any) -> Any:
        """The item itself, or what its ``$ref`` names (parameters, responses, headers)."""
        while isinstance(item, Mapping) and "$ref" in item:
            item = self.target(item["$ref"])
        return item

    def digest(self, schema: Any) -> str:
        """Equal for two schemas that say the same by the same names."""
        plain = isinstance(schema, Mapping) and schema.keys() == {"$ref"}
        text = schema["$ref"] if plain else json.dumps(bare(schema), sort_keys=True)
        if text not in self._digests:
            reached = [self._texts[ref] for ref in sorted(self._reached(schema))]
            self._digests[text] = hashlib.sha256("\n".join([text, *reached]).encode()).hexdigest()
        return self._digests[text]

    def _reached(self, schema: Any) -> set[str]:
        seen: set[str] = set()
        waiting = set(_refs(schema))
        while waiting:
            ref = waiting.pop()
            seen.add(ref)
            if ref not in self._direct:
                target = self.target(ref)
                self._texts[ref] = f"{ref} {json.dumps(bare(target), sort_keys=True)}"
                self._direct[ref] = frozenset(_refs(target))
            waiting |= self._direct[ref] - seen
        return seen


def bare(schema: Any) -> Any:
    """The schema without its annotations."""
    if not isinstance(schema, Mapping):
        return schema
    return {
        word: _bare_value(word, value)
        for word, value in schema.items()
        if word not in ANNOTATIONS and (not word.startswith("x-") or word == "x-extensible-enum")
    }


def _bare_value(word: str, value: Any) -> Any:
    if word in _VALUES:
        return value
    if word in _MAPS:
        return {name: bare(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [bare(inner) for inner in value]
    return bare(value)


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for inner in schema:
            yield from _refs(inner)
    elif isinstance(schema, Mapping):
        for word, value in schema.items():
            if word == "$ref" and isinstance(value, str):
                yield value
            elif word not in _VALUES and word not in ANNOTATIONS:
                yield from _refs(value)
