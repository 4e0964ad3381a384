"""Values of a case's fields, checked by the part of JSON Schema that case types use."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from casework.shared.slots import read_slot_id

MOST_CHARACTERS = 4000
MOST_ITEMS = 100
_TYPES = {"string": str, "integer": int, "boolean": bool, "array": list}
_MOST_UPRN = 999_999_999_999


def describe_fault(schema: Mapping[str, Any], value: Any) -> str:
    """Say what is wrong with a value; an empty string if nothing is."""
    if type(value) is not _TYPES[schema["type"]]:
        return f"it must be {'an' if schema['type'][0] in 'aei' else 'a'} {schema['type']}"
    if isinstance(value, str):
        return _describe_text(schema, value)
    if isinstance(value, list):
        return _describe_list(schema, value)
    if isinstance(value, int) and not isinstance(value, bool):
        least, most = schema.get("minimum", -(10**12)), schema.get("maximum", 10**12)
        return "" if least <= value <= most else f"it must be from {least} to {most}"
    return ""


def _describe_text(schema: Mapping[str, Any], value: str) -> str:
    if "enum" in schema and value not in schema["enum"]:
        return f"it must be one of {', '.join(schema['enum'])}"
    if not value.strip():
        return "it is empty"
    if len(value) > schema.get("maxLength", MOST_CHARACTERS):
        return f"it must have at most {schema.get('maxLength', MOST_CHARACTERS)} characters"
    if "\0" in value:
        return "it holds a character that is not allowed"
    return _describe_format(schema.get("format", ""), value)


def _describe_format(name: str, value: str) -> str:
    if name == "date":
        return "" if _is_date(value) else "it must be a date, such as 2026-04-01"
    if name == "date-time":
        return (
            "" if _is_instant(value) else "it must be a time with its zone, such as 2026-04-01T09:00:00+01:00"
        )
    if name == "uprn":
        correct = value.isascii() and value.isdigit() and 0 < int(value) <= _MOST_UPRN
        return "" if correct else "it must be a UPRN, 1 to 12 digits"
    if name == "slot":
        return "" if read_slot_id(value) else "it must be the id of a slot that was listed"
    if name == "email":
        name_part, _, domain = value.rpartition("@")
        return "" if name_part and "." in domain and " " not in value else "it must be an e-mail address"
    return ""


def _describe_list(schema: Mapping[str, Any], value: list[Any]) -> str:
    if len(value) > min(schema.get("maxItems", MOST_ITEMS), MOST_ITEMS):
        return f"it must have at most {schema.get('maxItems', MOST_ITEMS)} items"
    items = schema.get("items", {"type": "string"})
    return next((fault for item in value if (fault := describe_fault(items, item))), "")


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_instant(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
