"""The result of a search for one address."""

from dataclasses import dataclass

from address.address_comparison.rules.comparison import Candidate, Comparison
from address.address_comparison.rules.street_context import StreetContext


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The streets and candidates that a search has looked at."""

    comparison: Comparison
    contexts: list[StreetContext]
    candidates: list[Candidate]
