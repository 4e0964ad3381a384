"""Whether every text that one regular expression accepts is accepted by another."""

from collections.abc import Iterable
from functools import lru_cache

from dev.contracts.breaking.expressions import Automaton, Ranges, UnreadableError, automaton, width

_MOST_PAIRS = 20_000
_START = frozenset({-1})
States = frozenset[int]

__all__ = ["width", "within"]


@lru_cache(maxsize=1024)
def within(sub: str, sup: str) -> bool | None:
    """Whether ``sup`` accepts all that ``sub`` accepts.

    None when that is not known: look-around, back-references, Unicode classes, thousands of positions.
    """
    if sub == sup:
        return True
    try:
        return _included(automaton(sub), automaton(sup))
    except UnreadableError:
        return None


def _included(sub: Automaton, sup: Automaton) -> bool | None:
    """Walk both at once: no text may end well in ``sub`` only."""
    points = _points([*sub.accepts, *sup.accepts])
    one, two = _Walker(sub, points), _Walker(sup, points)
    seen = {(_START, _START)}
    waiting = [(_START, _START)]
    while waiting:
        here, there = waiting.pop()
        if one.ends(here) and not two.ends(there):
            return False
        for point in range(len(points)):
            pair = (one.step(here, point), two.step(there, point))
            if pair[0] and pair not in seen:
                seen.add(pair)
                waiting.append(pair)
        if len(seen) > _MOST_PAIRS:
            return None
    return True


def _points(ranges: Iterable[Ranges]) -> list[int]:
    """One code point of each class that no range tells apart."""
    edges = {0}
    for low, high in {one for many in ranges for one in many}:
        edges |= {low, high + 1}
    return sorted(edge for edge in edges if edge <= 0x10FFFF)  # noqa: PLR2004 - the last of Unicode


class _Walker:
    """An automaton in use: a set of positions, and where a code point leads from there."""

    def __init__(self, automaton: Automaton, points: list[int]) -> None:
        self._automaton = automaton
        self._takes = [
            frozenset(
                position
                for position, ranges in enumerate(automaton.accepts)
                if any(low <= point <= high for low, high in ranges)
            )
            for point in points
        ]
        self._next: dict[States, States] = {}

    def ends(self, states: States) -> bool:
        whole = self._automaton.whole
        return not states.isdisjoint(whole.last) or (whole.nullable and -1 in states)

    def step(self, states: States, point: int) -> States:
        if states not in self._next:
            whole, follow = self._automaton.whole, self._automaton.follow
            self._next[states] = frozenset().union(
                *(whole.first if state < 0 else follow[state] for state in states)
            )
        return self._next[states] & self._takes[point]
