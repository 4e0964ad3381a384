"""Suggestions while somebody types an address.

Words are looked up in ``search_word``, the rarest first, so that the work is bounded whatever the size of the
gazetteer: a word is counted no further than ``COUNTED``, and no more than ``GROUPS`` streets and buildings
are looked into.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Sequence

import asyncpg

from address.rules.words import AddressSearch
from address.store import answers
from address.store.places import IN_ORDER

COUNTED = 1_000
GROUPS = 300
_AFTER_ALL = "~"  # sorts after every letter and digit of a word

# A place's own part of its address, as words with a space at either end: " FLAT 2 97 ".
UNIT = """' ' || regexp_replace(
    upper(concat_ws(' ', p.sub_building, p.building_number)), '[^A-Z0-9]+', ' ', 'g') || ' '"""

# The words of one group by its key. LIMIT keeps PostgreSQL from turning the look-up round: not knowing how
# few groups a pattern leaves, it reads them all, and looks through the candidates for each.
GROUP_WORDS = "SELECT g.words FROM search_group g WHERE g.council = $1 AND g.id = {} LIMIT 1"
_SUGGEST_BY_NAME = f"""
    WITH rarest AS MATERIALIZED (
        SELECT low, high FROM unnest($2::text[], $3::text[]) AS t (low, high)
        ORDER BY (SELECT count(*) FROM (SELECT FROM search_word w WHERE w.council = $1 AND w.word >= low
            AND w.word < high LIMIT {COUNTED}) few) LIMIT 1),
    found AS MATERIALIZED (
        SELECT w.id, g.words,
            row_number() OVER (ORDER BY g.words LIKE ANY ($5) DESC, length(g.words), g.words) AS rank
        FROM (SELECT w.group_id AS id FROM rarest, LATERAL (SELECT w.group_id FROM search_word w
                WHERE w.council = $1 AND w.word >= low AND w.word < high LIMIT {COUNTED}) w
            UNION
            SELECT g.id FROM unnest($12::text[], $13::text[]) AS b (low, high), LATERAL (
                SELECT g.id FROM search_group g
                WHERE g.council = $1 AND g.words >= b.low AND g.words < b.high LIMIT {GROUPS}) g) w
            CROSS JOIN LATERAL ({GROUP_WORDS.format("w.id")}) g
        WHERE g.words LIKE ALL ($4) ORDER BY rank LIMIT {GROUPS})
    SELECT {answers.OWN_BRIEF} AS item
    FROM found f CROSS JOIN LATERAL (
        SELECT p.*, {UNIT} AS unit FROM place p
        WHERE p.council = $1 AND p.group_id = f.id AND p.delivery LIMIT {COUNTED}) p
    WHERE unit || f.words LIKE ALL ($6)
        AND ($9::text[] IS NULL OR EXISTS (SELECT FROM unnest($9, $10::text[]) AS r (low, high)
            WHERE p.postcode >= r.low AND p.postcode < r.high))
    ORDER BY f.rank, unit LIKE $7 DESC, p.building_number = ANY ($8) DESC NULLS LAST, {IN_ORDER} LIMIT $11"""
_SUGGEST_BY_POSTCODE = f"""
    SELECT {answers.OWN_BRIEF} AS item
    FROM unnest($2::text[], $3::text[]) AS r (low, high) CROSS JOIN LATERAL (
        SELECT p.* FROM place p
        WHERE p.council = $1 AND p.postcode >= low AND p.postcode < high AND p.delivery
            AND {UNIT} LIKE ALL ($4)
        ORDER BY p.postcode, {IN_ORDER} LIMIT $5) p
    ORDER BY p.postcode, {IN_ORDER} LIMIT $5"""
_SUGGEST_BY_UPRN = f"""
    SELECT {answers.OWN_BRIEF} AS item FROM place p WHERE p.council = $1 AND p.uprn = $2 AND p.delivery"""


async def suggest(pool: asyncpg.Pool, council: str, search: AddressSearch, limit: int) -> list[str]:
    """The best addresses for what is typed so far, each as JSON text. Retired properties are left out."""
    postcode = search.postcode
    units = _patterns(search.units, search.typing)
    beginnings = [f" {' '.join(search.names)}", f" {' '.join(search.said)}"]
    if search.uprn is not None:
        rows = await pool.fetch(_SUGGEST_BY_UPRN, council, search.uprn)
    elif search.names:
        rows = await pool.fetch(
            _SUGGEST_BY_NAME,
            council,
            list(search.names),
            [name + _AFTER_ALL for name in search.names],
            [f"% {name}%" for name in search.names],
            [f"{beginning}%" for beginning in beginnings],
            units,
            f"% {' '.join(search.units)} %",
            list(search.units),
            postcode and postcode.lows,
            postcode and postcode.highs,
            limit,
            beginnings,
            [beginning + _AFTER_ALL for beginning in beginnings],
        )
    elif postcode is not None:
        rows = await pool.fetch(_SUGGEST_BY_POSTCODE, council, postcode.lows, postcode.highs, units, limit)
    else:
        rows = []
    return [row["item"] for row in rows]


def _patterns(words: Sequence[str], typing: str | None) -> list[str]:
    """LIKE patterns: whole words, but for the one still being typed."""
    return [f"% {word}%" if word == typing else f"% {word} %" for word in words]
