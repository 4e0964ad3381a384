"""Whether every text that one regular expression accepts is accepted by another.

Python's own parser reads the expression, greenery's automata decide. What either cannot read (look-around,
back-references, Unicode classes, very long repeats) is answered None: not known.
"""

import importlib
import re
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from greenery import Charclass, Fsm, Multiplier, Pattern  # type: ignore[import-untyped]
from greenery.bound import INF, Bound  # type: ignore[import-untyped]
from greenery.rxelems import Conc, Mult  # type: ignore[import-untyped]

_MOST_STATES = 600
_DIGIT = (("0", "9"),)
_WORD = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
_SPACE = tuple((space, space) for space in "\t\n\x0b\x0c\r \xa0\u2028\u2029\ufeff")
_CATEGORIES = {
    "CATEGORY_DIGIT": Charclass(_DIGIT),
    "CATEGORY_NOT_DIGIT": Charclass(_DIGIT, negated=True),
    "CATEGORY_WORD": Charclass(_WORD),
    "CATEGORY_NOT_WORD": Charclass(_WORD, negated=True),
    "CATEGORY_SPACE": Charclass(_SPACE),
    "CATEGORY_NOT_SPACE": Charclass(_SPACE, negated=True),
}
_ANY = Charclass((("\n", "\n"), ("\r", "\r"), ("\u2028", "\u2029")), negated=True)
_EVERY = Charclass("", negated=True)
_ONCE = Multiplier(Bound(1), Bound(1))
_FREE = Mult(_EVERY, Multiplier(Bound(0), INF))
_STARTS = {"AT_BEGINNING", "AT_BEGINNING_STRING"}
_ENDS = {"AT_END", "AT_END_STRING"}


class UnreadableError(ValueError):
    """The expression has a part whose language is not worked out here."""


def within(sub: str, sup: str) -> bool | None:
    """Whether ``sup`` accepts all that ``sub`` accepts; None when that is not known."""
    if sub == sup:
        return True
    try:
        return bool(automaton(sub).issubset(automaton(sup)))
    except UnreadableError:
        return None


def width(pattern: str) -> tuple[int, int] | None:
    """The least and greatest length of a text the whole expression accepts; None when not known."""
    try:
        parsed = _parse(pattern)
        if not all(_is(branch, 0, _STARTS) and _is(branch, -1, _ENDS) for branch in _branches(parsed)):
            return None
        low, high = parsed.getwidth()
    except UnreadableError:
        return None
    return int(low), int(high)


@lru_cache(maxsize=512)
def automaton(pattern: str) -> Fsm:
    """The automaton of the texts in which the expression is found. Raises UnreadableError."""
    parsed = _parse(pattern)
    if _size(parsed) > _MOST_STATES:
        raise UnreadableError(pattern)
    return Pattern(*(_anchored(branch) for branch in _branches(parsed))).to_fsm()


def _parse(pattern: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "possible nested set": it is read as Python reads it
            return importlib.import_module("re._parser").parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise UnreadableError(pattern) from error


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


def _anchored(nodes: list[Any]) -> Conc:
    start, end = _is(nodes, 0, _STARTS), _is(nodes, -1, _ENDS)
    inner = nodes[1 if start else 0 : len(nodes) - 1 if end else None]
    before: list[Mult] = [] if start else [_FREE]
    after: list[Mult] = [] if end else [_FREE]
    return Conc(*before, *(_mult(node) for node in inner), *after)


def _conc(nodes: Any) -> Conc:
    return Conc(*(_mult(node) for node in nodes))


def _mult(node: Any) -> Mult:
    name, value = str(node[0]), node[1]
    if name in {"MAX_REPEAT", "MIN_REPEAT"}:
        low, high, inner = value
        most = INF if str(high) == "MAXREPEAT" else Bound(int(high))
        return Mult(Pattern(_conc(inner)), Multiplier(Bound(int(low)), most))
    if name not in _READERS:
        raise UnreadableError(name)
    return Mult(_READERS[name](value), _ONCE)


def _group(value: Any) -> Pattern:
    if any(value[1:3]):  # flags that hold inside the group only
        raise UnreadableError("flags")
    return Pattern(_conc(value[3]))


def _set(value: Any) -> Charclass:
    negated = str(value[0][0]) == "NEGATE"
    accepted = Charclass("")
    for node in value[1:] if negated else value:
        accepted = accepted | _member(str(node[0]), node[1])
    return ~accepted if negated else accepted


def _member(name: str, value: Any) -> Charclass:
    if name == "RANGE":
        return Charclass(((chr(value[0]), chr(value[1])),))
    if name == "LITERAL":
        return Charclass(chr(value))
    if str(value) in _CATEGORIES:
        return _CATEGORIES[str(value)]
    raise UnreadableError(str(value))


_READERS: dict[str, Callable[[Any], Pattern | Charclass]] = {
    "LITERAL": lambda value: Charclass(chr(value)),
    "NOT_LITERAL": lambda value: Charclass(chr(value), negated=True),
    "ANY": lambda _: _ANY,
    "IN": _set,
    "BRANCH": lambda value: Pattern(*(_conc(branch) for branch in value[1])),
    "SUBPATTERN": _group,
}


def _size(nodes: Any) -> int:
    """How many states the expression may need, about."""
    total = 0
    for node in nodes:
        name, value = str(node[0]), node[1]
        if name in {"MAX_REPEAT", "MIN_REPEAT"}:
            low, high, inner = value
            times = int(low) + 1 if str(high) == "MAXREPEAT" else int(high)
            total += times * max(1, _size(inner))
        elif name == "BRANCH":
            total += sum(_size(branch) for branch in value[1])
        elif name == "SUBPATTERN":
            total += _size(value[3])
        else:
            total += 1
    return total


