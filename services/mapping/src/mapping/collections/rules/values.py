"""The properties of a feature against the schema of its layer, and a merge patch on them (RFC 7396). Pure."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from mapping.collections.rules.layers import Property

MAX_TEXT = 10_000
MAX_WHOLE = 2**53 - 1
"""The greatest whole number that every reader of JSON reads exactly (RFC 8259, section 6)."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})",
    re.ASCII,
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Fault(NamedTuple):
    """What is wrong with a property or the geometry: a ``code`` that stays, a ``message`` for people."""

    field: str
    code: str
    message: str


class _WrongValueError(ValueError):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def merge_patch(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Apply a merge patch: a null unsets its member, an object is merged, all else takes its place."""
    merged = dict(target)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            before = merged.get(name)
            merged[name] = merge_patch(before if isinstance(before, Mapping) else {}, value)
        else:
            merged[name] = value
    return merged


def check_values(
    schema: Sequence[Property], values: Mapping[str, Any]
) -> tuple[dict[str, Any], Sequence[Fault]]:
    """Check values against the properties that somebody may see.

    Returns them as they are kept, without nulls and in the schema's order, and what is wrong with them. A
    property that they may not see is an unknown one: nobody learns that there is such.
    """
    names = {each.name for each in schema}
    faults = [
        Fault(name, "unknown_property", "the layer has no such property")
        for name in values
        if name not in names
    ]
    checked: dict[str, Any] = {}
    for each in schema:
        value = values.get(each.name)
        if value is None or value == "":
            if each.required:
                faults.append(Fault(each.name, "missing", f"{each.title} is needed"))
            continue
        try:
            checked[each.name] = check_value(each, value)
        except _WrongValueError as error:
            faults.append(Fault(each.name, error.code, str(error)))
    return checked, faults


def check_value(schema: Property, value: Any) -> Any:
    """Check a value of a property, and return it as it is kept. Raises ValueError for a wrong one."""
    checked = _CHECKS[schema.type](value)
    if schema.values and str(checked) not in schema.values:
        raise _WrongValueError("not_allowed", f"must be one of: {', '.join(schema.values)}")
    return checked


def _check_string(value: Any) -> str:
    if not isinstance(value, str):
        raise _WrongValueError("not_text", "must be text")
    if len(value) > MAX_TEXT:
        raise _WrongValueError("too_long", f"may have {MAX_TEXT:,} characters")
    if _UNSTORABLE.search(value):
        raise _WrongValueError("not_storable", "holds a character that cannot be stored")
    return value


def _check_integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise _WrongValueError("not_whole", "must be a whole number")
    if abs(value) > MAX_WHOLE:
        raise _WrongValueError("too_large", f"whole numbers go to {MAX_WHOLE}")
    return int(value)


def _check_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _WrongValueError("not_a_number", "must be a number")
    if isinstance(value, int) and abs(value) > MAX_WHOLE:
        raise _WrongValueError("too_large", f"whole numbers go to {MAX_WHOLE}")
    return value


def _check_boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _WrongValueError("not_boolean", "must be true or false")
    return value


def _check_date(value: Any) -> str:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise _WrongValueError("not_a_date", "must be a date such as 2026-04-27")


def _check_moment(value: Any) -> str:
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).isoformat()
        except ValueError:
            pass
    raise _WrongValueError(
        "not_a_moment", "must be a date and time with its zone, such as 2026-04-27T09:30:00Z"
    )


_CHECKS = {
    "string": _check_string,
    "integer": _check_integer,
    "number": _check_number,
    "boolean": _check_boolean,
    "date": _check_date,
    "date-time": _check_moment,
}


def replace_values(
    properties: Sequence[Property],
    visible: Sequence[Property],
    before: Mapping[str, Any],
    values: Mapping[str, Any],
) -> tuple[dict[str, Any], Sequence[Fault]]:
    """Check values that take the place of those before; what their writer may not see stays as it was."""
    checked, faults = check_values(visible, values)
    visible_names = {each.name for each in visible}
    hidden = {
        each.name: before[each.name]
        for each in properties
        if each.name not in visible_names and each.name in before
    }
    return checked | hidden, faults


def patch_values(
    properties: Sequence[Property],
    visible: Sequence[Property],
    before: Mapping[str, Any],
    patch: Mapping[str, Any],
) -> tuple[dict[str, Any], Sequence[Fault]]:
    """Check values after a merge patch, as ``replace_values``.

    Only what the patch names is checked, and what is needed: a value that was loaded from a file with another
    schema does not stand in the way of a new one beside it.
    """
    visible_names = {each.name for each in visible}
    patched = [each for each in visible if each.name in patch]
    unpatched = {name: value for name, value in before.items() if name not in patch}
    merged = merge_patch(
        {name: before[name] for name in patch if name in before and name in visible_names}, patch
    )
    checked, faults = check_values(patched, {name: merged.get(name) for name in patch})
    return _order(properties, unpatched | checked), faults


def _order(properties: Sequence[Property], values: Mapping[str, Any]) -> dict[str, Any]:
    order = {each.name: index for index, each in enumerate(properties)}
    return dict(sorted(values.items(), key=lambda item: (order.get(item[0], len(order)), item[0])))
