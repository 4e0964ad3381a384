"""Match a file's fields with a layer's properties, and convert their values. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from mapping.collections.rules.layers import Property

_CUT = 10  # characters that a Shapefile keeps of a field's name
_MOST_INTEGER = 2**53  # beyond it JSON's readers round
_INTEGER = re.compile(r"[+-]?\d{1,3}(,\d{3})+|[+-]?\d{1,16}")
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][+-]?\d{1,2})?")
_BRITISH_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_TRUE, _FALSE = frozenset({"true", "yes", "y", "t", "1"}), frozenset({"false", "no", "n", "f", "0"})
_NAME = re.compile(r"[^a-z0-9]+")


def match_fields(
    names: Sequence[str], properties: Sequence[Property], chosen: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Match properties with fields of a file: the field of each property that has one.

    A person's choice goes first, then the same name, then one that differs in case or signs, then one that a
    Shapefile cut.
    """
    matched = {name: field for name, field in (chosen or {}).items() if field in names}
    for same in (str, _plain, _cut):
        left = {same(name): name for name in reversed(names) if name not in matched.values()}
        for each in properties:
            if each.name not in matched and same(each.name) in left:
                matched[each.name] = left.pop(same(each.name))
    return matched


def _plain(name: str) -> str:
    return _NAME.sub("", name.lower())


def _cut(name: str) -> str:
    return name.lower()[:_CUT]


def make_properties(fields: Sequence[Mapping[str, str]]) -> tuple[Property, ...]:
    """Make properties of a file's fields, for a layer that has none yet."""
    properties: dict[str, Property] = {}
    for field in fields:
        name = _NAME.sub("_", field["name"].lower()).strip("_")[:60] or "field"
        name = name if name[0].isalpha() else f"f_{name}"
        if name not in properties:
            properties[name] = Property(name, field["name"][:100], field["type"])  # type: ignore[arg-type]
    return tuple(properties.values())


def convert(value: Any, each: Property) -> Any:
    """Convert a value to its property's type; None of one that is missing. Raises ValueError."""
    if value is None or value == "":
        return None
    converted = _CONVERT[each.type](value)
    if each.values and converted not in each.values:
        raise ValueError(f"{str(value)[:40]!r} is not one of {', '.join(map(str, each.values[:10]))}")
    return converted


def _to_string(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _MOST_INTEGER:
        return str(int(value))  # a reference that a Shapefile keeps as a number
    return str(value)


def _to_integer(value: Any) -> int:
    if isinstance(value, str):
        if not _INTEGER.fullmatch(value.strip()):
            raise ValueError(f"{value[:40]!r} is no whole number")
        value = int(value.replace(",", ""))
    if (isinstance(value, float) and not value.is_integer()) or abs(value) > _MOST_INTEGER:
        raise ValueError(f"{value} is no whole number")
    return int(value)


def _to_number(value: Any) -> float | int:
    if not isinstance(value, str):
        return float(value) if isinstance(value, bool) else value
    bare = value.strip()
    if not _NUMBER.fullmatch(bare) or not any(map(str.isdigit, bare)):
        raise ValueError(f"{value[:40]!r} is no number")
    return float(bare.replace(",", ""))


def _to_boolean(value: Any) -> bool:
    text = str(value).strip().lower().removesuffix(".0")
    if text not in _TRUE | _FALSE:
        raise ValueError(f"{str(value)[:40]!r} is neither yes nor no")
    return text in _TRUE


def _to_date(value: Any) -> str:
    text = str(value).strip().replace("/", "-") if str(value)[:4].isdigit() else str(value).strip()
    try:
        if match := _BRITISH_DATE.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1])).isoformat()
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no date, such as 2026-12-01") from None


def _to_moment(value: Any) -> str:
    text = str(value).strip()
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no date and time, such as 2026-12-01T09:30:00Z") from None


_CONVERT = {
    "string": _to_string,
    "integer": _to_integer,
    "number": _to_number,
    "boolean": _to_boolean,
    "date": _to_date,
    "date-time": _to_moment,
}
