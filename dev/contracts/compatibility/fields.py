"""The fields of an object and the entries of a list, compared.

A comparison yields what breaks, and the pairs of inner schemas that are still to be compared.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dev.contracts.compatibility.documents import Schema
from dev.contracts.compatibility.findings import BreakingChange
from dev.contracts.compatibility.pairs import Direction, DocumentPair, SchemaPair
from dev.contracts.compatibility.variants import Variant

Keywords = Mapping[str, Any]
Differences = Iterator[BreakingChange | SchemaPair]
_ABSENT = object()
_ONE_WAY: dict[Direction, tuple[str, str]] = {
    "request": ("readOnly", "field-made-read-only"),
    "response": ("writeOnly", "field-made-write-only"),
}


def compare_fields(documents: DocumentPair, sender: Variant, receiver: Variant) -> Differences:
    """Find what of one object's fields breaks a client that knows the other."""
    old, new = documents.order(sender.keywords, receiver.keywords)
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, schema in before.items():
        if name in after:
            yield from _compare_field(documents, name, schema, after[name])
        else:
            yield _report_removed(documents, name, before, after)
    yield from _compare_required(documents, old, new)
    yield from _compare_mapped(documents, sender.keywords, receiver.keywords)
    yield from _compare_unnamed(documents, sender.keywords, receiver.keywords)


def _report_removed(documents: DocumentPair, name: str, before: Keywords, after: Keywords) -> BreakingChange:
    digest = documents.old.compute_digest(before[name])
    added = [field for field in after if field not in before]
    renamed = next((field for field in added if documents.new.compute_digest(after[field]) == digest), None)
    hint = f"; `{renamed}` looks like its new name" if renamed else ""
    return BreakingChange("field-removed", name, f"the field is gone{hint}")


def _compare_required(documents: DocumentPair, old: Keywords, new: Keywords) -> Iterator[BreakingChange]:
    before, after = set(old.get("required", [])), set(new.get("required", []))
    if documents.direction == "request":
        for name in sorted(after - before):
            existed = name in old.get("properties", {})
            rule = "field-made-required" if existed else "required-field-added"
            yield BreakingChange(rule, name, "a request that leaves it out was valid and is refused")
        return
    for name in sorted(before - after):
        if name in new.get("properties", {}) or name not in old.get("properties", {}):
            yield BreakingChange(
                "field-made-optional", name, "the field was always there and may now be missing"
            )


def _compare_field(documents: DocumentPair, name: str, before: Schema, after: Schema) -> Differences:
    """Compare a field that both have, unless the last release said that it is never sent this way."""
    mark, rule = _ONE_WAY[documents.direction]
    if _is_marked(before, mark):
        return
    yield SchemaPair(name, before, after)
    if _is_marked(after, mark):
        yield BreakingChange(rule, name, f"the field is {mark} now")
    if documents.direction == "request":
        yield from compare_defaults(name, before, after)


def _is_marked(schema: Schema, mark: str) -> bool:
    return isinstance(schema, dict) and bool(schema.get(mark))


def compare_defaults(location: str, before: Schema, after: Schema) -> Iterator[BreakingChange]:
    """Report a default that the last release stated and that is another now, or gone."""
    old, new = _get_default(before), _get_default(after)
    if old is not _ABSENT and old != new:
        now = "is gone" if new is _ABSENT else f"is now {new!r}"
        yield BreakingChange("default-changed", location, f"the default {old!r} {now}")


def _get_default(schema: Schema) -> Any:
    return schema.get("default", _ABSENT) if isinstance(schema, dict) else _ABSENT


def _compare_mapped(documents: DocumentPair, sender: Keywords, receiver: Keywords) -> Differences:
    """Compare fields that one names and the other leaves to ``additionalProperties``."""
    sender_fields, receiver_fields = sender.get("properties", {}), receiver.get("properties", {})
    takes_others = receiver.get("additionalProperties", True)
    for name in sorted(sender_fields.keys() - receiver_fields.keys()):
        if takes_others is False and documents.direction == "response":
            yield BreakingChange(
                "field-added-to-closed-object", name, "clients were told the object is complete"
            )
        elif isinstance(takes_others, dict):
            yield SchemaPair(name, *documents.order(sender_fields[name], takes_others))
    sends_others = sender.get("additionalProperties", False)
    if documents.direction == "request" and sends_others is not False:
        for name in sorted(receiver_fields.keys() - sender_fields.keys()):
            yield SchemaPair(name, *documents.order(sends_others, receiver_fields[name]))


def _compare_unnamed(documents: DocumentPair, sender: Keywords, receiver: Keywords) -> Differences:
    """Compare fields that neither names. A receiver that says nothing of them ignores them."""
    takes_others = receiver.get("additionalProperties", True)
    sends_others = sender.get("additionalProperties")
    if takes_others is True or sends_others is False:
        return
    if sends_others is None or takes_others is False:
        rule = "object-closed" if documents.direction == "request" else "object-opened"
        yield BreakingChange(rule, "", "unnamed fields may be there against may not")
        return
    yield SchemaPair("{}", *documents.order(sends_others, takes_others))


def compare_entries(documents: DocumentPair, sender: Variant, receiver: Variant) -> Differences:
    """Find what of one list's entries breaks a client that knows the other."""
    sender_entries, receiver_entries = (
        sender.keywords.get("prefixItems", []),
        receiver.keywords.get("prefixItems", []),
    )
    sender_rest, receiver_rest = sender.keywords.get("items", True), receiver.keywords.get("items", True)
    count = max(len(sender_entries), len(receiver_entries))
    for index in range(count):
        entry = sender_entries[index] if index < len(sender_entries) else sender_rest
        taker = receiver_entries[index] if index < len(receiver_entries) else receiver_rest
        if entry is not False:
            yield SchemaPair(f"[{index}]", *documents.order(entry, taker))
    if sender_rest is not False and sender.keywords.get("maxItems", float("inf")) > count:
        yield SchemaPair("[]", *documents.order(sender_rest, receiver_rest))
