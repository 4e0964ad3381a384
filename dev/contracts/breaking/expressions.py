"""A regular expression as an automaton of positions (Glushkov's construction).

Python's own parser reads the expression. Greenery, which jsonsubschema uses for this, takes seconds for a
slug of sixty letters and minutes for a text of two hundred, so the automaton is made here.
"""

import importlib
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Ranges = tuple[tuple[int, int], ...]  # code points, inclusive, in order, apart

_MOST_POSITIONS = 3_000
_LAST_POINT = 0x10FFFF
_WORD = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE = tuple((ord(space), ord(space)) for space in "\t\n\x0b\x0c\r \xa0\u2028\u2029\ufeff")
_NEW_LINES = ((10, 10), (13, 13), (0x2028, 0x2029))
_STARTS = {"AT_BEGINNING", "AT_BEGINNING_STRING"}
_ENDS = {"AT_END", "AT_END_STRING"}


class UnreadableError(ValueError):
    """The expression has a part whose language is not worked out here."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the expression: whether it may be empty, and the positions it starts and ends with."""

    nullable: bool = True
    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()


@dataclass(slots=True)
class Automaton:
    """Position p accepts the code points ``accepts[p]`` and is followed by ``follow[p]``."""

    accepts: list[Ranges] = field(default_factory=list)
    follow: list[set[int]] = field(default_factory=list)
    whole: Part = field(default_factory=Part)

    def position(self, ranges: Ranges) -> Part:
        if len(self.accepts) >= _MOST_POSITIONS:
            raise UnreadableError("too long")
        self.accepts.append(ranges)
        self.follow.append(set())
        here = frozenset({len(self.accepts) - 1})
        return Part(nullable=False, first=here, last=here)

    def then(self, one: Part, two: Part) -> Part:
        for position in one.last:
            self.follow[position] |= two.first
        return Part(
            one.nullable and two.nullable,
            one.first | two.first if one.nullable else one.first,
            two.last | one.last if two.nullable else two.last,
        )

    def star(self, part: Part) -> Part:
        for position in part.last:
            self.follow[position] |= part.first
        return Part(nullable=True, first=part.first, last=part.last)


def automaton(pattern: str) -> Automaton:
    """The automaton of the texts in which the expression is found. Raises UnreadableError."""
    made = Automaton()
    made.whole = _either([_anchored(made, branch) for branch in _branches(parse(pattern))])
    return made


def width(pattern: str) -> tuple[int, int] | None:
    """The least and greatest length of a text the whole expression accepts; None when not known."""
    try:
        parsed = parse(pattern)
    except UnreadableError:
        return None
    if not all(_is(branch, 0, _STARTS) and _is(branch, -1, _ENDS) for branch in _branches(parsed)):
        return None
    low, high = parsed.getwidth()
    return int(low), int(high)


def parse(pattern: str) -> Any:
    """Python's parse of the expression. Raises UnreadableError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "possible nested set": it is read as Python reads it
            parsed = importlib.import_module("re._parser").parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise UnreadableError(pattern) from error
    if parsed.state.flags & ~re.UNICODE:
        raise UnreadableError("flags")
    return parsed


def _branches(parsed: Any) -> list[list[Any]]:
    """The alternatives at the top, where anchors may stand; a group around them is looked into."""
    nodes = list(parsed)
    if len(nodes) == 1 and str(nodes[0][0]) == "BRANCH":
        return [branch for alternative in nodes[0][1][1] for branch in _branches(alternative)]
    if len(nodes) == 1 and str(nodes[0][0]) == "SUBPATTERN" and not any(nodes[0][1][1:3]):
        return _branches(nodes[0][1][3])
    return [nodes]


def _is(nodes: Sequence[Any], index: int, places: set[str]) -> bool:
    return bool(nodes) and str(nodes[index][0]) == "AT" and str(nodes[index][1]) in places


def _anchored(made: Automaton, nodes: list[Any]) -> Part:
    start, end = _is(nodes, 0, _STARTS), _is(nodes, -1, _ENDS)
    inner = nodes[1 if start else 0 : len(nodes) - 1 if end else None]
    part = _sequence(made, inner)
    anything: Ranges = ((0, _LAST_POINT),)
    if not start:
        part = made.then(made.star(made.position(anything)), part)
    return part if end else made.then(part, made.star(made.position(anything)))


def _sequence(made: Automaton, nodes: Any) -> Part:
    part = Part()
    for node in nodes:
        part = made.then(part, _part(made, str(node[0]), node[1]))
    return part


def _part(made: Automaton, name: str, value: Any) -> Part:
    if name in {"MAX_REPEAT", "MIN_REPEAT"}:
        return _repeat(made, *value)
    if name == "BRANCH":
        return _either([_sequence(made, branch) for branch in value[1]])
    if name == "SUBPATTERN" and not any(value[1:3]):  # 1 and 2 are flags that hold inside the group only
        return _sequence(made, value[3])
    if name not in _RANGES:
        raise UnreadableError(name)
    return made.position(_RANGES[name](value))


def _repeat(made: Automaton, low: Any, high: Any, inner: Any) -> Part:
    """``x{2,4}`` is xx(x(x)?)?; without an upper end the last is starred."""
    endless = str(high) == "MAXREPEAT"
    rest = made.star(_sequence(made, inner)) if endless else Part()
    for _ in range(0 if endless else int(high) - int(low)):
        more = made.then(_sequence(made, inner), rest)
        rest = Part(nullable=True, first=more.first, last=more.last)
    for _ in range(int(low)):
        rest = made.then(_sequence(made, inner), rest)
    return rest


def _either(parts: list[Part]) -> Part:
    return Part(
        any(part.nullable for part in parts),
        frozenset().union(*(part.first for part in parts)),
        frozenset().union(*(part.last for part in parts)),
    )


def _tidy(ranges: Sequence[tuple[int, int]]) -> Ranges:
    made: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if made and low <= made[-1][1] + 1:
            made[-1] = (made[-1][0], max(made[-1][1], high))
        else:
            made.append((low, high))
    return tuple(made)


def _all_but(ranges: Ranges) -> Ranges:
    made, start = [], 0
    for low, high in ranges:
        if start < low:
            made.append((start, low - 1))
        start = high + 1
    if start <= _LAST_POINT:
        made.append((start, _LAST_POINT))
    return tuple(made)


def _set(value: Any) -> Ranges:
    negated = str(value[0][0]) == "NEGATE"
    members = [_RANGES[str(node[0])](node[1]) for node in (value[1:] if negated else value)]
    ranges = _tidy([one for member in members for one in member])
    return _all_but(ranges) if negated else ranges


def _category(value: Any) -> Ranges:
    """``\\d``, ``\\w`` and ``\\s`` as ECMA-262 has them, which JSON Schema follows."""
    name = str(value)
    found = {"DIGIT": ((48, 57),), "WORD": _WORD, "SPACE": _SPACE}.get(name.rpartition("_")[2])
    if found is None:
        raise UnreadableError(name)
    return _all_but(_tidy(found)) if "_NOT_" in name else _tidy(found)


_RANGES: dict[str, Callable[[Any], Ranges]] = {
    "LITERAL": lambda value: ((value, value),),
    "NOT_LITERAL": lambda value: _all_but(((value, value),)),
    "ANY": lambda _: _all_but(_NEW_LINES),
    "RANGE": lambda value: (tuple(value),),
    "CATEGORY": _category,
    "IN": _set,
}
