"""CQL2 text to CQL2 JSON (OGC 21-065r2, annex B), by recursive descent.

Ours, because the ``cql2`` wheel's parser takes time that doubles with each open parenthesis (60 bytes: 18
seconds) and overflows the stack on a few hundred ``NOT``. This one reads each token once and is as deep as
``MAX_DEPTH`` allows. The wheel is the tests' second opinion.
"""

from collections.abc import Callable
from typing import Any

from mapping.filters.rules.nodes import FilterError
from mapping.filters.rules.tokens import Cursor, Token, check_depth, read_tokens, unquote
from mapping.filters.rules.wkt import GEOMETRY_WORDS, read_geometry

_COMPARISONS = {"=", "<>", "<", ">", "<=", ">="}
_ARITHMETIC = {"+", "-", "*", "/", "^", "%", "DIV"}
_CAMEL = {"t_finishedby": "t_finishedBy", "t_metby": "t_metBy", "t_overlappedby": "t_overlappedBy"}
_CAMEL |= {"t_startedby": "t_startedBy"}


def parse_text(text: str) -> Any:
    """Read CQL2 text as a tree of CQL2 JSON. Raises FilterError, which says where."""
    parser = _Parser(read_tokens(text))
    tree = parser.read_or()
    if parser.token.kind != "end":
        raise parser.refuse("an operator or the end")
    return tree


class _Parser(Cursor):
    """Reads tokens from left to right; ``depth`` counts what is open."""

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self.depth = 0

    def read_or(self) -> Any:
        """Read terms joined by OR."""
        return self._read_joined("OR", self.read_and)

    def read_and(self) -> Any:
        """Read factors joined by AND."""
        return self._read_joined("AND", self.read_not)

    def _read_joined(self, word: str, reader: Callable[[], Any]) -> Any:
        items = [reader()]
        while self.accept(word):
            items.append(reader())
        return items[0] if len(items) == 1 else {"op": word.lower(), "args": items}

    def read_not(self) -> Any:
        """Read a predicate, or one that NOT denies."""
        if not self.accept("NOT"):
            return self._read_predicate()
        return {"op": "not", "args": [self._deeper(self.read_not)]}

    def _deeper(self, reader: Callable[[], Any]) -> Any:
        self.depth += 1
        check_depth(self.depth)
        value = reader()
        self.depth -= 1
        return value

    def _read_predicate(self) -> Any:
        left = self._read_operand()
        word = self.token.word
        if word in _COMPARISONS:
            self.advance()
            return {"op": word, "args": [left, self._read_operand()]}
        if word in _ARITHMETIC:
            raise FilterError(f"has arithmetic ({word}) at {self.token.position + 1}: compare with a number")
        if self.accept("IS"):
            denied = self.accept("NOT")
            self.expect("NULL")
            return _deny({"op": "isNull", "args": [left]}, denied=denied)
        return self._read_keyword(left)

    def _read_keyword(self, left: Any) -> Any:
        denied = self.accept("NOT")
        if self.accept("LIKE"):
            tree: Any = {"op": "like", "args": [left, self._read_operand()]}
        elif self.accept("BETWEEN"):
            low = self._read_operand()
            self.expect("AND")
            tree = {"op": "between", "args": [left, low, self._read_operand()]}
        elif self.accept("IN"):
            self.expect("(")
            tree = {"op": "in", "args": [left, self._read_list(self._read_operand)]}
        elif denied:
            raise self.refuse("LIKE, BETWEEN or IN")
        else:
            return left
        return _deny(tree, denied=denied)

    def _read_list(self, reader: Callable[[], Any]) -> list[Any]:
        """Read what stands before a closing parenthesis, separated by commas."""
        items = [reader()]
        while self.accept(","):
            items.append(reader())
        self.expect(")")
        return items

    def _read_operand(self) -> Any:
        if self.accept("("):
            value = self._deeper(self.read_or)
            self.expect(")")
            return value
        token = self.token
        if token.kind == "number" or token.word in ("-", "+"):
            return self.read_number()
        if token.kind not in ("string", "quoted", "name"):
            raise self.refuse("a property or a value")
        self.advance()
        if token.kind == "name":
            return self._read_name(token)
        return unquote(token) if token.kind == "string" else {"property": unquote(token)}

    def _read_name(self, token: Token) -> Any:
        if token.word in ("TRUE", "FALSE"):
            return token.word == "TRUE"
        if token.word == "NULL":
            return None
        if token.word in GEOMETRY_WORDS and self.token.word in ("(", "Z"):
            return read_geometry(self, token.word)
        if self.accept("("):
            return self._deeper(lambda: self._read_call(token.text.lower()))
        return {"property": token.text}

    def _read_call(self, name: str) -> Any:
        arguments = [] if self.accept(")") else self._read_list(self.read_or)
        if name in ("date", "timestamp") and len(arguments) == 1:
            return {name: arguments[0]}
        if name in ("interval", "bbox"):
            return {name: arguments}
        return {"op": _CAMEL.get(name, name), "args": arguments}


def _deny(tree: Any, *, denied: bool) -> Any:
    return {"op": "not", "args": [tree]} if denied else tree
