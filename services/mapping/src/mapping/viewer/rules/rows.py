"""Features as a table: which rows, in which order, a page of them. Pure."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mapping.collections.rules.layers import Property

Values = dict[str, Any]
Key = tuple[int, float, str, int]
"""What rows are sorted by: kind of value, number, text, number of the feature."""


@dataclass(frozen=True, slots=True)
class TableQuery:
    """What a reader asks of a table. ``after`` is the key of the last row of the page before."""

    text: str = ""
    sort: str = ""
    is_descending: bool = False
    after: Key | None = None


@dataclass(frozen=True, slots=True)
class TableRow:
    """A feature as a row: its number in the region, its id and values in its layer."""

    number: int
    fid: str
    values: Values


@dataclass(frozen=True, slots=True)
class TablePage:
    """A page of rows. ``after`` leads to the next page, None: there is none; ``total`` None: not counted."""

    rows: Sequence[TableRow]
    after: Key | None
    total: int | None


def cut_page(
    rows: Sequence[TableRow], query: TableQuery, columns: Sequence[Property], most: int
) -> TablePage:
    """Filter and sort the rows of a layer, and cut a page: call it in a thread.

    A page begins after its key, also when the feature that had it is gone.
    """
    names = [each.name for each in columns]
    words = query.text.casefold().split()
    chosen = [(make_key(row, query.sort), row) for row in rows if _has_words(row, names, words)]
    chosen.sort(key=lambda pair: pair[0], reverse=query.is_descending)
    start = _find_start([key for key, _ in chosen], query)
    page = chosen[start : start + most]
    more = start + most < len(chosen)
    return TablePage([row for _, row in page], page[-1][0] if more else None, len(chosen))


def write_key(key: Key) -> str:
    """Write a key as the cursor of a page's address."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def read_key(text: str) -> Key:
    """Read a cursor. Raises ValueError for what ``write_key`` did not write."""
    try:
        match json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))):
            case [int(kind), int(value) | float(value), str(words), int(number)]:
                return (kind, value, words, number)
    except (binascii.Error, RecursionError) as error:
        raise ValueError("is not a cursor of this table") from error
    raise ValueError("is not a cursor of this table")


def _find_start(keys: Sequence[Key], query: TableQuery) -> int:
    after = query.after
    if after is None:
        return 0
    return sum(key >= after if query.is_descending else key <= after for key in keys)


def _has_words(row: TableRow, names: Sequence[str], words: Sequence[str]) -> bool:
    if not words:
        return True
    text = " ".join(str(row.values.get(name, "")) for name in names).casefold()
    return all(word in text for word in words)


def make_key(row: TableRow, name: str) -> Key:
    """Make what a row is sorted by: numbers, then texts without regard to case, then what is missing."""
    value = row.values.get(name) if name else None
    if value is None or isinstance(value, dict | list):
        return (2, 0, "", row.number)
    if isinstance(value, int | float):
        return (0, value, "", row.number)
    return (1, 0, str(value).casefold(), row.number)
