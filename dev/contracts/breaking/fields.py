"""The fields of an object and the entries of a list, compared.

A comparison yields what breaks, and the pairs of inner schemas that are still to be compared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dev.contracts.breaking.direction import Direction
from dev.contracts.breaking.documents import Schema
from dev.contracts.breaking.finding import Break
from dev.contracts.breaking.kinds import Kind

_ABSENT = object()
_ONE_WAY = {"in": ("readOnly", "field-made-read-only"), "out": ("writeOnly", "field-made-write-only")}


@dataclass(frozen=True, slots=True)
class InnerPair:
    """Two schemas inside those compared, in the order of the documents."""

    where: str
    old: Schema
    new: Schema


Differences = Iterator[Break | InnerPair]


def compare_fields(direction: Direction, sender: Kind, receiver: Kind) -> Differences:
    """Find what of one object's fields breaks a client that knows the other."""
    old, new = direction.order(sender.words, receiver.words)
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, schema in before.items():
        if name in after:
            yield from _compare_field(direction, name, schema, after[name])
        else:
            yield _report_removed(direction, name, before, after)
    yield from _compare_required(direction, old, new)
    yield from _compare_mapped(direction, sender.words, receiver.words)
    yield from _compare_unnamed(direction, sender.words, receiver.words)


def _report_removed(
    direction: Direction, name: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Break:
    digest = direction.old.digest(before[name])
    added = [field for field in after if field not in before]
    renamed = next((field for field in added if direction.new.digest(after[field]) == digest), None)
    hint = f"; `{renamed}` looks like its new name" if renamed else ""
    return Break("field-removed", name, f"the field is gone{hint}")


def _compare_required(
    direction: Direction, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Break]:
    before, after = set(old.get("required", [])), set(new.get("required", []))
    if direction.way == "in":
        for name in sorted(after - before):
            known = name in old.get("properties", {})
            rule = "field-made-required" if known else "required-field-added"
            yield Break(rule, name, "who leaves it out, as was allowed, is refused")
        return
    for name in sorted(before - after):
        if name in new.get("properties", {}) or name not in old.get("properties", {}):
            yield Break("field-made-optional", name, "the field was always there and may now be missing")


def _compare_field(direction: Direction, name: str, before: Schema, after: Schema) -> Differences:
    """Compare a field that both have, unless the last release said it never goes this way."""
    mark, rule = _ONE_WAY[direction.way]
    if _is_marked(before, mark):
        return
    yield InnerPair(name, before, after)
    if _is_marked(after, mark):
        yield Break(rule, name, f"the field is {mark} now")
    if direction.way == "in" and has_default(before) and default(before) != default(after):
        yield Break("default-changed", name, describe_default_change(before, after))


def _is_marked(schema: Schema, mark: str) -> bool:
    return isinstance(schema, dict) and bool(schema.get(mark))


def has_default(schema: Schema) -> bool:
    """Say whether the schema states a default."""
    return default(schema) is not _ABSENT


def default(schema: Schema) -> Any:
    """Get the schema's default; a value equal to no other if it has none."""
    return schema.get("default", _ABSENT) if isinstance(schema, dict) else _ABSENT


def describe_default_change(before: Schema, after: Schema) -> str:
    """Say in words how a default changed."""
    now = f"is now {default(after)!r}" if has_default(after) else "is gone"
    return f"the default {default(before)!r} {now}"


def _compare_mapped(
    direction: Direction, sender: Mapping[str, Any], receiver: Mapping[str, Any]
) -> Differences:
    """Compare fields that one names and the other leaves to ``additionalProperties``."""
    sent, taken = sender.get("properties", {}), receiver.get("properties", {})
    takes_others = receiver.get("additionalProperties", True)
    for name in sorted(sent.keys() - taken.keys()):
        if takes_others is False and direction.way == "out":
            yield Break("field-added-to-closed-object", name, "the object was said to be complete")
        elif isinstance(takes_others, dict):
            yield InnerPair(name, *direction.order(sent[name], takes_others))
    sends_others = sender.get("additionalProperties", False)
    if direction.way == "in" and sends_others is not False:
        for name in sorted(taken.keys() - sent.keys()):
            yield InnerPair(name, *direction.order(sends_others, taken[name]))


def _compare_unnamed(
    direction: Direction, sender: Mapping[str, Any], receiver: Mapping[str, Any]
) -> Differences:
    """Compare fields that neither names. Where nothing is said of them, the receiver ignores them."""
    takes_others, sends_others = (
        receiver.get("additionalProperties", True),
        sender.get("additionalProperties"),
    )
    if takes_others is True or sends_others is False:
        return
    if sends_others is None or takes_others is False:
        rule = "object-closed" if direction.way == "in" else "object-opened"
        yield Break(rule, "", "fields that are not named may be there against may not")
        return
    yield InnerPair("{}", *direction.order(sends_others, takes_others))


def compare_entries(direction: Direction, sender: Kind, receiver: Kind) -> Differences:
    """Find what of one list's entries breaks a client that knows the other."""
    sent, taken = sender.words.get("prefixItems", []), receiver.words.get("prefixItems", [])
    sent_rest, taken_rest = sender.words.get("items", True), receiver.words.get("items", True)
    for index in range(max(len(sent), len(taken))):
        entry = sent[index] if index < len(sent) else sent_rest
        taker = taken[index] if index < len(taken) else taken_rest
        if entry is not False:
            yield InnerPair(f"[{index}]", *direction.order(entry, taker))
    if sent_rest is not False and sender.words.get("maxItems", float("inf")) > max(len(sent), len(taken)):
        yield InnerPair("[]", *direction.order(sent_rest, taken_rest))
