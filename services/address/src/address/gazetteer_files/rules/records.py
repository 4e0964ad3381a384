"""Sort the lines of AddressBase and DTF files by record type, check them and make them ready for ``COPY``.

A line whose every column fits the pattern of its type passes unchanged: one regular expression decides. Any
other line is parsed as CSV and converted column by column, which corrects some values and rejects the rest
with reasons.
"""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from address.gazetteer_files.rules.column_types import ColumnType, column_type
from address.gazetteer_files.rules.csv_rows import Reject, safe_value
from address.gazetteer_files.rules.layouts import KEY_COLUMNS, Column, Layout

# The columns after the record type in every record.
LEADING_COLUMNS = (Column("change", "change"), Column("pro_order", "order"))
_SPECIAL = {"10", "29", "99"}

Matches = Callable[[str], re.Match[str] | None]


class UnclosedError(ValueError):
    """The line is not CSV: a quotation mark is never closed, or is in the wrong place."""


@dataclass(frozen=True, slots=True)
class RecordFormat:
    """One record type: its columns with their types, and the pattern of a line that passes unchanged."""

    columns: tuple[Column, ...]
    types: tuple[ColumnType, ...]
    matches: Matches
    keys: frozenset[str]


@dataclass(slots=True)
class RecordBlock:
    """The records of a block of lines. ``rows``: lines for ``COPY ... (FORMAT csv)`` by record type, each
    with its number over all volumes. ``special``: headers, metadata and trailers, with their number in this
    volume. ``last``: the last line that is not empty."""

    rows: dict[str, list[str]]
    rejects: list[Reject] = field(default_factory=list)
    special: list[tuple[int, list[str]]] = field(default_factory=list)
    read_over: dict[str, int] = field(default_factory=dict)
    last: int = 0
    lines: int = 0


def _pattern(column: ColumnType) -> str:
    """Return the pattern of a value with or without quotation marks, inside which commas are allowed."""
    if column.words:
        return f'(?:"{column.pattern.replace("#-+", "#-,")}"|{column.pattern})'
    return f'(?:{column.pattern}|"(?:{column.pattern})")'


def _compile_format(record: str, columns: Sequence[Column]) -> RecordFormat:
    columns = (*LEADING_COLUMNS, *columns)
    types = tuple(column_type(column.kind) for column in columns)
    line = ",".join([record, *map(_pattern, types)])
    keys = frozenset(("change", "pro_order", *KEY_COLUMNS[record]))
    return RecordFormat(columns, types, re.compile(line).fullmatch, keys)


def compile_formats(layout: Layout) -> dict[str, RecordFormat]:
    """Compile the formats of the layout's record types."""
    return {record: _compile_format(record, columns) for record, columns in layout.records.items()}


def read_records(
    lines: Sequence[str],
    first: int,
    formats: dict[str, RecordFormat],
    read_over: frozenset[str],
    before: int = 0,
) -> RecordBlock:
    """Sort lines by record type. ``first``: the number of the first; ``before``: lines in earlier volumes.

    Raises UnclosedError with the line's number as its argument.
    """
    block = RecordBlock({record: [] for record in formats}, lines=len(lines))
    quick = {
        f"{record},": (record_format.matches, block.rows[record].append)
        for record, record_format in formats.items()
    }
    for number, line in enumerate(lines, first + before):
        quick_format = quick.get(line[:3])
        if quick_format is not None and quick_format[0](line) and "  " not in line:
            quick_format[1](f"{number}{line[2:]}\n")
        elif line and not line.isspace():
            _read_slowly(number, number - before, line, formats, read_over, block)
    block.last = next((first + nth for nth in range(len(lines) - 1, -1, -1) if lines[nth].strip()), 0)
    return block


def _read_slowly(
    number: int,
    own_number: int,
    line: str,
    formats: dict[str, RecordFormat],
    read_over: frozenset[str],
    block: RecordBlock,
) -> None:
    values = split_line(own_number, line)
    record = values[0].strip()
    if record in formats:
        _convert(number, formats[record], values[1:], block.rows[record], block.rejects)
    elif record in _SPECIAL:
        block.special.append((own_number, values))
    elif record in read_over:
        block.read_over[record] = block.read_over.get(record, 0) + 1
    else:
        block.rejects.append(Reject(number, "record", safe_value(record), "is no record type of this layout"))


def split_line(number: int, line: str) -> list[str]:
    """Split a line of CSV into values. Raise UnclosedError with the line's number."""
    try:
        rows = list(csv.reader([line], strict=True))
    except csv.Error as error:
        raise UnclosedError(number) from error
    return rows[0] if rows else [""]


def _convert(
    number: int, record_format: RecordFormat, values: Sequence[str], rows: list[str], rejects: list[Reject]
) -> None:
    if len(values) != len(record_format.columns):
        reason = f"has {len(values) + 1} columns; {len(record_format.columns) + 1} are wanted"
        rejects.append(Reject(number, "", "", reason))
        return
    converted: list[str] = []
    deleted = values[0].strip().upper() == "D"
    for column, expected, value in zip(record_format.columns, record_format.types, values, strict=True):
        if deleted and not value.strip() and column.name not in record_format.keys:
            converted.append("")
            continue
        try:
            converted.append(expected.convert(value if expected.words else value.strip()))
        except ValueError as error:
            rejects.append(Reject(number, column.name or column.kind, safe_value(value), str(error)))
    if len(converted) == len(values):
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow((number, *converted))
        rows.append(line.getvalue())
