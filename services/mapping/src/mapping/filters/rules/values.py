"""The values a filter compares: times, columns of one type, patterns of LIKE.

A temporal function (OGC 21-065r2, 7.6) is a list of alternatives; each is a list of comparisons that must all
hold: (bound of the left, comparison, bound of the right).
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy
from numpy.typing import NDArray

from mapping.filters.rules.nodes import Kind

Comparisons = tuple[tuple[str, str, str], ...]
DAY = 86_400_000_000  # microseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})")

TEMPORAL_FUNCTIONS: dict[str, tuple[Comparisons, ...]] = {
    "after": ((("start", ">", "end"),),),
    "before": ((("end", "<", "start"),),),
    "contains": ((("start", "<", "start"), ("end", ">", "end")),),
    "disjoint": ((("end", "<", "start"),), (("start", ">", "end"),)),
    "during": ((("start", ">", "start"), ("end", "<", "end")),),
    "equals": ((("start", "=", "start"), ("end", "=", "end")),),
    "finishedby": ((("start", "<", "start"), ("end", "=", "end")),),
    "finishes": ((("start", ">", "start"), ("end", "=", "end")),),
    "intersects": ((("start", "<=", "end"), ("end", ">=", "start")),),
    "meets": ((("end", "=", "start"),),),
    "metby": ((("start", "=", "end"),),),
    "overlappedby": ((("start", ">", "start"), ("start", "<", "end"), ("end", ">", "end")),),
    "overlaps": ((("start", "<", "start"), ("end", ">", "start"), ("end", "<", "end")),),
    "startedby": ((("start", "=", "start"), ("end", ">", "end")),),
    "starts": ((("start", "=", "start"), ("end", "<", "end")),),
}


@lru_cache(65_536)
def read_date(text: str) -> int:
    """Read YYYY-MM-DD as the microseconds at its beginning, UTC. Raises ValueError."""
    if _DATE.fullmatch(text) is None:
        raise ValueError(text)
    return (date.fromisoformat(text).toordinal() - _EPOCH.toordinal()) * DAY


@lru_cache(65_536)
def read_timestamp(text: str) -> int:
    """Read an RFC 3339 timestamp, which has a zone. Raises ValueError."""
    if _TIMESTAMP.fullmatch(text) is None:
        raise ValueError(text)
    try:
        return (datetime.fromisoformat(text).astimezone(UTC) - _EPOCH) // _MICROSECOND
    except OverflowError as error:
        raise ValueError(text) from error


def show_moment(moment: int) -> datetime:
    """Make a datetime of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=moment)


DTYPES: dict[Kind, Any] = {
    Kind.STRING: object,
    Kind.NUMBER: numpy.float64,
    Kind.BOOLEAN: numpy.bool_,
    Kind.DATE: numpy.int64,
    Kind.TIMESTAMP: numpy.int64,
}
_BLANKS: dict[Kind, Any] = {
    Kind.STRING: "",
    Kind.NUMBER: 0.0,
    Kind.BOOLEAN: False,
    Kind.DATE: 0,
    Kind.TIMESTAMP: 0,
}


def make_column(raw: NDArray[numpy.object_], kind: Kind) -> tuple[NDArray[Any], NDArray[numpy.bool_]]:
    """Make a column of one type from JSON's values: the values, and where there is one of that type."""
    reader = _READERS[kind]
    values = [reader(value) for value in raw]
    has_value = numpy.fromiter((value is not None for value in values), bool, len(values))
    column = numpy.empty(len(values), DTYPES[kind])
    column[:] = [_BLANKS[kind] if value is None else value for value in values]
    return column, has_value


def _read_number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _make_time_reader(reader: Callable[[str], int]) -> Callable[[Any], int | None]:
    def read_time(value: Any) -> int | None:
        try:
            return reader(value) if isinstance(value, str) else None
        except ValueError:
            return None

    return read_time


_READERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.STRING: lambda value: value if isinstance(value, str) else None,
    Kind.NUMBER: _read_number,
    Kind.BOOLEAN: lambda value: value if isinstance(value, bool) else None,
    Kind.DATE: _make_time_reader(read_date),
    Kind.TIMESTAMP: _make_time_reader(read_timestamp),
}


def make_matcher(pattern: str) -> Callable[[str], bool]:
    """Make a function that tells whether a text is LIKE a pattern, in time that does not explode.

    The pieces between % are found one after the other, each at its first place: no backtracking.
    """
    pieces = _cut(pattern)
    if len(pieces) == 1:
        return lambda text: pieces[0][0].fullmatch(text) is not None
    (first, _), *middle, (last, length) = pieces

    def matches(text: str) -> bool:
        match = first.match(text)
        for piece, _ in middle:
            match = match and piece.search(text, match.end())
        begin = len(text) - length
        return match is not None and begin >= match.end() and last.fullmatch(text, begin) is not None

    return matches


def _cut(pattern: str) -> list[tuple[re.Pattern[str], int]]:
    """Cut a pattern at each %; a piece is an expression of single characters, and how many."""
    pieces: list[list[str]] = [[]]
    for wildcard, character in re.findall(r"([%_])|\\?(.)", pattern, re.DOTALL):
        if wildcard == "%":
            pieces.append([])
        else:
            pieces[-1].append("." if wildcard else re.escape(character))
    return [(re.compile("".join(piece), re.DOTALL), len(piece)) for piece in pieces]
