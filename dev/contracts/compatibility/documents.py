"""A contract document in use: its references, and when two schemas are equal."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from dev.contracts.compatibility.keywords import ANNOTATIONS

Schema = dict[str, Any] | bool

_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_VALUES = frozenset({"enum", "const", "default", "required", "dependentRequired", "type"})


class Document:
    """A JSON document whose schemas refer to each other by ``#/...``."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self._digests: dict[str, str] = {}
        self._texts: dict[str, str] = {}  # reference -> the text of its target, without annotations
        self._direct: dict[str, frozenset[str]] = {}  # reference -> the references in its target

    def get_target(self, ref: str) -> Any:
        """Get what a reference names. Raises KeyError when it names nothing in this document."""
        if not ref.startswith("#"):
            raise KeyError(f"{ref} is outside the document")
        target: Any = self.root
        for step in ref.lstrip("#/").split("/") if len(ref) > 1 else []:
            name = step.replace("~1", "/").replace("~0", "~")
            target = target[int(name)] if isinstance(target, list) else target[name]
        return target

    def follow(self, node: Any) -> Any:
        """Get what the node's ``$ref`` names (parameters, responses, headers), or the node itself."""
        while isinstance(node, Mapping) and "$ref" in node:
            node = self.get_target(node["$ref"])
        return node

    def compute_digest(self, schema: Any) -> str:
        """Compute a digest that is equal for two schemas of the same words and names."""
        is_plain_ref = isinstance(schema, Mapping) and schema.keys() == {"$ref"}
        text = schema["$ref"] if is_plain_ref else json.dumps(strip_annotations(schema), sort_keys=True)
        if text not in self._digests:
            targets = [self._texts[ref] for ref in sorted(self._reach(schema))]
            self._digests[text] = hashlib.sha256("\n".join([text, *targets]).encode()).hexdigest()
        return self._digests[text]

    def _reach(self, schema: Any) -> set[str]:
        """Collect all references reached from the schema, at any depth, and the texts of their targets."""
        reached: set[str] = set()
        waiting = set(_list_refs(schema))
        while waiting:
            ref = waiting.pop()
            reached.add(ref)
            if ref not in self._direct:
                target = self.get_target(ref)
                self._texts[ref] = f"{ref} {json.dumps(strip_annotations(target), sort_keys=True)}"
                self._direct[ref] = frozenset(_list_refs(target))
            waiting |= self._direct[ref] - reached
        return reached


def strip_annotations(schema: Any) -> Any:
    """Copy the schema without its annotations."""
    if not isinstance(schema, Mapping):
        return schema
    return {
        keyword: _strip_value(keyword, value)
        for keyword, value in schema.items()
        if keyword not in ANNOTATIONS and (not keyword.startswith("x-") or keyword == "x-extensible-enum")
    }


def _strip_value(keyword: str, value: Any) -> Any:
    if keyword in _VALUES:
        return value
    if keyword in _MAPS:
        return {name: strip_annotations(schema) for name, schema in value.items()}
    if isinstance(value, list):
        return [strip_annotations(schema) for schema in value]
    return strip_annotations(value)


def _list_refs(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for child in node:
            yield from _list_refs(child)
    elif isinstance(node, Mapping):
        for keyword, value in node.items():
            if keyword == "$ref" and isinstance(value, str):
                yield value
            elif keyword not in _VALUES and keyword not in ANNOTATIONS:
                yield from _list_refs(value)
