"""Types of the columns of a gazetteer's file: each as a pattern, as SQL and as a converter.

A value is read in two ways that must agree. One that fits ``pattern`` is taken unchanged, as nearly every
value of a real file is; any other goes through ``convert``, which corrects it or says what is wrong.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from address.shared.text import normalise_text
from chassis.types import normalise_postcode

MAX_EASTING, MAX_NORTHING = 700_000, 1_300_000
_WHOLE = re.compile("[0-9]{1,15}")
_TEXT = re.compile(r"text([0-9]+)(!?)")


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The type of a column. ``pattern`` has no quotation mark or comma; ``convert`` raises ValueError."""

    pattern: str
    sql: str
    convert: Callable[[str], str]
    words: bool = False  # may contain commas, and so be in quotation marks
    optional: bool = False


def _whole(lowest: int, highest: int, description: str) -> Callable[[str], str]:
    def convert(value: str) -> str:
        if not (_WHOLE.fullmatch(value) and lowest <= int(value) <= highest):
            raise ValueError(f"must be {description}: a whole number from {lowest} to {highest}")
        return str(int(value))

    return convert


def _one_of(values: str, description: str) -> Callable[[str], str]:
    allowed = values.split()

    def convert(value: str) -> str:
        if value.upper() not in allowed:
            raise ValueError(f"must be {description}: {', '.join(allowed)}")
        return value.upper()

    return convert


def _fits(pattern: str, description: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def convert(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"must be {description}")
        return value

    return convert


def _decimal(highest: int, description: str) -> Callable[[str], str]:
    fits = _fits(r"-?[0-9]{1,7}(?:\.[0-9]{1,15})?", description)

    def convert(value: str) -> str:
        if abs(float(fits(value))) > highest:
            raise ValueError(f"must be {description}")
        return value

    return convert


def _metres(highest: int, axis: str) -> Callable[[str], str]:
    convert = _decimal(highest, f"{axis} on the British National Grid, 0 to {highest} metres")

    def positive(value: str) -> str:
        if value.startswith("-"):
            raise ValueError(f"must be {axis} on the British National Grid, 0 to {highest} metres")
        return convert(value)

    return positive


def _day(value: str) -> str:
    try:
        return date.fromisoformat(value if len(value) == 10 else "?").isoformat()  # noqa: PLR2004
    except ValueError as error:
        raise ValueError("must be a date such as 2026-11-21") from error


# The calendar without leap years: 29 February goes through ``convert``.
_MONTH_DAYS = "(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
_DAYS = f"[12][0-9]{{3}}-(?:{_MONTH_DAYS})"
_EASTING = r"[0-6]?[0-9]{1,5}(?:\.[0-9]{1,6})?"
_NORTHING = r"(?:1[0-2])?[0-9]{1,5}(?:\.[0-9]{1,6})?|[0-9]{6}(?:\.[0-9]{1,6})?"
_POSTCODE = r"[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][ABD-HJLNP-UW-Z]{2}"

_TYPES = {
    "order": ColumnType("[0-9]{1,15}", "bigint", _whole(0, 10**15 - 1, "an order")),
    "uprn": ColumnType("[1-9][0-9]{0,11}", "bigint", _whole(1, 10**12 - 1, "a UPRN")),
    "usrn": ColumnType("[1-9][0-9]{0,7}", "integer", _whole(1, 10**8 - 1, "a USRN")),
    "udprn": ColumnType("[1-9][0-9]{0,7}", "integer", _whole(1, 10**8 - 1, "a UDPRN")),
    "number": ColumnType("[0-9]{1,4}", "smallint", _whole(0, 9999, "a number")),
    "code": ColumnType("[0-9]{1,4}", "smallint", _whole(0, 9999, "a code")),
    "integer": ColumnType("[0-9]{1,9}", "integer", _whole(0, 10**9 - 1, "a number")),
    "property": ColumnType("[168]", "smallint", _one_of("1 6 8", "a property's logical status")),
    "address": ColumnType("[1368]", "smallint", _one_of("1 3 6 8", "an address's logical status")),
    "change": ColumnType("[IUD]", "text", _one_of("I U D", "a kind of change")),
    "language": ColumnType("ENG|CYM|GAE", "text", _one_of("ENG CYM GAE", "a language")),
    "postal": ColumnType("[DLCN]", "text", _one_of("D L C N", "a postal code")),
    "flag": ColumnType("[YN]?", "boolean", lambda value: _one_of("Y N", "yes or no")(value) if value else ""),
    "letter": ColumnType("[A-Z]", "text", _fits("[A-Z]", "one capital letter")),
    "suffix": ColumnType("[A-Z]?", "text", _fits("[A-Za-z0-9]{0,2}", "a suffix of one or two letters")),
    "key": ColumnType("[A-Z0-9]{1,30}", "text", _fits("[A-Za-z0-9/._-]{1,30}", "a key")),
    "class": ColumnType("[A-Z][A-Z0-9]{0,5}", "text", _fits("[A-Z][A-Z0-9]{0,5}", "a class such as RD04")),
    "gss": ColumnType("[EWSN][0-9]{8}", "text", _fits("[EWSN][0-9]{8}", "a GSS code such as E05001935")),
    "day": ColumnType(_DAYS, "date", _day),
    "easting": ColumnType(_EASTING, "numeric(8, 2)", _metres(MAX_EASTING, "an easting")),
    "northing": ColumnType(_NORTHING, "numeric(9, 2)", _metres(MAX_NORTHING, "a northing")),
    "decimal": ColumnType(r"-?[0-9]{1,3}(?:\.[0-9]{1,15})?", "text", _decimal(10**7, "a decimal number")),
    "postcode": ColumnType(_POSTCODE, "text", normalise_postcode),
}


def _text(longest: int, *, needed: bool) -> ColumnType:
    def convert(value: str) -> str:
        value = normalise_text(value, longest)
        if needed and not value:
            raise ValueError("is missing")
        return value

    # A text that begins or ends with a space goes to ``convert``; so does one with two in a row.
    fewest = 1 if needed else 0
    return ColumnType(rf"(?! )[ -!#-+\--~]{{{fewest},{longest}}}(?<! )", "text", convert, words=True)


def column_type(name: str) -> ColumnType:
    """Return the type of a name. A trailing ``?`` allows an empty value; ``text60!`` forbids it."""
    if match := _TEXT.fullmatch(name):
        return _text(int(match[1]), needed=bool(match[2]))
    base = _TYPES[name.rstrip("?")]
    if not name.endswith("?"):
        return base
    return ColumnType(
        f"(?:{base.pattern})?", base.sql, lambda value: base.convert(value) if value else "", optional=True
    )
