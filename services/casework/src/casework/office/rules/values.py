"""Values of a case's fields, as people read them. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from casework.shared.days import format_day, format_moment


def name_value(value: str) -> str:
    """Write a code of a case type as words: ``not_out`` is Not out."""
    text = value.replace("_", " ").replace("-", " ")
    return text[:1].upper() + text[1:]


def format_value(schema: Mapping[str, Any], value: Any) -> str:
    """Write a field's value, or that there is none."""
    if value is None or value == []:
        return "Not known"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        items: Mapping[str, Any] = schema.get("items", {})
        return ", ".join(format_value(items, item) for item in value)
    if not isinstance(value, str):
        return f"{value:,}" if isinstance(value, int) else str(value)
    return _format_text(schema, value)


def _format_text(schema: Mapping[str, Any], value: str) -> str:
    if "enum" in schema:
        return name_value(value)
    try:
        if schema.get("format") == "date":
            return format_day(date.fromisoformat(value))
        if schema.get("format") == "date-time":
            return format_moment(datetime.fromisoformat(value))
    except ValueError:  # of a version that knew another format
        return value
    return value


def format_pence(pence: int) -> str:
    """Write an amount of money."""
    return f"£{pence // 100:,}.{pence % 100:02}"
