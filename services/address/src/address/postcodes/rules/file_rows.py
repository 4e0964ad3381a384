"""Check rows of a file of postcodes and convert them to CSV for PostgreSQL."""

import csv
import re

from chassis.types import normalise_postcode

# The ONS names the district's column after the year: lad25cd.
_HEADER = re.compile(r"postcode,easting,northing(?:,lad[0-9]{2}cd)?")
# Rows that can be taken unchanged, as nearly all can: a whole block is checked at once.
_PLAIN = re.compile(
    rb"(?:[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2},(?:[0-9]{1,5}|[0-6][0-9]{5}),(?:[0-9]{1,6}|1[0-2][0-9]{5}),"
    rb"[EWSN][0-9]{8}\n)*+"
)
_METRES = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,6})?")
_DISTRICT = re.compile(r"[A-Z][0-9]{8}")
# Newport's postcodes had a form of their own until 1984. None has it now.
_NEWPORT = re.compile(r"NPT ?[0-9][A-Z]{2}")
_MAX_EASTING, _MAX_NORTHING = 700_000, 1_300_000
_WITH_DISTRICT, _WITHOUT = 4, 3


def check_header(line: str) -> None:
    """Raise ValueError when the columns differ."""
    if not _HEADER.fullmatch(line.strip().removeprefix("\ufeff").replace(" ", "").replace('"', "").lower()):
        raise ValueError(f"the header is {line[:100]!r}; it must be postcode,easting,northing,lad25cd")


def is_plain(block: bytes) -> bool:
    """Return whether every line of the block can be taken unchanged."""
    return _PLAIN.fullmatch(block) is not None


def convert_row(line: str) -> str:
    """Convert the row to a line of CSV; empty for an obsolete form of postcode.

    Raises ValueError with what is wrong with it. Coordinates are rounded to the metre.
    """
    values = next(csv.reader([line], strict=True), [])
    if len(values) not in {_WITH_DISTRICT, _WITHOUT}:
        raise ValueError(f"has {len(values)} columns; postcode, easting, northing and district are wanted")
    postcode, easting, northing, district = (*(value.strip() for value in values), "")[:4]
    if _NEWPORT.fullmatch(postcode.upper()):
        return ""
    if not postcode.isascii():
        raise ValueError("the postcode is not a UK postcode such as BA1 1LJ")
    if bool(easting) != bool(northing):
        raise ValueError("has only one of easting and northing")
    if district and not _DISTRICT.fullmatch(district):
        raise ValueError("the district must be a GSS code such as E06000022")
    return ",".join((
        _postcode(postcode),
        _metres(easting, _MAX_EASTING, "easting"),
        _metres(northing, _MAX_NORTHING, "northing"),
        district + "\n",
    ))  # fmt: skip


def _postcode(postcode: str) -> str:
    try:
        return normalise_postcode(postcode)
    except ValueError as error:
        raise ValueError(f"the postcode {error}") from None


def _metres(value: str, last: int, name: str) -> str:
    if not value:
        return ""
    if not _METRES.fullmatch(value) or float(value) > last:
        raise ValueError(f"the {name} must be metres on the British National Grid, 0 to {last}")
    return str(round(float(value)))
