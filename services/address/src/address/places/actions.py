"""Find addresses: parse the text with the rules, then look it up in the store."""

from dataclasses import replace

import asyncpg

from address.places.rules import search_text, spelling
from address.places.rules.search_text import AddressSearch
from address.places.store import find as finding
from address.places.store import places, suggestions
from address.places.store.find import Scoring
from address.places.store.places import PlacesQuery
from address.places.store.suggestions import SuggestionScope

_MAX_CORRECTED = 3  # words of one search


async def suggest_addresses(
    pool: asyncpg.Pool, council: str, text: str, limit: int, scope: SuggestionScope
) -> list[str]:
    """List the best addresses for the text typed so far, each as JSON text."""
    return await suggestions.list_suggestions(pool, council, search_text.parse_search(text), limit, scope)


async def find_addresses(
    pool: asyncpg.Pool, council: str, query: str, places_query: PlacesQuery, scoring: Scoring
) -> asyncpg.Record:
    """Find addresses by free text. A query that is only a postcode is a search by postcode."""
    search = search_text.parse_search(query + " ")
    only_postcode = search.postcode is not None and not search.words and scoring.box is None
    if only_postcode and search.postcode is not None:
        return await places.list_by_postcode(pool, council, search.postcode, places_query)
    corrected, misspelt = await _correct_spelling(pool, council, search)
    return await finding.find_addresses(
        pool, council, corrected, places_query, replace(scoring, misspelt=misspelt)
    )


async def _correct_spelling(
    pool: asyncpg.Pool, council: str, search: AddressSearch
) -> tuple[AddressSearch, int]:
    """Replace words that the gazetteer lacks by the nearest it has. Return the search and their count."""
    names = list(search.names)
    for word in (await finding.list_unknown_words(pool, council, search.names))[:_MAX_CORRECTED]:
        correction = spelling.find_closest(
            word, await finding.list_words_beginning(pool, council, word[: spelling.SAME_START])
        )
        if correction is not None:
            names[names.index(word)] = correction
    corrected = sum(name != original for name, original in zip(names, search.names, strict=True))
    return replace(search, names=tuple(names)), corrected
