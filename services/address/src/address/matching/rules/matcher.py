"""The matcher: a question in, an answer out.

``Matcher.match`` wants every property at hand (a batch); ``Matcher.steps`` says which streets' properties it
needs before it goes on, so that a web process can read just those. Both run the same steps.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass

from address.address_comparison.rules.comparison import Candidate, Comparison
from address.address_comparison.rules.street_context import Scene
from address.address_index.rules import query, street_search
from address.address_index.rules.index import Index, Properties
from address.address_index.rules.street_search import Hit
from address.address_text.rules.tokens import Asked
from address.matching.rules.decision import Looked, Match, decide

_GOOD = 9.0  # points of a candidate that needs no further search
_PLACED = frozenset({"exact", "near", "typo", "core", "other"})
_NOTHING = Properties()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Properties wanted: of these streets, with one of these numbers, with a range or with a name."""

    usrns: list[int]
    numbers: list[int]


Known = Mapping[int, Properties]
Steps = Generator[Wanted, Known, Looked]


class Matcher:
    """A council's gazetteer, ready to be asked."""

    def __init__(self, index: Index, known: Known | None = None) -> None:
        self.index = index
        self.known: Known = known or {}

    def match(self, asked: Asked) -> Match:
        """The property an address means. All streets' properties must be known."""
        return decide(self.weigh(asked))

    def weigh(self, asked: Asked) -> Looked:
        """All there is to decide on."""
        steps = self.steps(asked)
        try:
            next(steps)
            while True:
                steps.send(self.known)
        except StopIteration as stop:
            looked: Looked = stop.value
            return looked

    def steps(self, asked: Asked) -> Steps:
        """Yields which properties it needs, is sent them by street, and returns what it saw."""
        asks = query.question(asked, self.index)
        comparison = Comparison(asks, self.index)
        hits = street_search.said_streets(asks, self.index)
        numbers = query.numbers(asks)
        known = (yield Wanted([hit.usrn for hit in hits], numbers)) if hits else self.known
        scenes, found = _look(comparison, hits, known)
        if not any(one.points >= _GOOD and "words none" in one.findings for one in found) and not _settled(
            scenes, self.index
        ):
            more = street_search.other_streets(asks, self.index, hits)
            if more:
                known = yield Wanted([hit.usrn for hit in more], numbers)
                other_scenes, others = _look(comparison, more, known)
                scenes, found = scenes + other_scenes, found + others
        return Looked(comparison, scenes, found)


def _settled(scenes: list[Scene], index: Index) -> bool:
    """Whether the street is plainly said, so that to look for others would only find other properties."""
    for scene in scenes:
        if scene.hit.how in _PLACED and scene.asks.said.postcode in scene.street.postcodes:
            return True
        if scene.hit.how in {"exact", "near"} and not any(
            name in index.places or name in index.cores for name in scene.street.names
        ):
            return True
    return False


def _look(comparison: Comparison, hits: list[Hit], known: Known) -> tuple[list[Scene], list[Candidate]]:
    scenes, found = [], []
    for hit in hits:
        scene = comparison.scene(hit)
        scenes.append(scene)
        found += comparison.candidates(scene, known.get(hit.usrn, _NOTHING))
    return scenes, found
