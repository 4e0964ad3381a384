"""Match an address: find streets, compare their properties, decide.

``Matcher.match`` needs every property in memory (a batch). ``Matcher.steps`` yields which properties it
needs, so that a web process reads only those. Both run the same steps.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass

from address.address_comparison.rules.comparison import Candidate, Comparison
from address.address_comparison.rules.street_context import StreetContext
from address.address_index.rules import address_query, street_search
from address.address_index.rules.index import Index, Properties
from address.address_index.rules.street_search import StreetHit
from address.address_text.rules.tokens import MatchQuery
from address.matching.rules.decision import Match, decide
from address.matching.rules.search_result import SearchResult

_GOOD_POINTS = 9.0  # points of a candidate that needs no further search
_PLACED = frozenset({"exact", "near", "typo", "core", "other"})
_NOTHING = Properties()


@dataclass(frozen=True, slots=True)
class NeededProperties:
    """The properties a step needs: in these streets, with one of the numbers, a range or a name."""

    usrns: list[int]
    numbers: list[int]


PropertiesByStreet = Mapping[int, Properties]
Steps = Generator[NeededProperties, PropertiesByStreet, SearchResult]


class Matcher:
    """A council's index, and properties by street."""

    def __init__(self, index: Index, properties: PropertiesByStreet | None = None) -> None:
        self.index = index
        self.loaded: PropertiesByStreet = properties or {}

    def match(self, match_query: MatchQuery) -> Match:
        """Match an address. All properties must be in memory."""
        return decide(self.search(match_query))

    def search(self, match_query: MatchQuery) -> SearchResult:
        """Search streets and candidates of an address."""
        steps = self.steps(match_query)
        try:
            next(steps)
            while True:
                steps.send(self.loaded)
        except StopIteration as stop:
            result: SearchResult = stop.value
            return result

    def steps(self, match_query: MatchQuery) -> Steps:
        """Yield the properties needed, receive them by street, and return the search result."""
        query = address_query.parse_query(match_query, self.index)
        comparison = Comparison(query, self.index)
        hits = street_search.find_named_streets(query, self.index)
        numbers = address_query.list_numbers(query)
        properties = (yield NeededProperties([hit.usrn for hit in hits], numbers)) if hits else self.loaded
        contexts, candidates = _compare(comparison, hits, properties)
        if not any(
            candidate.points >= _GOOD_POINTS and "words none" in candidate.findings
            for candidate in candidates
        ) and not _is_settled(contexts, self.index):
            more_hits = street_search.find_other_streets(query, self.index, hits)
            if more_hits:
                properties = yield NeededProperties([hit.usrn for hit in more_hits], numbers)
                other_contexts, others = _compare(comparison, more_hits, properties)
                contexts, candidates = contexts + other_contexts, candidates + others
        return SearchResult(comparison, contexts, candidates)


def _is_settled(contexts: list[StreetContext], index: Index) -> bool:
    """Return whether the street is clearly named, so that a further search would only mislead."""
    for context in contexts:
        if context.hit.how in _PLACED and context.query.address.postcode in context.street.postcodes:
            return True
        if context.hit.how in {"exact", "near"} and not any(
            name in index.places or name in index.cores for name in context.street.names
        ):
            return True
    return False


def _compare(
    comparison: Comparison, hits: list[StreetHit], properties: PropertiesByStreet
) -> tuple[list[StreetContext], list[Candidate]]:
    contexts, candidates = [], []
    for hit in hits:
        context = comparison.context(hit)
        contexts.append(context)
        candidates += comparison.candidates(context, properties.get(hit.usrn, _NOTHING))
    return contexts, candidates
