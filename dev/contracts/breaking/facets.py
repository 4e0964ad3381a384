"""What limits a value of one type: text, number, list length.

Each check asks whether the receiver (``sup``) takes all that the sender (``sub``) may send.
"""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from dev.contracts.breaking import scalars
from dev.contracts.breaking.kinds import Kind

Words = Mapping[str, Any]
# What a checker of the wider format accepts of the narrower one.
_WIDER_FORMATS = {
    ("int32", "int64"),
    ("float", "double"),
    ("email", "idn-email"),
    ("hostname", "idn-hostname"),
    ("uri", "uri-reference"),
    ("uri", "iri"),
    ("iri", "iri-reference"),
}


def differences(sub: Kind, sup: Kind) -> Iterator[tuple[str, str]]:
    """What of ``sub`` does not fit ``sup``, as (aspect, words for people).

    Aspects: enum, open (any value against a list), limit, pattern, format.
    """
    if "enum" in sub.words:
        yield from _values(sub.words["enum"], sup)
        return
    if "enum" in sup.words:
        if not (sub.type == "boolean" and {True, False} <= set(sup.words["enum"])) and sub.type != "null":
            yield "open", f"any {sub.type} against the list {_shown(sup.words['enum'])}"
        return
    yield from _CHECKS.get(sup.type, _nothing)(sub.words, sup.words, sub.type)


def _nothing(_sub: Words, _sup: Words, _type: str) -> Iterator[tuple[str, str]]:
    return iter(())


def _values(values: list[Any], sup: Kind) -> Iterator[tuple[str, str]]:
    """Listed values are tried one by one."""
    if "enum" in sup.words:
        outside = [value for value in values if value not in sup.words["enum"]]
        if outside:
            yield "enum", f"{_shown(outside)} against the list {_shown(sup.words['enum'])}"
        return
    refused = scalars.refused(values, sup.words)
    outside = values if refused is None else refused
    if outside:
        yield "limit", f"{_shown(outside)} against {dict(sup.words)}"
    if "format" in sup.words:
        yield "format", f"a list of values against the format {sup.words['format']}"


def _text(sub: Words, sup: Words, _type: str) -> Iterator[tuple[str, str]]:
    mine, its = _lengths(sub), _lengths(sup)
    if mine[0] < its[0]:
        yield "limit", f"least length {mine[0]} against {its[0]}"
    if mine[1] > its[1]:
        yield "limit", f"greatest length {_number(mine[1])} against {_number(its[1])}"
    if "pattern" in sup and sub.get("pattern") != sup["pattern"]:
        # Whether one expression accepts all that another accepts is for a person to judge.
        yield "pattern", f"pattern {sub.get('pattern', '(none)')} against {sup['pattern']}"
    yield from _format(sub, sup)


def _lengths(words: Words) -> tuple[float, float]:
    return float(words.get("minLength", 0)), float(words.get("maxLength", "inf"))


def _format(sub: Words, sup: Words) -> Iterator[tuple[str, str]]:
    mine, its = sub.get("format"), sup.get("format")
    if its is not None and mine != its and (mine, its) not in _WIDER_FORMATS:
        yield "format", f"format {mine or '(none)'} against {its}"


def _numeric(sub: Words, sup: Words, kind: str) -> Iterator[tuple[str, str]]:
    if _least(sub, kind) < _least(sup, kind):
        yield "limit", f"least value {_bound(sub, 'Minimum')} against {_bound(sup, 'Minimum')}"
    if _greatest(sub, kind) > _greatest(sup, kind):
        yield "limit", f"greatest value {_bound(sub, 'Maximum')} against {_bound(sup, 'Maximum')}"
    step = sup.get("multipleOf")
    if step is not None and _step(sub, kind) % Fraction(str(step)) != 0:
        yield "limit", f"step {sub.get('multipleOf', '(none)')} against {step}"
    yield from _format(sub, sup)


def _least(words: Words, kind: str) -> tuple[float, int]:
    """The lower end as (value, 1 if the value itself is outside); for integers always the least value."""
    ends = [(float(words["minimum"]), 0)] if "minimum" in words else []
    if "exclusiveMinimum" in words:
        end = words["exclusiveMinimum"]
        ends.append((float(end + 1), 0) if kind == "integer" and float(end).is_integer() else (float(end), 1))
    return max(ends, default=(float("-inf"), 0))


def _greatest(words: Words, kind: str) -> tuple[float, int]:
    ends = [(float(words["maximum"]), 0)] if "maximum" in words else []
    if "exclusiveMaximum" in words:
        end = words["exclusiveMaximum"]
        whole = kind == "integer" and float(end).is_integer()
        ends.append((float(end - 1), 0) if whole else (float(end), -1))
    return min(ends, default=(float("inf"), 0))


def _bound(words: Words, end: str) -> str:
    found = {words[word] for word in (end.lower(), f"exclusive{end}") if word in words}
    return ", ".join(str(one) for one in sorted(found)) or "(none)"


def _step(words: Words, kind: str) -> Fraction:
    """What every value is a multiple of. A number may be anything: no step divides it."""
    if "multipleOf" in words:
        return Fraction(str(words["multipleOf"]))
    return Fraction(1) if kind == "integer" else Fraction(1, 2**1074)


def _list(sub: Words, sup: Words, _type: str) -> Iterator[tuple[str, str]]:
    yield from _count(sub, sup, "Items", "entries")
    if sup.get("uniqueItems") and not sub.get("uniqueItems"):
        yield "limit", "entries may repeat against entries must differ"


def _fields(sub: Words, sup: Words, _type: str) -> Iterator[tuple[str, str]]:
    yield from _count(sub, sup, "Properties", "fields")


def _count(sub: Words, sup: Words, what: str, said: str) -> Iterator[tuple[str, str]]:
    least, most = f"min{what}", f"max{what}"
    if sub.get(least, 0) < sup.get(least, 0):
        yield "limit", f"at least {sub.get(least, 0)} {said} against {sup[least]}"
    if sub.get(most, float("inf")) > sup.get(most, float("inf")):
        yield "limit", f"at most {sub.get(most, '(any)')} {said} against {sup[most]}"


def _number(value: float) -> str:
    return "(any)" if value == float("inf") else f"{value:g}"


def _shown(values: list[Any]) -> str:
    text = ", ".join(repr(value) for value in values[:6])
    return f"{text} and {len(values) - 6} more" if len(values) > 6 else text  # noqa: PLR2004


_CHECKS: dict[str, Callable[[Words, Words, str], Iterator[tuple[str, str]]]] = {
    "string": _text,
    "integer": _numeric,
    "number": _numeric,
    "array": _list,
    "object": _fields,
}
