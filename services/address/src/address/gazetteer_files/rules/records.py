"""The lines of AddressBase and DTF files: told apart by record type, checked, made ready for ``COPY``.

A line whose every column fits its kind's pattern passes as it stands: one regular expression says so. Any
other line is taken apart as CSV and converted column by column, which mends what can be mended and says of
the rest what is wrong.
"""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from address.gazetteer_files.rules.column_types import Kind, kind
from address.gazetteer_files.rules.csv_rows import Reject, shown
from address.gazetteer_files.rules.layouts import KEYS, Column, Layout

# What every record begins with, after its type.
LEADING = (Column("change", "change"), Column("pro_order", "order"))
_SPECIAL = {"10", "29", "99"}

Matches = Callable[[str], re.Match[str] | None]


class UnclosedError(ValueError):
    """The line is not CSV: a quotation mark in it is opened and never closed, or stands in a wrong place."""


@dataclass(frozen=True, slots=True)
class Format:
    """One record type: its columns, with their kinds, and the pattern of a line that needs no second look."""

    columns: tuple[Column, ...]
    kinds: tuple[Kind, ...]
    matches: Matches
    keys: frozenset[str]


@dataclass(slots=True)
class Read:
    """What a block of lines held. ``rows`` are lines of ``COPY ... (FORMAT csv)`` by record type, each led
    by its number over all volumes; ``special`` are headers, metadata and trailers, by number in this one,
    and ``last`` is the last line that is not empty."""

    rows: dict[str, list[str]]
    rejects: list[Reject] = field(default_factory=list)
    special: list[tuple[int, list[str]]] = field(default_factory=list)
    read_over: dict[str, int] = field(default_factory=dict)
    last: int = 0
    lines: int = 0


def _pattern(one: Kind) -> str:
    """The pattern of a value with or without quotation marks, inside which a comma is like any other."""
    if one.words:
        return f'(?:"{one.pattern.replace("#-+", "#-,")}"|{one.pattern})'
    return f'(?:{one.pattern}|"(?:{one.pattern})")'


def _format(record: str, columns: Sequence[Column]) -> Format:
    columns = (*LEADING, *columns)
    kinds = tuple(kind(column.kind) for column in columns)
    line = ",".join([record, *map(_pattern, kinds)])
    keys = frozenset(("change", "pro_order", *KEYS[record]))
    return Format(columns, kinds, re.compile(line).fullmatch, keys)


def formats(layout: Layout) -> dict[str, Format]:
    """The layout's record types, ready to be read."""
    return {record: _format(record, columns) for record, columns in layout.records.items()}


def read(
    lines: Sequence[str], first: int, known: dict[str, Format], read_over: frozenset[str], before: int = 0
) -> Read:
    """Sort the lines, the first of which is number ``first`` of a volume with ``before`` lines before it.

    Raises UnclosedError with the line's number as its argument.
    """
    found = Read({record: [] for record in known}, lines=len(lines))
    quick = {f"{record},": (one.matches, found.rows[record].append) for record, one in known.items()}
    for number, line in enumerate(lines, first + before):
        one = quick.get(line[:3])
        if one is not None and one[0](line) and "  " not in line:
            one[1](f"{number}{line[2:]}\n")
        elif line and not line.isspace():
            _slow(number, number - before, line, known, read_over, found)
    found.last = next((first + at for at in range(len(lines) - 1, -1, -1) if lines[at].strip()), 0)
    return found


def _slow(
    number: int, here: int, line: str, known: dict[str, Format], read_over: frozenset[str], found: Read
) -> None:
    values = split(here, line)
    record = values[0].strip()
    if record in known:
        _convert(number, known[record], values[1:], found.rows[record], found.rejects)
    elif record in _SPECIAL:
        found.special.append((here, values))
    elif record in read_over:
        found.read_over[record] = found.read_over.get(record, 0) + 1
    else:
        found.rejects.append(Reject(number, "record", shown(record), "is no record type of this layout"))


def split(number: int, line: str) -> list[str]:
    """One line of CSV as its values. Raises UnclosedError with the line's number."""
    try:
        rows = list(csv.reader([line], strict=True))
    except csv.Error as error:
        raise UnclosedError(number) from error
    return rows[0] if rows else [""]


def _convert(
    number: int, known: Format, values: Sequence[str], rows: list[str], rejects: list[Reject]
) -> None:
    if len(values) != len(known.columns):
        wanted = f"has {len(values) + 1} columns; {len(known.columns) + 1} are wanted"
        rejects.append(Reject(number, "", "", wanted))
        return
    made: list[str] = []
    deleted = values[0].strip().upper() == "D"
    for column, one, value in zip(known.columns, known.kinds, values, strict=True):
        if deleted and not value.strip() and column.name not in known.keys:
            made.append("")
            continue
        try:
            made.append(one.convert(value if one.words else value.strip()))
        except ValueError as error:
            rejects.append(Reject(number, column.name or column.kind, shown(value), str(error)))
    if len(made) == len(values):
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow((number, *made))
        rows.append(line.getvalue())
