"""The tokens of CQL2 text, and what is refused before anything is read."""

import re
from dataclasses import dataclass

from mapping.filters.rules.nodes import FilterError

MAX_BYTES = 8_192
MAX_DEPTH = 20
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?)
    |(?P<string>'(?:[^'\\]|''|\\'|\\)*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<name>[^\W\d][\w.:]*)
    |(?P<sign><>|<=|>=|[=<>(),+\-*/^%])""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: kind is number, string, name, quoted, sign or end."""

    kind: str
    text: str
    position: int

    @property
    def word(self) -> str:
        """Return it in capitals, to be compared with a keyword; a quoted name is never one."""
        return self.text.upper() if self.kind in ("name", "sign") else ""


def check_size(text: str) -> None:
    """Refuse a filter that is too long or holds what no text may hold. Raises FilterError."""
    if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
        raise FilterError(f"is longer than {MAX_BYTES} bytes: ask for less at once")
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise FilterError("holds a character that is not text")


def check_depth(depth: int) -> None:
    """Refuse what is nested too deep. Raises FilterError."""
    if depth > MAX_DEPTH:
        raise FilterError(f"is nested more than {MAX_DEPTH} deep: write it flatter")


def read_tokens(text: str) -> list[Token]:
    """Cut a text into tokens, an ``end`` last. Raises FilterError at a character that begins none."""
    check_size(text)
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise FilterError(
                f"has a character at {position + 1} that CQL2 does not know here: {text[position]!r}"
            )
        if match.lastgroup != "space":
            tokens.append(Token(match.lastgroup, match.group(), position))
        position = match.end()
    return [*tokens, Token("end", "", position)]


def unquote(token: Token) -> str:
    """Read what stands between a token's quotes."""
    inner = token.text[1:-1]
    if token.kind == "quoted":
        return inner.replace('""', '"')
    return re.sub(r"''|\\'", "'", inner)


class Cursor:
    """A place in a list of tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._index = 0

    @property
    def token(self) -> Token:
        """Return the token that comes next."""
        return self._tokens[self._index]

    def advance(self) -> Token:
        """Take the next token; the end stays."""
        token = self.token
        if token.kind != "end":
            self._index += 1
        return token

    def accept(self, word: str) -> bool:
        """Take the next token if it is this keyword or sign."""
        if self.token.word != word:
            return False
        self.advance()
        return True

    def expect(self, word: str) -> None:
        """Take this keyword or sign. Raises FilterError if another comes."""
        if not self.accept(word):
            raise self.refuse(word)

    def refuse(self, expected: str) -> FilterError:
        """Make the error for a token that should be another."""
        excerpt = f"'{self.token.text[:40]}'" if self.token.text else "the end"
        return FilterError(f"has {excerpt} at {self.token.position + 1} where {expected} should be")

    def read_number(self) -> float:
        """Read a number with or without a sign. Raises FilterError."""
        sign = -1.0 if self.accept("-") else 1.0
        if sign > 0:
            self.accept("+")
        if self.token.kind != "number":
            raise self.refuse("a number")
        return sign * float(self.advance().text)
