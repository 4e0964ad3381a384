"""Finding addresses: what was typed is taken apart by the rules and looked up by the store."""

import asyncpg

from address.rules import words
from address.store import finding, places, suggestions
from address.store.finding import Scoring
from address.store.places import Wanted
from address.store.suggestions import Where


async def suggest(pool: asyncpg.Pool, council: str, typed: str, limit: int, where: Where) -> list[str]:
    """The best addresses for what is typed so far, each as JSON text."""
    return await suggestions.suggest(pool, council, words.search(typed), limit, where)


async def find(
    pool: asyncpg.Pool, council: str, query: str, wanted: Wanted, scoring: Scoring
) -> asyncpg.Record:
    """OS Places' ``find``. A query that is a postcode and nothing else is the postcode's own search."""
    asked = words.search(query + " ")
    only_postcode = asked.postcode is not None and not asked.said and scoring.box is None
    if only_postcode and asked.postcode is not None:
        return await places.by_postcode(pool, council, asked.postcode, wanted)
    return await finding.find(pool, council, asked, wanted, scoring)
