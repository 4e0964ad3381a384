"""A checked filter as a condition of SQL over rows of ``feature``, every value of it a bound parameter.

PostgreSQL has no geometry here, only each feature's box in CRS84. A condition on a geometry therefore becomes
one on boxes that lets through too much and never too little (``is_exact`` is false), and its rows are judged
again in memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import shapely
from shapely import Geometry

from mapping.filters.rules import nodes, values
from mapping.filters.rules.nodes import Kind

ToGlobe = Callable[[Geometry], Geometry]
"""Puts a geometry of the layer's CRS into CRS84."""
_ALL = "TRUE"
_CASTS = {Kind.NUMBER: "number", Kind.BOOLEAN: "boolean"}


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL over a row of ``feature``, its parameters, and whether it is exactly the filter."""

    sql: str
    parameters: dict[str, Any]
    is_exact: bool


def compile_condition(expression: nodes.Expression, to_globe: ToGlobe) -> Condition:
    """Compile an expression to a condition that holds at least wherever the expression is true."""
    compiler = _Compiler(to_globe)
    sql, is_exact = compiler.compile(expression)
    return Condition(sql, compiler.parameters, is_exact)


class _Compiler:
    def __init__(self, to_globe: ToGlobe) -> None:
        self.parameters: dict[str, Any] = {}
        self._to_globe = to_globe

    def compile(self, expression: nodes.Expression) -> tuple[str, bool]:
        match expression:
            case nodes.Constant():
                return ("TRUE" if expression.value else "FALSE"), True
            case nodes.Flag():
                return self._operand(expression.of), True
            case nodes.Not():
                sql, is_exact = self.compile(expression.of)
                return (f"(NOT {sql})", True) if is_exact else (_ALL, False)
            case nodes.And() | nodes.Or():
                word = " AND " if isinstance(expression, nodes.And) else " OR "
                parts = [self.compile(item) for item in expression.items]
                return f"({word.join(sql for sql, _ in parts)})", all(is_exact for _, is_exact in parts)
            case nodes.Spatial():
                return self._spatial(expression), False
        return self._compile_value(expression), True

    def _compile_value(self, expression: nodes.Expression) -> str:
        match expression:
            case nodes.Compare():
                return f"({self._operand(expression.left)} {expression.op} {self._operand(expression.right)})"
            case nodes.Like():
                return f"({self._operand(expression.value)} LIKE {self._bind(expression.pattern, 'text')})"
            case nodes.IsNull() if expression.of.kind is Kind.GEOMETRY:
                return "(bbox IS NULL)"
            case nodes.IsNull():
                return f"({self._operand(expression.of)} IS NULL)"
            case nodes.Temporal():
                return self._temporal(expression)
        raise TypeError(expression)

    def _bind(self, value: Any, sql_type: str) -> str:
        name = f"filter_{len(self.parameters)}"
        self.parameters[name] = value
        return f"CAST(:{name} AS {sql_type})"

    def _operand(self, operand: nodes.Operand) -> str:
        match operand:
            case nodes.Folded():
                return f'casefold({self._operand(operand.of)} COLLATE "pg_unicode_fast") COLLATE "C"'
            case nodes.Literal(value=value, kind=Kind.DATE | Kind.TIMESTAMP):
                return self._bind(values.show_moment(int(value)), "timestamptz")
            case nodes.Literal(value=value, kind=Kind.NUMBER):
                return self._bind(value, "double precision")
            case nodes.Literal(value=value, kind=Kind.BOOLEAN):
                return self._bind(value, "boolean")
            case nodes.Literal(value=value):
                return f'{self._bind(value, "text")} COLLATE "C"'
        return self._property(operand)

    def _property(self, of: nodes.Property) -> str:
        """Read a property as its type, NULL where JSON has another: a bad row fails no query."""
        name = self._bind(of.name, "text")
        typed = f"jsonb_typeof(properties -> {name})"
        match of.kind:
            case Kind.NUMBER:
                return f"CASE WHEN {typed} = 'number' THEN CAST(properties -> {name} AS double precision) END"
            case Kind.BOOLEAN:
                return f"CASE WHEN {typed} = 'boolean' THEN CAST(properties -> {name} AS boolean) END"
            case Kind.DATE | Kind.TIMESTAMP:
                suffix = " || 'T00:00:00Z'" if of.kind is Kind.DATE else ""
                text = f"(properties ->> {name}{suffix})"
                return (
                    f"CASE WHEN pg_input_is_valid({text}, 'timestamptz') THEN CAST({text} AS timestamptz) END"
                )
        return f"CASE WHEN {typed} = 'string' THEN properties ->> {name} END COLLATE \"C\""

    def _spatial(self, expression: nodes.Spatial) -> str:
        if expression.op == "disjoint":
            return _ALL
        if shapely.is_empty(expression.geometry):  # it lies where the layer's coordinates do not reach
            return "FALSE"
        west, south, east, north = shapely.bounds(self._to_globe(expression.geometry))
        corners = ", ".join(
            f"point({self._bind(float(x), 'double precision')}, {self._bind(float(y), 'double precision')})"
            for x, y in ((east, north), (west, south))
        )
        return f"(bbox && box({corners}))"

    def _temporal(self, expression: nodes.Temporal) -> str:
        sides = (expression.left, expression.right)
        bounds = [bound for side in sides for bound in (side.start, side.end)]
        whole_days = any(bound is not None and bound.kind is Kind.TIMESTAMP for bound in bounds)
        left, right = (
            {
                "start": self._bound(side.start, "start", whole_days=whole_days),
                "end": self._bound(side.end, "end", whole_days=whole_days),
            }
            for side in sides
        )
        alternatives = [
            " AND ".join(f"{left[bound]} {op} {right[other_bound]}" for bound, op, other_bound in alternative)
            for alternative in values.TEMPORAL_FUNCTIONS[expression.op]
        ]
        return "(" + " OR ".join(f"({alternative})" for alternative in alternatives) + ")"

    def _bound(self, bound: nodes.Property | nodes.Literal | None, name: str, *, whole_days: bool) -> str:
        if bound is None:
            return f"CAST('{'-' if name == 'start' else ''}infinity' AS timestamptz)"
        sql = self._operand(bound)
        if whole_days and name == "end" and bound.kind is Kind.DATE:
            return f"({sql} + interval '1 day' - interval '1 microsecond')"
        return f"({sql})"
