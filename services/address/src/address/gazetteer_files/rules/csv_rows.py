"""Check and convert rows of a council's plain CSV for the staging table.

A converter takes the text of one column and returns the staging table's fields for it as ``COPY`` text,
separated by tabs. It raises ValueError with the reason for the reject file. Most values occur many times in a
file, so results are cached.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from address.shared import numbering
from address.shared.text import (
    CONTROL,
    MAX_NAME,
    MAX_ORGANISATION,
    MAX_PLACE,
    MAX_STREET,
    normalise_text,
)
from chassis.types import normalise_postcode

NULL = "\\N"
_METRES = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,6})?")
_CLASS = re.compile(r"[A-Z][A-Z0-9]{0,5}")
_UPRN = re.compile(r"(?=.*[1-9])[0-9]{1,12}")
_USRN = re.compile(r"(?=.*[1-9])[0-9]{1,8}")
_GSS = re.compile(r"[EWSN][0-9]{8}")
_MAX_EASTING, _MAX_NORTHING = 700_000, 1_300_000

Convert = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Reject:
    """Why a row cannot be loaded: a line of the reject file. ``line`` counts from 1, header included."""

    line: int
    column: str
    value: str
    reason: str


def _uprn(value: str) -> str:
    if not _UPRN.fullmatch(value):
        raise ValueError("must be a UPRN: a whole number from 1 to 999999999999")
    return value


@lru_cache(maxsize=16384)
def _parent(value: str) -> str:
    return _uprn(value) if value else NULL


@lru_cache(maxsize=4096)
def _usrn(value: str) -> str:
    if not _USRN.fullmatch(value):
        raise ValueError("must be a USRN: a whole number from 1 to 99999999")
    return value


def _easting(value: str) -> str:
    if not _METRES.fullmatch(value) or float(value) > _MAX_EASTING:
        raise ValueError(f"must be an easting on the British National Grid, 0 to {_MAX_EASTING} metres")
    return value


def _northing(value: str) -> str:
    if not _METRES.fullmatch(value) or float(value) > _MAX_NORTHING:
        raise ValueError(f"must be a northing on the British National Grid, 0 to {_MAX_NORTHING} metres")
    return value


@lru_cache(maxsize=1024)
def _classification(value: str) -> str:
    if not _CLASS.fullmatch(value):
        raise ValueError("must be an AddressBase classification code such as RD04")
    return value


@lru_cache(maxsize=16384)
def _postcode(value: str) -> str:
    return normalise_postcode(value)


def _copy_text(value: str | int | None) -> str:
    return NULL if value is None else str(value).replace("\\", "\\\\")


def _text(longest: int, *, needed: bool = False) -> Convert:
    @lru_cache(maxsize=4096)
    def convert(value: str) -> str:
        value = normalise_text(value, longest)
        if needed and not value:
            raise ValueError("is missing")
        return _copy_text(value or None)

    return convert


def _numbers(numbered: numbering.AddressableObject) -> str:
    parts = (numbered.start_number, numbered.start_suffix, numbered.end_number, numbered.end_suffix)
    return "\t".join(map(_copy_text, parts))


@lru_cache(maxsize=4096)
def _unit(value: str) -> str:
    unit = numbering.parse_unit(normalise_text(value, MAX_NAME) or None)
    return f"{_copy_text(unit.text)}\t{_numbers(unit)}"


@lru_cache(maxsize=4096)
def _building_number(value: str) -> str:
    return _numbers(numbering.parse_building(None, value.strip() or None))


@lru_cache(maxsize=4096)
def _gss(value: str) -> str:
    if value and not _GSS.fullmatch(value):
        raise ValueError("must be a GSS code such as E05001935")
    return value or NULL


# The columns of the file, in its order, each with its converter.
COLUMNS: dict[str, Convert] = {
    "uprn": _uprn,
    "parentuprn": _parent,
    "usrn": _usrn,
    "classificationcode": _classification,
    "organisationname": _text(MAX_ORGANISATION),
    "subname": _unit,
    "name": _text(MAX_NAME),
    "number": _building_number,
    "streetname": _text(MAX_STREET, needed=True),
    "locality": _text(MAX_PLACE),
    "townname": _text(MAX_PLACE),
    "postcode": _postcode,
    "easting": _easting,
    "northing": _northing,
}
# The fields the converters return, in order: the columns of the staging table after ``line``.
STAGED = (
    "uprn", "parent_uprn", "usrn", "classification", "organisation",
    "sao_text", "sao_start_number", "sao_start_suffix", "sao_end_number", "sao_end_suffix",
    "pao_text", "pao_start_number", "pao_start_suffix", "pao_end_number", "pao_end_suffix",
    "street", "locality", "post_town", "postcode", "easting", "northing",
)  # fmt: skip
# Optional columns after those, in this order, and the staging table's columns for them.
OPTIONAL: dict[str, Convert] = {"wardcode": _gss, "parishcode": _gss}
STAGED_OPTIONAL = {"wardcode": "ward", "parishcode": "parish"}
_CONVERTERS = COLUMNS | OPTIONAL
_ALL = tuple(COLUMNS)


@lru_cache(maxsize=8)
def _converters(header: tuple[str, ...]) -> tuple[Convert, ...]:
    return tuple(_CONVERTERS[name] for name in header)


def is_readable(header: Sequence[str]) -> bool:
    """Return whether a file with these columns can be read."""
    after = list(header[len(COLUMNS) :])
    return tuple(header[: len(COLUMNS)]) == _ALL and after == [name for name in OPTIONAL if name in after]


def staged_columns(header: Sequence[str]) -> list[str]:
    """Return the staging table's columns for a file's header, ``line`` first."""
    return ["line", *STAGED, *(STAGED_OPTIONAL[name] for name in header[len(COLUMNS) :])]


def stage_row(line: int, values: Sequence[str], header: tuple[str, ...] = _ALL) -> tuple[str, list[Reject]]:
    """Convert the row to a line of ``COPY`` text, with its rejects (then the text is empty)."""
    try:
        fields = [convert(value) for convert, value in zip(_converters(header), values, strict=True)]
    except ValueError:
        return "", _rejects(line, values, header)
    return "\t".join((str(line), *fields)) + "\n", []


def _rejects(line: int, values: Sequence[str], header: Sequence[str]) -> list[Reject]:
    """List everything that is wrong with a row, column by column."""
    if len(values) != len(header):
        return [Reject(line, "", "", f"has {len(values)} columns; {len(header)} are wanted")]
    rejects = []
    for column, value in zip(header, values, strict=True):
        try:
            _CONVERTERS[column](value)
        except ValueError as error:
            rejects.append(Reject(line, column, safe_value(value), str(error)))
    return rejects


def safe_value(value: str) -> str:
    """Shorten a value for the reject file and remove what a spreadsheet or terminal would act on."""
    safe = CONTROL.sub("\ufffd", value[:60])
    return f"'{safe}" if safe[:1] in {"=", "+", "-", "@"} else safe
