"""The fields of an object and the entries of a list, compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dev.contracts.breaking.finding import Break

if TYPE_CHECKING:
    from dev.contracts.breaking.kinds import Kind
    from dev.contracts.breaking.schemas import Comparison

_ABSENT = object()


def fields(comparison: Comparison, sub: Kind, sup: Kind) -> list[Break]:
    """What of one object's fields breaks a client that knows the other."""
    old, new = comparison.directed(sub, sup)
    before, after = old.words.get("properties", {}), new.words.get("properties", {})
    found = [_removed(comparison, name, before, after) for name in before if name not in after]
    found += _required(comparison, old.words, new.words)
    for name in before:
        if name in after:
            found += _field(comparison, name, before[name], after[name])
    found += _between(comparison, sub.words, sup.words)
    found += _others(comparison, sub.words, sup.words)
    return found


def _removed(comparison: Comparison, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Break:
    digest = comparison.old.digest(before[name])
    likely = [one for one in after if one not in before and comparison.new.digest(after[one]) == digest]
    hint = f"; `{likely[0]}` looks like its new name" if likely else ""
    return Break("field-removed", name, f"the field is gone{hint}")


def _required(comparison: Comparison, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Break]:
    before, after = set(old.get("required", [])), set(new.get("required", []))
    if comparison.way == "in":
        for name in sorted(after - before):
            known = name in old.get("properties", {})
            rule = "field-made-required" if known else "required-field-added"
            yield Break(rule, name, "who leaves it out, as was allowed, is refused")
        return
    for name in sorted(before - after):
        if name in new.get("properties", {}) or name not in old.get("properties", {}):
            yield Break("field-made-optional", name, "the field was always there and may now be missing")


def _field(comparison: Comparison, name: str, before: Any, after: Any) -> list[Break]:
    """A field that both have. What the last release said is never sent this way is not compared."""
    word, rule = {
        "in": ("readOnly", "field-made-read-only"),
        "out": ("writeOnly", "field-made-write-only"),
    }[comparison.way]
    if _says(before, word):
        return []
    found = [one.below(name) for one in comparison.schemas(before, after)]
    if _says(after, word):
        found.append(Break(rule, name, f"the field is {word} now"))
    if comparison.way == "in" and default(before) is not _ABSENT and default(before) != default(after):
        found.append(Break("default-changed", name, default_change(before, after)))
    return found


def _says(schema: Any, word: str) -> bool:
    return isinstance(schema, dict) and bool(schema.get(word))


def default(schema: Any) -> Any:
    """The schema's default; a value equal to no other if it has none."""
    return schema.get("default", _ABSENT) if isinstance(schema, dict) else _ABSENT


def default_change(before: Any, after: Any) -> str:
    later = default(after)
    return f"the default {default(before)!r} " + ("is gone" if later is _ABSENT else f"is now {later!r}")


def _between(comparison: Comparison, sub: Mapping[str, Any], sup: Mapping[str, Any]) -> list[Break]:
    """Fields that one names and the other leaves to ``additionalProperties``."""
    mine, its = sub.get("properties", {}), sup.get("properties", {})
    found = []
    rest = sup.get("additionalProperties", True)
    for name in mine.keys() - its.keys():
        if rest is False and comparison.way == "out":
            found.append(Break("field-added-to-closed-object", name, "the object was said to be complete"))
        elif isinstance(rest, dict):
            found += [one.below(name) for one in comparison.ordered(mine[name], rest)]
    free = sub.get("additionalProperties", False)
    if comparison.way == "in" and free is not False:
        for name in its.keys() - mine.keys():
            found += [one.below(name) for one in comparison.ordered(free, its[name])]
    return found


def _others(comparison: Comparison, sub: Mapping[str, Any], sup: Mapping[str, Any]) -> list[Break]:
    """Fields that neither names. Left unsaid, they are ignored by the receiver."""
    rest, free = sup.get("additionalProperties", True), sub.get("additionalProperties")
    if rest is True or free is False:
        return []
    if free is None or rest is False:
        rule = "object-closed" if comparison.way == "in" else "object-opened"
        return [Break(rule, "", "fields that are not named may be there against may not")]
    return [one.below("{}") for one in comparison.ordered(free, rest)]


def entries(comparison: Comparison, sub: Kind, sup: Kind) -> list[Break]:
    """What of one list's entries breaks a client that knows the other."""
    mine, its = sub.words.get("prefixItems", []), sup.words.get("prefixItems", [])
    found: list[Break] = []
    for place in range(max(len(mine), len(its))):
        one = mine[place] if place < len(mine) else sub.words.get("items", True)
        two = its[place] if place < len(its) else sup.words.get("items", True)
        if one is not False:
            found += [each.below(f"[{place}]") for each in comparison.ordered(one, two)]
    one, two = sub.words.get("items", True), sup.words.get("items", True)
    if one is not False and sub.words.get("maxItems", float("inf")) > max(len(mine), len(its)):
        found += [each.below("[]") for each in comparison.ordered(one, two)]
    return found
