"""One row of the council's plain CSV: what each column may hold, and how it goes into the staging table.

A converter takes the text of one column and answers the staging table's fields for it as ``COPY`` text, with
tabs between. It raises ValueError with the reason for the reject file. Most values occur many times in a
file, so what a converter said of one is remembered.
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
from chassis.types import normal_postcode

NULL = "\\N"
_METRES = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,6})?")
_CLASS = re.compile(r"[A-Z][A-Z0-9]{0,5}")
_UPRN = re.compile(r"(?=.*[1-9])[0-9]{1,12}")
_USRN = re.compile(r"(?=.*[1-9])[0-9]{1,8}")
_GSS = re.compile(r"[EWSN][0-9]{8}")
_LAST_EASTING, _LAST_NORTHING = 700_000, 1_300_000

Convert = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Reject:
    """Why a row cannot be loaded: a line of the reject file. ``line`` counts from 1, the header included."""

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
    if not _METRES.fullmatch(value) or float(value) > _LAST_EASTING:
        raise ValueError(f"must be an easting on the British National Grid, 0 to {_LAST_EASTING} metres")
    return value


def _northing(value: str) -> str:
    if not _METRES.fullmatch(value) or float(value) > _LAST_NORTHING:
        raise ValueError(f"must be a northing on the British National Grid, 0 to {_LAST_NORTHING} metres")
    return value


@lru_cache(maxsize=1024)
def _classification(value: str) -> str:
    if not _CLASS.fullmatch(value):
        raise ValueError("must be an AddressBase classification code such as RD04")
    return value


@lru_cache(maxsize=16384)
def _postcode(value: str) -> str:
    return normal_postcode(value)


def _copied(value: str | int | None) -> str:
    return NULL if value is None else str(value).replace("\\", "\\\\")


def _text(longest: int, *, needed: bool = False) -> Convert:
    @lru_cache(maxsize=4096)
    def convert(value: str) -> str:
        value = normalise_text(value, longest)
        if needed and not value:
            raise ValueError("is missing")
        return _copied(value or None)

    return convert


def _numbers(numbered: numbering.AddressableObject) -> str:
    parts = (numbered.start_number, numbered.start_suffix, numbered.end_number, numbered.end_suffix)
    return "\t".join(map(_copied, parts))


@lru_cache(maxsize=4096)
def _unit(value: str) -> str:
    read = numbering.parse_unit(normalise_text(value, MAX_NAME) or None)
    return f"{_copied(read.text)}\t{_numbers(read)}"


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
# The fields the converters make, in order: the columns of the staging table after ``line``.
STAGED = (
    "uprn", "parent_uprn", "usrn", "classification", "organisation",
    "sao_text", "sao_start_number", "sao_start_suffix", "sao_end_number", "sao_end_suffix",
    "pao_text", "pao_start_number", "pao_start_suffix", "pao_end_number", "pao_end_suffix",
    "street", "locality", "post_town", "postcode", "easting", "northing",
)  # fmt: skip
# Columns that a file may have after those, in this order, and the staging table's for them.
OPTIONAL: dict[str, Convert] = {"wardcode": _gss, "parishcode": _gss}
STAGED_OPTIONAL = {"wardcode": "ward", "parishcode": "parish"}
_EVERY = COLUMNS | OPTIONAL
_ALL = tuple(COLUMNS)


@lru_cache(maxsize=8)
def _converters(header: tuple[str, ...]) -> tuple[Convert, ...]:
    return tuple(_EVERY[name] for name in header)


def readable(header: Sequence[str]) -> bool:
    """Whether a file with these columns can be read."""
    after = list(header[len(COLUMNS) :])
    return tuple(header[: len(COLUMNS)]) == _ALL and after == [name for name in OPTIONAL if name in after]


def staged(header: Sequence[str]) -> list[str]:
    """The staging table's columns for a file with these, ``line`` first."""
    return ["line", *STAGED, *(STAGED_OPTIONAL[name] for name in header[len(COLUMNS) :])]


def stage(line: int, values: Sequence[str], header: tuple[str, ...] = _ALL) -> tuple[str, list[Reject]]:
    """The row as a line of ``COPY`` text, and what is wrong with it (then the text is empty)."""
    try:
        fields = [convert(value) for convert, value in zip(_converters(header), values, strict=True)]
    except ValueError:
        return "", _rejects(line, values, header)
    return "\t".join((str(line), *fields)) + "\n", []


def _rejects(line: int, values: Sequence[str], header: Sequence[str]) -> list[Reject]:
    """Everything that is wrong with a row, column by column."""
    if len(values) != len(header):
        return [Reject(line, "", "", f"has {len(values)} columns; {len(header)} are wanted")]
    rejects = []
    for column, value in zip(header, values, strict=True):
        try:
            _EVERY[column](value)
        except ValueError as error:
            rejects.append(Reject(line, column, shown(value), str(error)))
    return rejects


def shown(value: str) -> str:
    """The value for the reject file: short, and with nothing a spreadsheet or terminal would act on."""
    safe = CONTROL.sub("\ufffd", value[:60])
    return f"'{safe}" if safe[:1] in {"=", "+", "-", "@"} else safe
