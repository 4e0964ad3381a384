"""Compiles and evaluates expressions against declared names.

Google's CEL (``cel-expr-python``) checks types and stops a loop at its budget. On top of that: at most 200
characters and 40 parts, and no function but those of ``FUNCTIONS``. Each of those takes one name and is a
name of its own when it runs: ``workdays_since(round.day)`` reads the value ``workdays_since.round.day``,
which ``values`` computes. So nothing in an expression counts days, and every name in it is checked alike.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Protocol

from cel_expr_python import cel

ValueType = Literal["text", "integer", "truth"]
Names = tuple[tuple[str, ValueType], ...]

MOST_CHARACTERS = 200
MOST_NODES = 40
FUNCTIONS = ("size", "has", "workdays_since", "days_since", "age_on")

_TYPES: dict[ValueType, cel.Type] = {
    "text": cel.Type.STRING,  # dates too: written year first, they compare as text
    "integer": cel.Type.INT,
    "truth": cel.Type.BOOL,
}
_STRING = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""")
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_CALL = re.compile(rf"\b({'|'.join(FUNCTIONS)})\(\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\)")
_ANY_CALL = re.compile(r"([A-Za-z_]\w*)\s*\(")
_COLUMN = re.compile(r"<input>:\d+:(\d+): ([^\n]*)")
_LITERALS = {"true", "false", "in", "null"}


class ExpressionError(Exception):
    """An expression that is not accepted; ``column`` is where, from 1."""

    def __init__(self, message: str, column: int = 1) -> None:
        super().__init__(message)
        self.column = column


class Readable(Protocol):
    """Values by name, such as a map of them."""

    def get(self, name: str, /) -> Any:
        """Return a value, or None where it is not known."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression: its text, the names it reads in order, and its program."""

    text: str
    names: tuple[str, ...]
    program: cel.Expression

    def evaluate(self, values: Readable) -> Any:
        """Evaluate on values by name; None where it cannot be known. Never raises."""
        present = {name: value for name in self.names if (value := values.get(name)) is not None}
        try:
            result = self.program.eval(data=present)
        except RuntimeError:  # the iteration budget
            return None
        return None if result.type() == cel.Type.ERROR else result.plain_value()


def list_names(text: str) -> Iterator[str]:
    """List the names an expression reads, a function's as ``size.bins``; the text need not be right."""
    rewritten = _rewrite(_STRING.sub(lambda match: " " * len(match.group()), text))
    listed: set[str] = set()
    for match in _NAME.finditer(rewritten):
        if match.group() not in _LITERALS and match.group() not in listed:
            listed.add(match.group())
            yield match.group()


@lru_cache(maxsize=4096)
def compile_expression(text: str, names: Names, kind: ValueType = "truth") -> Expression:
    """Compile an expression of a kind. Raises ExpressionError, which says where and why."""
    _check_text(text)
    reads = tuple(list_names(text))
    types = dict(names)
    declared = tuple((name, types[name]) for name in reads if name in types)
    try:
        program = _environment(declared).compile(_rewrite(text))
    except RuntimeError as error:
        raise _explain(str(error)) from None
    if program.return_type() != _TYPES[kind]:
        raise ExpressionError(f"it is {program.return_type().name().lower()}, and {kind} is needed")
    return Expression(text, reads, program)


@lru_cache(maxsize=512)
def _environment(names: Names) -> cel.Env:
    return cel.NewEnv(variables={name: _TYPES[kind] for name, kind in names})


def _rewrite(text: str) -> str:
    return _CALL.sub(r"\1.\2", text)


def _check_text(text: str) -> None:
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"it has {len(text)} characters; at most {MOST_CHARACTERS}")
    if not text.isprintable():
        raise ExpressionError("it holds a character that cannot be listed")
    blanked = _rewrite(_STRING.sub(lambda match: " " * len(match.group()), text))
    parts = len(re.findall(r"[\w.]+|[^\w\s().]+", blanked))
    if parts > MOST_NODES:
        raise ExpressionError(f"it has {parts} parts; at most {MOST_NODES}")
    for call in _ANY_CALL.finditer(blanked):
        if call.group(1) == "in":
            continue
        message = (
            f"there is no function {call.group(1)} of that; of one name there are {', '.join(FUNCTIONS)}"
        )
        raise ExpressionError(message, call.start() + 1)
    if match := re.search(r"[{\[]", blanked):
        raise ExpressionError("it makes a map or a list", match.start() + 1)


def _explain(message: str) -> ExpressionError:
    place = _COLUMN.search(message)
    if place is None:
        return ExpressionError(message.partition("\n")[0][:200])
    return ExpressionError(place.group(2).replace(" (in container '')", ""), int(place.group(1)))
