"""Two schemas compared: what of the sender's values the receiver would not take.

What cannot be shown to be harmless is reported, and a person overrules it.
"""

import json
from collections.abc import Iterator, Sequence

from dev.contracts.breaking import facets, fields
from dev.contracts.breaking.direction import Direction, Way
from dev.contracts.breaking.documents import Document, Schema, bare
from dev.contracts.breaking.finding import Break
from dev.contracts.breaking.kinds import Kind, TooDeepError, kinds


class Comparison:
    """The comparison of two documents' schemas in one direction. It keeps the results for inner schemas."""

    def __init__(self, old: Document, new: Document, way: Way) -> None:
        self.direction = Direction(old, new, way)
        self._results: dict[tuple[str, str], list[Break]] = {}

    def compare(self, old: Schema, new: Schema) -> list[Break]:
        """Find everything about ``new`` that would break a client who knows ``old``."""
        try:
            return self._compare(old, new)
        except TooDeepError as error:
            return [Break("constraint-changed", "", f"cannot be compared: {error}")]

    def _compare(self, old: Schema, new: Schema) -> list[Break]:
        if self.direction.old.digest(old) == self.direction.new.digest(new):
            return []
        key = (json.dumps(bare(old), sort_keys=True), json.dumps(bare(new), sort_keys=True))
        if key not in self._results:
            self._results[key] = []  # a schema that holds itself: taken to fit while that is worked out
            self._results[key] = self._find_breaks(old, new)
        return self._results[key]

    def _find_breaks(self, old: Schema, new: Schema) -> list[Break]:
        senders, receivers = self.direction.order(
            kinds(old, self.direction.old), kinds(new, self.direction.new)
        )
        if receivers and not senders:
            return [Break("constraint-changed", "", "no value at all is valid")]
        return [found for sender in senders for found in self._fit(sender, receivers)]

    def _fit(self, sender: Kind, receivers: Sequence[Kind]) -> list[Break]:
        """Find what keeps the sender's kind from being taken by one of the receiver's kinds."""
        takers = [receiver for receiver in receivers if _may_take(receiver, sender)]
        if not takers:
            types = ", ".join(sorted({receiver.type for receiver in receivers})) or "nothing"
            aspect = "null" if sender.type == "null" else "type"
            return [self.direction.name_break(aspect, f"{sender.type} against {types}")]
        counterpart = takers[0] if len(takers) == 1 else self._find_counterpart(sender, takers)
        if counterpart is not None:
            return self._compare_kinds(sender, counterpart)
        if any(not self._compare_kinds(sender, taker) for taker in takers):
            return []
        label = sender.name or json.dumps(dict(sender.words), sort_keys=True)[:80]
        return [
            self.direction.name_break(
                "variant", f"{sender.type} {label} fits none of the {len(takers)} others"
            )
        ]

    def _find_counterpart(self, sender: Kind, takers: Sequence[Kind]) -> Kind | None:
        """Find the one that is marked alike (``type: "card"``), or else has the same name."""
        sending, receiving = self.direction.order(self.direction.old, self.direction.new)
        tags = sender.tags(sending)
        marked = [taker for taker in takers if _share_tag(tags, taker.tags(receiving))]
        named = [taker for taker in takers if sender.name and taker.name == sender.name]
        return next((group[0] for group in (marked, named) if len(group) == 1), None)

    def _compare_kinds(self, sender: Kind, receiver: Kind) -> list[Break]:
        """Compare two kinds of the same type."""
        breaks = [
            Break("constraint-changed", "", f"what `{word}` says is not what it was")
            for word, digest in receiver.opaque.items()
            if sender.opaque.get(word) != digest
        ]
        if receiver.type == "any" and "enum" not in receiver.words:
            return breaks
        breaks += self._compare_limits(sender, receiver)
        inner: fields.Differences = iter(())
        if sender.type == "array":
            inner = fields.compare_entries(self.direction, sender, receiver)
        if sender.type == "object":
            inner = fields.compare_fields(self.direction, sender, receiver)
        for difference in inner:
            breaks += self._resolve(difference)
        return breaks

    def _compare_limits(self, sender: Kind, receiver: Kind) -> Iterator[Break]:
        may_grow = self.direction.way == "out" and receiver.words.get("x-extensible-enum")
        for aspect, detail in facets.differences(sender, receiver):
            if not (may_grow and aspect in {"enum", "open"}):
                yield self.direction.name_break(aspect, detail)

    def _resolve(self, difference: Break | fields.InnerPair) -> list[Break]:
        if isinstance(difference, Break):
            return [difference]
        return [found.below(difference.where) for found in self._compare(difference.old, difference.new)]


def _may_take(receiver: Kind, sender: Kind) -> bool:
    whole = sender.type == "integer" and receiver.type == "number"
    return receiver.type in {sender.type, "any"} or whole


def _share_tag(tags: dict[str, frozenset[str | int]], others: dict[str, frozenset[str | int]]) -> bool:
    return any(name in others and not tags[name].isdisjoint(others[name]) for name in tags)
