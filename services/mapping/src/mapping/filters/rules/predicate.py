"""Running a checked filter over columns in memory, in SQL's three-valued logic.

An answer is two masks over the rows: where it is true and where it is false. Where a value is NULL it is
neither, so that ``a = 1`` and ``a <> 1`` share no row and a row without ``a`` is in neither.
"""

import operator
from collections.abc import Callable
from typing import Any, Protocol

import numpy
import shapely
from numpy.typing import NDArray

from mapping.filters.rules import nodes, values
from mapping.filters.rules.nodes import Kind
from mapping.filters.rules.shapes import match_shapes

Mask = NDArray[numpy.bool_]
Rows = NDArray[numpy.int64]
_CHUNK = 1_024
_SPATIAL_CHUNK = 128
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_FOREVER = {"start": numpy.iinfo(numpy.int64).min, "end": numpy.iinfo(numpy.int64).max}


class Columns(Protocol):
    """The features a filter runs over, by column."""

    def values(self, name: str, rows: Rows) -> NDArray[numpy.object_]:
        """Return a property of the rows, as JSON has it; None where it is missing."""

    def geometries(self, rows: Rows) -> NDArray[numpy.object_]:
        """Return the geometries of the rows, None where there is none."""


def select(
    expression: nodes.Expression, columns: Columns, rows: Rows, keep_going: Callable[[], None]
) -> Rows:
    """Return the rows for which the expression is true, in their order.

    ``keep_going`` is called between chunks and ends the work by raising.
    """
    _prepare(expression)
    run = _Run(columns, keep_going)
    chosen = []
    for begin in range(0, len(rows), _CHUNK):
        keep_going()
        chunk = rows[begin : begin + _CHUNK]
        chosen.append(chunk[run.judge(expression, chunk)[0]])
    return numpy.concatenate(chosen) if chosen else rows[:0]


def _prepare(expression: nodes.Expression) -> None:
    match expression:
        case nodes.Spatial():
            shapely.prepare(expression.geometry)
        case nodes.Not():
            _prepare(expression.of)
        case nodes.And() | nodes.Or():
            for item in expression.items:
                _prepare(item)


class _Run:
    """One run of a filter."""

    def __init__(self, columns: Columns, keep_going: Callable[[], None]) -> None:
        self._columns = columns
        self._keep_going = keep_going

    def judge(self, expression: nodes.Expression, rows: Rows) -> tuple[Mask, Mask]:
        """Tell where an expression is true and where it is false."""
        match expression:
            case nodes.Not():
                true, false = self.judge(expression.of, rows)
                return false, true
            case nodes.And():
                return self._judge_joined(expression.items, rows, is_and=True)
            case nodes.Or():
                return self._judge_joined(expression.items, rows, is_and=False)
            case nodes.Spatial():
                return self._judge_spatial(expression, rows)
            case nodes.Temporal():
                return self._judge_temporal(expression, rows)
        return self._judge_value(expression, rows)

    def _judge_value(self, expression: nodes.Expression, rows: Rows) -> tuple[Mask, Mask]:
        match expression:
            case nodes.Constant():
                true, has_value = numpy.full(len(rows), expression.value), numpy.ones(len(rows), bool)
            case nodes.Flag():
                column, has_value = self._read(expression.of, rows)
                true = has_value & column.astype(bool)
            case nodes.IsNull():
                true, has_value = self._find_nulls(expression.of, rows), numpy.ones(len(rows), bool)
            case nodes.Compare():
                left, has_value = self._read(expression.left, rows)
                right, right_known = self._read(expression.right, rows)
                has_value = has_value & right_known
                true = has_value & _OPERATORS[expression.op](left, right).astype(bool)
            case nodes.Like():
                column, has_value = self._read(expression.value, rows)
                matches = values.make_matcher(expression.pattern)
                true = has_value & numpy.fromiter((matches(value) for value in column), bool, len(rows))
            case _:
                raise TypeError(expression)
        return true, has_value & ~true

    def _judge_joined(
        self, items: tuple[nodes.Expression, ...], rows: Rows, *, is_and: bool
    ) -> tuple[Mask, Mask]:
        """Join by AND (wanted) or OR. Each next item runs only over the rows that are not yet settled."""
        unanimous = numpy.ones(len(rows), bool)  # AND: all true so far; OR: all false so far
        settled = numpy.zeros(len(rows), bool)  # AND: one is false; OR: one is true
        for item in items:
            open_rows = numpy.flatnonzero(~settled)
            if not len(open_rows):
                break
            true, false = self.judge(item, rows[open_rows])
            unanimous[open_rows] &= true if is_and else false
            settled[open_rows] |= false if is_and else true
        unanimous &= ~settled
        return (unanimous, settled) if is_and else (settled, unanimous)

    def _judge_spatial(self, expression: nodes.Spatial, rows: Rows) -> tuple[Mask, Mask]:
        true = numpy.zeros(len(rows), bool)
        has_value = numpy.zeros(len(rows), bool)
        for begin in range(0, len(rows), _SPATIAL_CHUNK):
            self._keep_going()
            geometries = self._columns.geometries(rows[begin : begin + _SPATIAL_CHUNK])
            placed = begin + numpy.flatnonzero(
                ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
            )
            has_value[placed] = True
            true[placed] = match_shapes(expression.op, geometries[placed - begin], expression.geometry)
        return true, has_value & ~true

    def _judge_temporal(self, expression: nodes.Temporal, rows: Rows) -> tuple[Mask, Mask]:
        bounds = (expression.left, expression.right)
        whole_days = not all(
            _is_day(bound) for interval in bounds for bound in (interval.start, interval.end)
        )
        sides = [
            {
                name: self._read_bound(getattr(interval, name), name, rows, whole_days=whole_days)
                for name in ("start", "end")
            }
            for interval in bounds
        ]
        has_value = numpy.ones(len(rows), bool)
        for side in sides:
            has_value &= side["start"][1] & side["end"][1]
        left, right = sides
        true = numpy.zeros(len(rows), bool)
        for alternative in values.TEMPORAL_FUNCTIONS[expression.op]:
            alternative_holds = has_value.copy()
            for left_bound, op, right_bound in alternative:
                alternative_holds &= _OPERATORS[op](left[left_bound][0], right[right_bound][0])
            true |= alternative_holds
        return true, has_value & ~true

    def _read_bound(
        self, bound: nodes.Property | nodes.Literal | None, name: str, rows: Rows, *, whole_days: bool
    ) -> tuple[Rows, Mask]:
        """Read a bound as microseconds. A date beside timestamps lasts its whole day."""
        if bound is None:
            return numpy.full(len(rows), _FOREVER[name]), numpy.ones(len(rows), bool)
        column, has_value = self._read(bound, rows)
        if whole_days and name == "end" and bound.kind is Kind.DATE:
            column = column + (values.DAY - 1)
        return column, has_value

    def _find_nulls(self, of: nodes.Property, rows: Rows) -> Mask:
        if of.kind is Kind.GEOMETRY:
            geometries = self._columns.geometries(rows)
            return shapely.is_missing(geometries) | shapely.is_empty(geometries)
        return ~self._read(of, rows)[1]

    def _read(self, operand: nodes.Operand, rows: Rows) -> tuple[NDArray[Any], Mask]:
        """Read an operand over the rows: its values, and where it has one."""
        if isinstance(operand, nodes.Folded):
            column, has_value = self._read(operand.of, rows)
            folded = numpy.empty(len(rows), object)
            folded[:] = [value.casefold() for value in column]
            return folded, has_value
        if isinstance(operand, nodes.Literal):
            literals = numpy.empty(len(rows), values.DTYPES[operand.kind])
            literals[:] = operand.value
            return literals, numpy.ones(len(rows), bool)
        return values.make_column(self._columns.values(operand.name, rows), operand.kind)


def _is_day(bound: nodes.Property | nodes.Literal | None) -> bool:
    return bound is None or bound.kind is Kind.DATE
