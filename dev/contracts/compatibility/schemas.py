"""Two schemas compared: what of the sender's values the receiver would not take.

What cannot be shown to be harmless is reported, and a person overrules it.
"""

import json
from collections.abc import Iterator, Sequence

from dev.contracts.compatibility.documents import Document, Schema, strip_annotations
from dev.contracts.compatibility.fields import Differences, compare_entries, compare_fields
from dev.contracts.compatibility.findings import BreakingChange
from dev.contracts.compatibility.limits import compare_limits
from dev.contracts.compatibility.pairs import Direction, DocumentPair, SchemaPair
from dev.contracts.compatibility.variants import Tags, TooDeepError, Variant, list_variants


class SchemaComparison:
    """The comparison of two documents' schemas in one direction; it keeps its results."""

    def __init__(self, old: Document, new: Document, direction: Direction) -> None:
        self.documents = DocumentPair(old, new, direction)
        self._results: dict[tuple[str, str], list[BreakingChange]] = {}

    def compare(self, old: Schema, new: Schema) -> list[BreakingChange]:
        """Find everything about ``new`` that would break a client who knows ``old``."""
        try:
            return self._compare_inner(old, new)
        except TooDeepError as error:
            return [BreakingChange("constraint-changed", "", f"cannot be compared: {error}")]

    def _compare_inner(self, old: Schema, new: Schema) -> list[BreakingChange]:
        if self.documents.old.compute_digest(old) == self.documents.new.compute_digest(new):
            return []
        key = (
            json.dumps(strip_annotations(old), sort_keys=True),
            json.dumps(strip_annotations(new), sort_keys=True),
        )
        if key not in self._results:
            self._results[key] = []  # a schema that holds itself is taken to fit while it is compared
            self._results[key] = self._compare_variants(old, new)
        return self._results[key]

    def _compare_variants(self, old: Schema, new: Schema) -> list[BreakingChange]:
        before, after = list_variants(old, self.documents.old), list_variants(new, self.documents.new)
        senders, receivers = self.documents.order(before, after)
        if receivers and not senders:
            return [BreakingChange("constraint-changed", "", "no value at all is valid")]
        return [change for sender in senders for change in self._fit_variant(sender, receivers)]

    def _fit_variant(self, sender: Variant, receivers: Sequence[Variant]) -> list[BreakingChange]:
        """Find what keeps the sender's variant from being taken by one of the receiver's."""
        takers = [receiver for receiver in receivers if _has_type_for(receiver, sender)]
        if not takers:
            types = ", ".join(sorted({receiver.type for receiver in receivers})) or "nothing"
            aspect = "null" if sender.type == "null" else "type"
            return [self.documents.name_change(aspect, f"{sender.type} against {types}")]
        counterpart = takers[0] if len(takers) == 1 else self._find_counterpart(sender, takers)
        if counterpart is not None:
            return self._compare_variant(sender, counterpart)
        if any(not self._compare_variant(sender, taker) for taker in takers):
            return []
        label = sender.name or json.dumps(dict(sender.keywords), sort_keys=True)[:80]
        detail = f"{sender.type} {label} fits none of the {len(takers)} others"
        return [self.documents.name_change("variant", detail)]

    def _find_counterpart(self, sender: Variant, takers: Sequence[Variant]) -> Variant | None:
        """Find the one that has the same tag (``type: "card"``), or else the same name."""
        sending, receiving = self.documents.order(self.documents.old, self.documents.new)
        tags = sender.list_tags(sending)
        tagged = [taker for taker in takers if _share_tag(tags, taker.list_tags(receiving))]
        same_name = [taker for taker in takers if sender.name and taker.name == sender.name]
        return next((group[0] for group in (tagged, same_name) if len(group) == 1), None)

    def _compare_variant(self, sender: Variant, receiver: Variant) -> list[BreakingChange]:
        """Compare two variants of the same type."""
        changes = [
            BreakingChange("constraint-changed", "", f"`{keyword}` is not what it was")
            for keyword, digest in receiver.opaque.items()
            if sender.opaque.get(keyword) != digest
        ]
        if receiver.type == "any" and "enum" not in receiver.keywords:
            return changes
        changes += self._name_limits(sender, receiver)
        for difference in self._compare_contents(sender, receiver):
            changes += self._resolve_difference(difference)
        return changes

    def _name_limits(self, sender: Variant, receiver: Variant) -> Iterator[BreakingChange]:
        may_grow = self.documents.direction == "response" and receiver.keywords.get("x-extensible-enum")
        for aspect, detail in compare_limits(sender, receiver):
            if not (may_grow and aspect in {"enum", "open"}):
                yield self.documents.name_change(aspect, detail)

    def _compare_contents(self, sender: Variant, receiver: Variant) -> Differences:
        if sender.type == "array":
            return compare_entries(self.documents, sender, receiver)
        if sender.type == "object":
            return compare_fields(self.documents, sender, receiver)
        return iter(())

    def _resolve_difference(self, difference: BreakingChange | SchemaPair) -> list[BreakingChange]:
        if isinstance(difference, BreakingChange):
            return [difference]
        inner = self._compare_inner(difference.old, difference.new)
        return [change.move_below(difference.location) for change in inner]


def _has_type_for(receiver: Variant, sender: Variant) -> bool:
    is_whole_number = sender.type == "integer" and receiver.type == "number"
    return receiver.type in {sender.type, "any"} or is_whole_number


def _share_tag(tags: Tags, other_tags: Tags) -> bool:
    return any(name in other_tags and not tags[name].isdisjoint(other_tags[name]) for name in tags)
