"""What limits a value of one type: text, number, length of a list, count of fields.

Each check asks whether the receiver takes all that the sender may send. A difference is (aspect, words for
people); the aspects are enum, open (any value against a list), limit, pattern and format.
"""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from dev.contracts.compatibility import scalars
from dev.contracts.compatibility.variants import Variant

Keywords = Mapping[str, Any]
Differences = Iterator[tuple[str, str]]
# (narrower, wider): a checker of the wider format accepts all that one of the narrower does.
_WIDER_FORMATS = {
    ("int32", "int64"),
    ("float", "double"),
    ("email", "idn-email"),
    ("hostname", "idn-hostname"),
    ("uri", "uri-reference"),
    ("uri", "iri"),
    ("iri", "iri-reference"),
}
_MAX_VALUES_LISTED = 6


def compare_limits(sender: Variant, receiver: Variant) -> Differences:
    """Find what of the sender's values does not fit the receiver's limits."""
    if "enum" in sender.keywords:
        yield from _compare_values(sender.keywords["enum"], receiver)
        return
    if "enum" in receiver.keywords:
        values = receiver.keywords["enum"]
        is_full = sender.type == "boolean" and {True, False} <= set(values)
        if not is_full and sender.type != "null":
            yield "open", f"any {sender.type} against the list {_show_values(values)}"
        return
    yield from _CHECKS.get(receiver.type, _compare_nothing)(sender.keywords, receiver.keywords, sender.type)


def _compare_nothing(_sender: Keywords, _receiver: Keywords, _type: str) -> Differences:
    return iter(())


def _compare_values(values: list[Any], receiver: Variant) -> Differences:
    """Try the listed values one by one."""
    if "enum" in receiver.keywords:
        allowed = receiver.keywords["enum"]
        outside = [value for value in values if value not in allowed]
        if outside:
            yield "enum", f"{_show_values(outside)} against the list {_show_values(allowed)}"
        return
    refused = scalars.list_refused(values, receiver.keywords)
    outside = values if refused is None else refused
    if outside:
        yield "limit", f"{_show_values(outside)} against {dict(receiver.keywords)}"
    if "format" in receiver.keywords:
        yield "format", f"a list of values against the format {receiver.keywords['format']}"


def _compare_text(sender: Keywords, receiver: Keywords, _type: str) -> Differences:
    least, most = sender.get("minLength", 0), sender.get("maxLength", float("inf"))
    if least < receiver.get("minLength", 0):
        yield "limit", f"least length {least} against {receiver['minLength']}"
    if most > receiver.get("maxLength", float("inf")):
        yield "limit", f"greatest length {sender.get('maxLength', '(any)')} against {receiver['maxLength']}"
    if "pattern" in receiver and sender.get("pattern") != receiver["pattern"]:
        # Whether one expression accepts all that another accepts is for a person to judge.
        yield "pattern", f"pattern {sender.get('pattern', '(none)')} against {receiver['pattern']}"
    yield from _compare_format(sender, receiver)


def _compare_format(sender: Keywords, receiver: Keywords) -> Differences:
    sender_format, receiver_format = sender.get("format"), receiver.get("format")
    if (
        receiver_format is not None
        and sender_format != receiver_format
        and (sender_format, receiver_format) not in _WIDER_FORMATS
    ):
        yield "format", f"format {sender_format or '(none)'} against {receiver_format}"


def _compare_number(sender: Keywords, receiver: Keywords, name: str) -> Differences:
    if _find_least(sender, name) < _find_least(receiver, name):
        yield (
            "limit",
            f"least value {_show_bound(sender, 'Minimum')} against {_show_bound(receiver, 'Minimum')}",
        )
    if _find_greatest(sender, name) > _find_greatest(receiver, name):
        bounds = f"{_show_bound(sender, 'Maximum')} against {_show_bound(receiver, 'Maximum')}"
        yield "limit", f"greatest value {bounds}"
    step = receiver.get("multipleOf")
    if step is not None and _find_step(sender, name) % Fraction(str(step)) != 0:
        yield "limit", f"step {sender.get('multipleOf', '(none)')} against {step}"
    yield from _compare_format(sender, receiver)


def _find_least(keywords: Keywords, name: str) -> tuple[float, int]:
    """Find the lower end as (value, 1 if the value itself is outside); the least value of integers."""
    ends = [(float(keywords["minimum"]), 0)] if "minimum" in keywords else []
    if "exclusiveMinimum" in keywords:
        end = keywords["exclusiveMinimum"]
        is_whole = name == "integer" and float(end).is_integer()
        ends.append((float(end + 1), 0) if is_whole else (float(end), 1))
    return max(ends, default=(float("-inf"), 0))


def _find_greatest(keywords: Keywords, name: str) -> tuple[float, int]:
    """Find the upper end as (value, -1 if the value itself is outside); the greatest value of integers."""
    ends = [(float(keywords["maximum"]), 0)] if "maximum" in keywords else []
    if "exclusiveMaximum" in keywords:
        end = keywords["exclusiveMaximum"]
        is_whole = name == "integer" and float(end).is_integer()
        ends.append((float(end - 1), 0) if is_whole else (float(end), -1))
    return min(ends, default=(float("inf"), 0))


def _show_bound(keywords: Keywords, end: str) -> str:
    bounds = {keywords[keyword] for keyword in (end.lower(), f"exclusive{end}") if keyword in keywords}
    return ", ".join(str(bound) for bound in sorted(bounds)) or "(none)"


def _find_step(keywords: Keywords, name: str) -> Fraction:
    """Find what every value is a multiple of. A number may be anything: no step divides it."""
    if "multipleOf" in keywords:
        return Fraction(str(keywords["multipleOf"]))
    return Fraction(1) if name == "integer" else Fraction(1, 2**1074)


def _compare_list(sender: Keywords, receiver: Keywords, _type: str) -> Differences:
    yield from _compare_count(sender, receiver, "Items", "entries")
    if receiver.get("uniqueItems") and not sender.get("uniqueItems"):
        yield "limit", "entries may repeat against entries must differ"


def _compare_object(sender: Keywords, receiver: Keywords, _type: str) -> Differences:
    yield from _compare_count(sender, receiver, "Properties", "fields")


def _compare_count(sender: Keywords, receiver: Keywords, suffix: str, noun: str) -> Differences:
    least, most = f"min{suffix}", f"max{suffix}"
    if sender.get(least, 0) < receiver.get(least, 0):
        yield "limit", f"at least {sender.get(least, 0)} {noun} against {receiver[least]}"
    if sender.get(most, float("inf")) > receiver.get(most, float("inf")):
        yield "limit", f"at most {sender.get(most, '(any)')} {noun} against {receiver[most]}"


def _show_values(values: list[Any]) -> str:
    text = ", ".join(repr(value) for value in values[:_MAX_VALUES_LISTED])
    remaining = len(values) - _MAX_VALUES_LISTED
    return f"{text} and {remaining} more" if remaining > 0 else text


_CHECKS: dict[str, Callable[[Keywords, Keywords, str], Differences]] = {
    "string": _compare_text,
    "integer": _compare_number,
    "number": _compare_number,
    "array": _compare_list,
    "object": _compare_object,
}
