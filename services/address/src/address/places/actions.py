"""Finding addresses: what was typed is taken apart by the rules and looked up by the store."""

from dataclasses import replace

import asyncpg

from address.places.rules import search_text, spelling
from address.places.rules.search_text import AddressSearch
from address.places.store import find as finding
from address.places.store import places, suggestions
from address.places.store.find import Scoring
from address.places.store.places import Wanted
from address.places.store.suggestions import Where

_MOST_CORRECTED = 3  # words of one search


async def suggest(pool: asyncpg.Pool, council: str, typed: str, limit: int, where: Where) -> list[str]:
    """The best addresses for what is typed so far, each as JSON text."""
    return await suggestions.suggest(pool, council, search_text.search(typed), limit, where)


async def find(
    pool: asyncpg.Pool, council: str, query: str, wanted: Wanted, scoring: Scoring
) -> asyncpg.Record:
    """OS Places' ``find``. A query that is a postcode and nothing else is the postcode's own search."""
    asked = search_text.search(query + " ")
    only_postcode = asked.postcode is not None and not asked.said and scoring.box is None
    if only_postcode and asked.postcode is not None:
        return await places.by_postcode(pool, council, asked.postcode, wanted)
    spelt, misspelt = await _spelt(pool, council, asked)
    return await finding.find(pool, council, spelt, wanted, replace(scoring, misspelt=misspelt))


async def _spelt(pool: asyncpg.Pool, council: str, asked: AddressSearch) -> tuple[AddressSearch, int]:
    """The search with words nobody has replaced by the nearest the gazetteer has, and how many those are."""
    names = list(asked.names)
    for word in (await finding.unknown(pool, council, asked.names))[:_MOST_CORRECTED]:
        meant = spelling.closest(word, await finding.beginning(pool, council, word[: spelling.SAME]))
        if meant is not None:
            names[names.index(word)] = meant
    corrected = sum(one != other for one, other in zip(names, asked.names, strict=True))
    return replace(asked, names=tuple(names)), corrected
