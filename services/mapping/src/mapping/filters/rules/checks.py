"""CQL2 JSON to a checked expression: known properties and functions, like compared with like."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from mapping.filters.rules import nodes, shapes, values
from mapping.filters.rules.nodes import FilterError, Kind
from mapping.filters.rules.shapes import Place
from mapping.filters.rules.tokens import check_depth

_COMPARISONS = {"=", "<>", "<", ">", "<=", ">="}
_NOUNS = {
    Kind.STRING: "text, in quotes",
    Kind.NUMBER: "a number",
    Kind.BOOLEAN: "TRUE or FALSE",
    Kind.DATE: "a date: DATE('2026-04-01')",
    Kind.TIMESTAMP: "a time: TIMESTAMP('2026-04-01T09:00:00Z')",
    Kind.GEOMETRY: "a geometry, in a function such as S_INTERSECTS",
}
_READERS: dict[str, tuple[Kind, Callable[[str], int], str]] = {
    "date": (Kind.DATE, values.read_date, "2026-04-01"),
    "timestamp": (Kind.TIMESTAMP, values.read_timestamp, "2026-04-01T09:00:00Z"),
}
_OPEN = ".."


def check(tree: Any, queryables: Mapping[str, Kind], place: Place) -> nodes.Expression:
    """Make an expression of a tree of CQL2 JSON.

    ``queryables``: the properties that may be named; ``place`` puts geometries into the layer's coordinates.
    Raises FilterError.
    """
    return _Checker(queryables, place).read(tree, 0)


class _Checker:
    def __init__(self, queryables: Mapping[str, Kind], place: Place) -> None:
        self._queryables = queryables
        self._place = place

    def read(self, tree: Any, depth: int) -> nodes.Expression:
        check_depth(depth)
        if isinstance(tree, bool):
            return nodes.Constant(tree)
        if not isinstance(tree, dict):
            raise FilterError("has a value where a condition should be")
        if "property" in tree:
            return nodes.Flag(self._property(tree, Kind.BOOLEAN))
        op, arguments = tree.get("op"), tree.get("args")
        if not isinstance(op, str) or not isinstance(arguments, list):
            raise FilterError("has a condition without op or args")
        return self._read_operation(op, arguments, depth)

    def _read_operation(self, op: str, arguments: list[Any], depth: int) -> nodes.Expression:
        name = op.lower()
        if name in ("and", "or"):
            return self._read_joined(name, arguments, depth)
        if name in _COMPARISONS:
            return nodes.Compare(name, *self._alike(*_take(arguments, 2, op)))
        if name.startswith("s_") and name[2:] in shapes.PREDICATES:
            return self._spatial(name[2:], *_take(arguments, 2, op))
        if name.startswith("t_") and name[2:] in values.TEMPORAL_FUNCTIONS:
            left, right = _take(arguments, 2, op)
            return nodes.Temporal(name[2:], self._interval(left), self._interval(right))
        return self._read_predicate(op, arguments, depth)

    def _read_joined(self, name: str, arguments: list[Any], depth: int) -> nodes.Expression:
        if not arguments:
            raise FilterError(f"has {name.upper()} of nothing")
        items = tuple(self.read(item, depth + 1) for item in arguments)
        return nodes.And(items) if name == "and" else nodes.Or(items)

    def _read_predicate(self, op: str, arguments: list[Any], depth: int) -> nodes.Expression:
        match op.lower():
            case "not":
                return nodes.Not(self.read(_take(arguments, 1, op)[0], depth + 1))
            case "isnull":
                return nodes.IsNull(self._property(*_take(arguments, 1, op)))
            case "like":
                return self._like(*_take(arguments, 2, op))
            case "between":
                value, low, high = _take(arguments, 3, op)
                above = nodes.Compare(">=", *self._alike(value, low))
                return nodes.And((above, nodes.Compare("<=", *self._alike(value, high))))
            case "in":
                value, items = _take(arguments, 2, op)
                if not isinstance(items, list) or not items:
                    raise FilterError("has IN without a list")
                return nodes.Or(tuple(nodes.Compare("=", *self._alike(value, item)) for item in items))
        raise FilterError(f"has a function or operator that is not known here: {op[:40]}")

    def _property(self, tree: Any, kind: Kind | None = None) -> nodes.Property:
        name = tree.get("property") if isinstance(tree, dict) else None
        if not isinstance(name, str):
            raise FilterError("has a value where a property should be")
        if name not in self._queryables:
            raise FilterError(
                f"names '{name[:80]}', which is no queryable of this collection: see queryables"
            )
        operand = nodes.Property(name, self._queryables[name])
        if kind is not None and operand.kind is not kind:
            raise FilterError(f"has '{name}' where {_NOUNS[kind]} should be")
        return operand

    def _operand(self, tree: Any) -> nodes.Operand:
        match tree:
            case {"property": _}:
                return self._property(tree)
            case {"op": str(op), "args": [argument]} if op.lower() == "casei":
                return self._folded(argument)
            case {"date": str(text)}:
                return _instant("date", text)
            case {"timestamp": str(text)}:
                return _instant("timestamp", text)
        return _literal(tree)

    def _folded(self, tree: Any) -> nodes.Folded:
        operand = self._operand(tree)
        if isinstance(operand, nodes.Folded) or operand.kind is not Kind.STRING:
            raise FilterError("has CASEI of something that is not text")
        return nodes.Folded(operand)

    def _alike(self, left_tree: Any, right_tree: Any) -> tuple[nodes.Operand, nodes.Operand]:
        """Read two operands of one kind, neither of them a geometry."""
        left, right = self._operand(left_tree), self._operand(right_tree)
        for side, other in ((left, right), (right, left)):
            if isinstance(side, nodes.Property) and (
                side.kind is not other.kind or side.kind is Kind.GEOMETRY
            ):
                raise FilterError(f"compares '{side.name}' with another type: it is {_NOUNS[side.kind]}")
        if left.kind is not right.kind:
            raise FilterError("compares values of two types")
        return left, right

    def _like(self, value_tree: Any, pattern_tree: Any) -> nodes.Like:
        value, pattern = self._alike(value_tree, pattern_tree)
        folded = isinstance(pattern, nodes.Folded)
        text = pattern.of if isinstance(pattern, nodes.Folded) else pattern
        if not isinstance(text, nodes.Literal) or not isinstance(text.value, str):
            raise FilterError("has LIKE without a pattern in quotes")
        if (len(text.value) - len(text.value.rstrip("\\"))) % 2:
            raise FilterError("has a LIKE pattern that ends in a single backslash")
        return nodes.Like(value, text.value.casefold() if folded else text.value)

    def _spatial(self, op: str, left: Any, right: Any) -> nodes.Spatial:
        if isinstance(left, dict) and "property" in left:
            self._property(left, Kind.GEOMETRY)
            return nodes.Spatial(op, self._shape(right))
        self._property(right, Kind.GEOMETRY)
        return nodes.Spatial(shapes.TURNED[op], self._shape(left))

    def _shape(self, tree: Any) -> Any:
        if not isinstance(tree, dict) or not ("bbox" in tree or "type" in tree):
            raise FilterError("has a spatial function without a geometry in it")
        return self._place(shapes.read_shape(tree))

    def _interval(self, tree: Any) -> nodes.Interval:
        if isinstance(tree, dict) and "interval" in tree:
            start, end = _take(tree["interval"], 2, "INTERVAL")
            interval = nodes.Interval(self._bound(start), self._bound(end))
            _check_order(interval)
            return interval
        instant = self._operand(tree)
        if isinstance(instant, nodes.Folded) or instant.kind not in (Kind.DATE, Kind.TIMESTAMP):
            raise FilterError("has a temporal function of something that is no date or time")
        return nodes.Interval(instant, instant)

    def _bound(self, tree: Any) -> nodes.Property | nodes.Literal | None:
        if isinstance(tree, str):
            return None if tree == _OPEN else _instant("timestamp" if "T" in tree else "date", tree)
        bound = self._operand(tree)
        if isinstance(bound, nodes.Folded) or bound.kind not in (Kind.DATE, Kind.TIMESTAMP):
            raise FilterError("has an INTERVAL of something that is no date or time")
        return bound


def _take(arguments: Any, count: int, name: str) -> list[Any]:
    if not isinstance(arguments, list) or len(arguments) != count:
        raise FilterError(f"has {name[:40]} without exactly {count} arguments")
    return arguments


def _literal(tree: Any) -> nodes.Literal:
    if tree is None:
        raise FilterError("compares with NULL: write IS NULL")
    if isinstance(tree, bool):
        return nodes.Literal(tree, Kind.BOOLEAN)
    if isinstance(tree, str):
        return nodes.Literal(tree, Kind.STRING)
    if shapes.is_number(tree):
        return nodes.Literal(float(tree), Kind.NUMBER)
    raise FilterError("has a value or a function that cannot be compared here")


def _instant(name: str, text: str) -> nodes.Literal:
    kind, reader, example = _READERS[name]
    try:
        return nodes.Literal(reader(text), kind)
    except ValueError as error:
        raise FilterError(f"has a {name} that is none: '{text[:40]}'; write '{example}'") from error


def _check_order(interval: nodes.Interval) -> None:
    start, end = interval.start, interval.end
    if isinstance(start, nodes.Literal) and isinstance(end, nodes.Literal) and start.value > end.value:  # type: ignore[operator]
        raise FilterError("has an INTERVAL that ends before it starts")


def read_value(text: str, kind: Kind) -> nodes.Literal:
    """Read a value of a kind that stands alone, as in ``?height=12``. Raises FilterError."""
    if kind is Kind.STRING:
        return nodes.Literal(text, kind)
    if kind is Kind.BOOLEAN and text in ("true", "false"):
        return nodes.Literal(text == "true", kind)
    if kind is Kind.NUMBER and re.fullmatch(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?", text):
        return nodes.Literal(float(text), kind)
    if kind in (Kind.DATE, Kind.TIMESTAMP):
        return _instant(kind.value, text)
    raise FilterError(f"must be {'true or false' if kind is Kind.BOOLEAN else 'a number'}")
