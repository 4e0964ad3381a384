"""Two schemas compared: what of the sender's values the receiver would not take.

For what clients send (``in``) the last release is the sender: all it accepted must be accepted still. For
what clients are sent (``out``, responses and events) today's schema is. What cannot be shown to be harmless is
reported, and a person overrules it.
"""

import json
from collections.abc import Sequence
from typing import Any, Literal

from dev.contracts.breaking import facets, fields
from dev.contracts.breaking.documents import Document, Schema, bare
from dev.contracts.breaking.finding import Break
from dev.contracts.breaking.kinds import Kind, TooDeepError, kinds

Way = Literal["in", "out"]
_RULES: dict[Way, dict[str, str]] = {
    "in": {
        "type": "type-narrowed",
        "null": "null-refused",
        "enum": "enum-value-removed",
        "open": "enum-added",
        "limit": "limit-tightened",
        "pattern": "pattern-changed",
        "format": "format-tightened",
        "variant": "variant-removed",
    },
    "out": {
        "type": "type-widened",
        "null": "null-added",
        "enum": "enum-value-added",
        "open": "enum-opened",
        "limit": "limit-loosened",
        "pattern": "pattern-changed",
        "format": "format-loosened",
        "variant": "variant-added",
    },
}


class Comparison:
    """The comparison of two documents' schemas one way; keeps what it has worked out."""

    def __init__(self, old: Document, new: Document, way: Way) -> None:
        self.old = old
        self.new = new
        self.way: Way = way
        self._known: dict[tuple[str, str], list[Break]] = {}

    def breaks(self, old: Schema, new: Schema) -> list[Break]:
        """Everything about ``new`` that would break a client who knows ``old``."""
        try:
            return self.schemas(old, new)
        except TooDeepError as error:
            return [Break("constraint-changed", "", f"cannot be compared: {error}")]

    def schemas(self, old: Schema, new: Schema) -> list[Break]:
        """The same, for schemas inside those compared."""
        if self.old.digest(old) == self.new.digest(new):
            return []
        key = (json.dumps(bare(old), sort_keys=True), json.dumps(bare(new), sort_keys=True))
        if key not in self._known:
            self._known[key] = []  # a schema that holds itself: taken to fit while that is worked out
            self._known[key] = self._differences(old, new)
        return self._known[key]

    def ordered(self, sub: Schema, sup: Schema) -> list[Break]:
        """The same for a sender's and a receiver's schema."""
        return self.schemas(sub, sup) if self.way == "in" else self.schemas(sup, sub)

    def rule(self, aspect: str, detail: str, where: str = "") -> Break:
        return Break(_RULES[self.way][aspect], where, detail)

    def directed(self, old: Any, new: Any) -> tuple[Any, Any]:
        """(sender's, receiver's) of the two."""
        return (old, new) if self.way == "in" else (new, old)

    def _differences(self, old: Schema, new: Schema) -> list[Break]:
        sub, sup = self.directed(kinds(old, self.old), kinds(new, self.new))
        if sup and not sub:
            return [Break("constraint-changed", "", "no value at all is valid")]
        return [one for kind in sub for one in self._fit(kind, sup)]

    def _fit(self, kind: Kind, takers: Sequence[Kind]) -> list[Break]:
        """What keeps the kind from being taken by one of the receiver's kinds."""
        fitting = [taker for taker in takers if taker.type in {kind.type, "any"} or _whole(kind, taker)]
        if not fitting:
            said = ", ".join(sorted({taker.type for taker in takers})) or "nothing"
            return [self.rule("null" if kind.type == "null" else "type", f"{kind.type} against {said}")]
        if len(fitting) == 1:
            return self.pair(kind, fitting[0])
        namesake = self._namesake(kind, fitting)
        if namesake is not None:
            return self.pair(kind, namesake)
        if any(not self.pair(kind, taker) for taker in fitting):
            return []
        shown = kind.name or json.dumps(dict(kind.words), sort_keys=True)[:80]
        return [self.rule("variant", f"{kind.type} {shown} fits none of the {len(fitting)} others")]

    def _namesake(self, kind: Kind, takers: Sequence[Kind]) -> Kind | None:
        """The one that is marked alike (``type: "card"``), or else has the same name."""
        mine, its = self.directed(self.old, self.new)
        tags = kind.tags(mine)
        marked = [taker for taker in takers if _share(tags, taker.tags(its))]
        named = [taker for taker in takers if kind.name and taker.name == kind.name]
        return next((group[0] for group in (marked, named) if len(group) == 1), None)

    def pair(self, sub: Kind, sup: Kind) -> list[Break]:
        """Two kinds of the same type."""
        found = [
            Break("constraint-changed", "", f"what `{word}` says is not what it was")
            for word, digest in sup.opaque.items()
            if sub.opaque.get(word) != digest
        ]
        if sup.type == "any" and "enum" not in sup.words:
            return found
        for aspect, detail in facets.differences(sub, sup):
            if not (aspect in {"enum", "open"} and self.way == "out" and sup.words.get("x-extensible-enum")):
                found.append(self.rule(aspect, detail))
        if sub.type == "array":
            found += fields.entries(self, sub, sup)
        if sub.type == "object":
            found += fields.fields(self, sub, sup)
        return found


def _whole(kind: Kind, taker: Kind) -> bool:
    return kind.type == "integer" and taker.type == "number"


def _share(mine: dict[str, frozenset[Any]], its: dict[str, frozenset[Any]]) -> bool:
    return any(name in its and not mine[name].isdisjoint(its[name]) for name in mine)
