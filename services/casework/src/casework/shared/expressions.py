"""Expressions in CEL: checked against declared names when a type is compiled, bounded when they run.

Google's CEL (``cel-expr-python``) checks types, parses at most 32 deep, and stops a loop at its budget of
iterations. On top of that: at most 200 characters and 40 nodes, no functions but those listed, and no macro
but ``exists``. A name without a value is an error, never a zero: ask ``known.<field>`` first.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from cel_expr_python import cel

Kind = Literal["text", "integer", "truth", "instant", "texts", "any"]

MOST_CHARACTERS = 200
MOST_NODES = 40
FUNCTIONS = frozenset({"size", "exists", "contains", "startsWith", "endsWith"})

_TYPES: dict[Kind, cel.Type] = {
    "text": cel.Type.STRING,  # dates too: written year first, they compare as text
    "integer": cel.Type.INT,
    "any": cel.Type.DYN,
    "truth": cel.Type.BOOL,
    "instant": cel.Type.TIMESTAMP,
    "texts": cel.Type.List(cel.Type.STRING),
}
_STRING = re.compile(r"""[rRbB]*("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""")
_CALL = re.compile(r"([A-Za-z_]\w*)\s*\(")
_COLUMN = re.compile(r"<input>:\d+:(\d+): ([^\n]*)")


class ExpressionError(Exception):
    """An expression that is not accepted; ``column`` is where, from 1."""

    def __init__(self, message: str, column: int = 1) -> None:
        super().__init__(message)
        self.column = column


class Outcome(NamedTuple):
    """The value of an expression, or why it has none."""

    value: Any
    error: str = ""


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression: its text, the names it reads, and its program."""

    text: str
    names: tuple[str, ...]
    program: cel.Expression

    def evaluate(self, values: Mapping[str, Any]) -> Outcome:
        """Evaluate on values by name; never raises."""
        try:
            answer = self.program.eval(data=values)
        except RuntimeError as error:  # the iteration budget
            return Outcome(None, _first_line(str(error)))
        value = answer.plain_value()
        if isinstance(value, str) and answer.type() == cel.Type.ERROR:
            return Outcome(None, _first_line(value))
        return Outcome(value)


class Compiler:
    """Compiles expressions against declared names."""

    def __init__(self, names: Mapping[str, Kind]) -> None:
        variables = {name: _TYPES[kind] for name, kind in names.items()}
        self._names = names
        self._environment = cel.NewEnv(variables=variables)

    def compile(self, text: str, kind: Kind = "truth") -> Expression:
        """Compile an expression of a kind. Raises ExpressionError, which says where and why."""
        _check_text(text)
        try:
            program = self._environment.compile(text)
        except RuntimeError as error:
            raise _explain(str(error)) from None
        if program.return_type() != _TYPES[kind]:
            raise ExpressionError(f"it is {program.return_type().name().lower()}, and {kind} is needed")
        references, nodes = _read_checked(program.serialize())
        if nodes > MOST_NODES:
            raise ExpressionError(f"it has {nodes} parts; at most {MOST_NODES}")
        names = tuple(sorted({name for name in references if name in self._names}))
        return Expression(text, names, program)


def _check_text(text: str) -> None:
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"it has {len(text)} characters; at most {MOST_CHARACTERS}")
    if not text.isprintable():
        raise ExpressionError("it holds a character that cannot be seen")
    blanked = _STRING.sub(lambda match: " " * len(match.group()), text)
    for call in _CALL.finditer(blanked):
        if call.group(1) not in FUNCTIONS and call.group(1) != "in":
            allowed = ", ".join(sorted(FUNCTIONS))
            raise ExpressionError(
                f"there is no function {call.group(1)}; there are {allowed}", call.start() + 1
            )
    if "{" in blanked:
        raise ExpressionError("it makes a map or a message", blanked.index("{") + 1)


def _explain(message: str) -> ExpressionError:
    place = _COLUMN.search(message)
    if place is None:
        return ExpressionError(_first_line(message))
    return ExpressionError(place.group(2).replace(" (in container '')", ""), int(place.group(1)))


def _first_line(message: str) -> str:
    return message.partition("\n")[0][:200]


# The checked expression is a protocol buffer, `cel.expr.CheckedExpr` in an `Any`: field 2 maps node ids to
# references, whose field 1 is a name, and field 3 holds the type of every node.
_VARINT, _FIXED_64, _BYTES = 0, 1, 2  # wire types; the only other one in use takes four bytes
_CHECKED, _REFERENCES, _TYPE_OF_NODE = 2, 2, 3  # numbers of fields
_NAME, _VALUE = 1, 2  # of a reference, and of an entry of a map
_MORE = 128  # the bit that says another byte follows


def _read_checked(serialized: bytes) -> tuple[list[str], int]:
    checked = next(value for number, value in _fields(serialized) if number == _CHECKED)
    names: list[str] = []
    nodes = 0
    for number, value in _fields(checked):
        if number == _REFERENCES:
            references = (entry for key, entry in _fields(value) if key == _VALUE)
            names += [name.decode() for entry in references for key, name in _fields(entry) if key == _NAME]
        elif number == _TYPE_OF_NODE:
            nodes += 1
    return names, nodes


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        wire = tag & 7
        if wire == _BYTES:
            size, position = _varint(message, position)
            yield tag >> 3, message[position : position + size]
            position += size
        elif wire == _VARINT:
            _, position = _varint(message, position)
        else:
            position += 8 if wire == _FIXED_64 else 4


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & (_MORE - 1)) << shift
        if byte < _MORE:
            return value, position
        shift += 7
