"""The names that Python files define, as guards read them."""

import ast
import gc
import re
from dataclasses import dataclass
from functools import cache

from tests.guards.sources import tracked


@dataclass(frozen=True)
class Name:
    """A name that a module defines: a variable, parameter, field, attribute, function or class."""

    line: int
    text: str
    kind: str  # variable, function, class

    @property
    def words(self):
        spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.text).lower()
        return spaced.strip("_").split("_")


def names_of(source):
    """List the names a module defines: modules' own, parameters and locals."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield Name(node.lineno, node.name, "function")
            case ast.ClassDef():
                yield Name(node.lineno, node.name, "class")
            case ast.arg():
                yield Name(node.lineno, node.arg, "variable")
            case ast.Name(ctx=ast.Store()):
                yield Name(node.lineno, node.id, "variable")
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
                | ast.alias(asname=str(name))
            ):
                yield Name(node.lineno, name, "variable")
            case ast.Attribute(ctx=ast.Store()):
                yield Name(node.lineno, node.attr, "variable")


@cache
def names_by_path():
    """The names of every Python file. Without garbage collection parsing takes a quarter of the time."""
    gc.disable()
    try:
        return {path: tuple(names_of(path.read_text())) for path in tracked("*.py")}
    finally:
        gc.enable()
