"""Cells of CSV files that people open in a spreadsheet. Pure."""

from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_cell(value: Any) -> Any:
    """Write a value as a cell. A text that a spreadsheet would run as a formula gets an apostrophe in front.

    OWASP, "CSV Injection". A number in a text, such as -3.5 or +44 1225 477000, is no formula and stays.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_FORMULA) and not _is_number(value):
        return f"'{value}"
    return "" if value is None else value


def _is_number(text: str) -> bool:
    bare = text[1:].replace(" ", "")
    return text[0] in "+-" and bare.replace(".", "", 1).isdecimal()
