"""Find addresses by free text, each with a score.

Candidates are the places of streets and buildings with most of the words, and of a postcode in full. The
score is the share of the query, and of the address's number and flat, that agree; only full agreement scores
1.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from address.places.rules import spelling
from address.places.rules.search_text import AddressSearch
from address.places.store import places_json
from address.places.store.places import FILTERS, HEADER, STREET_ORDER, PlacesQuery, fetch_answer
from address.places.store.search_sql import GROUP_WORDS, MAX_COUNTED, MAX_GROUPS, UNIT

# The most a search reads: entries of a word, and places.
_MAX_SCANNED = 20_000
_MAX_PLACES = 2_000
_MAX_WORDS = 3_000  # words that begin with a letter
_LAST_CHARACTER = "~"  # sorts after every letter and digit of a word
_GOOD_SCORE = 0.7  # the least score of a good match

# The words of the query ($12) that a group lacks: only these are looked for in number and flat of its places.
_MISSING = (
    "ARRAY(SELECT word FROM unnest($12::text[]) AS t (word) WHERE g.words NOT LIKE '% ' || word || ' %')"
)
_NEAR = f"""
    WITH rare AS MATERIALIZED (
        SELECT word FROM (
            SELECT word, (SELECT count(*) FROM (SELECT FROM search_word w
                WHERE w.council = $1 AND w.word = t.word LIMIT {MAX_COUNTED}) few) AS often
            FROM unnest($11::text[]) AS t (word) OFFSET 0) t
        WHERE often > 0 ORDER BY often LIMIT 3),
    near AS MATERIALIZED (
        SELECT w.group_id AS id, g.words, {_MISSING} AS missing,
            (SELECT count(*) FROM unnest($11) AS word WHERE g.words LIKE '% ' || word || ' %') AS hits
        FROM (SELECT w.group_id FROM rare, LATERAL (SELECT w.group_id FROM search_word w
                WHERE w.council = $1 AND w.word = rare.word LIMIT {_MAX_SCANNED}) w
                GROUP BY w.group_id ORDER BY count(*) DESC, w.group_id LIMIT {MAX_GROUPS}) w
            CROSS JOIN LATERAL ({GROUP_WORDS.format("w.group_id")}) g)"""
_CANDIDATES = f"""
    (SELECT p.uprn, p.lpi_key, b.missing
        FROM (SELECT * FROM near WHERE hits = (SELECT max(hits) FROM near) ORDER BY length(words), words) b
            CROSS JOIN LATERAL (SELECT p.uprn, p.lpi_key FROM place p
                WHERE p.council = $1 AND p.group_id = b.id LIMIT {MAX_COUNTED}) p LIMIT {_MAX_PLACES})
    UNION
    SELECT p.uprn, p.lpi_key, {_MISSING}
        FROM unnest($13::text[], $14::text[]) AS r (low, high) CROSS JOIN LATERAL (
            SELECT * FROM place p WHERE p.council = $1 AND p.postcode >= low AND p.postcode < high
                AND ($15 OR cardinality($12) = 0) LIMIT {MAX_COUNTED}) p
            CROSS JOIN LATERAL ({GROUP_WORDS.format("p.group_id")}) g
    UNION
    SELECT p.uprn, p.lpi_key, $12 FROM place p WHERE p.council = $1 AND p.uprn = $16"""
_AGREEING = """cardinality($12) - cardinality(missing)
    + (SELECT count(*) FROM unnest(missing) AS word WHERE word = ANY (said))"""
_NOT_IN_QUERY = "(SELECT count(*) FROM unnest(said) AS own WHERE own <> ALL ($12))"
_IN_POSTCODE = """(SELECT count(*) FROM unnest($13, $14) AS r (low, high)
    WHERE p.postcode >= r.low AND p.postcode < r.high)"""
_SCORE = f"""CASE WHEN p.uprn = $16 THEN 1 ELSE $20::numeric * ({_AGREEING} + {_IN_POSTCODE})
    / greatest(1, cardinality($12) + {_NOT_IN_QUERY} + CASE WHEN $13 IS NULL THEN 0 ELSE 1 END) END"""
_DESCRIPTION = (
    f"CASE WHEN score >= 1 THEN 'EXACT' WHEN score >= {_GOOD_SCORE} THEN 'GOOD' ELSE 'NO MATCH' END"
)
_RESULT = places_json.dataset_json("trunc(score, $18)", _DESCRIPTION)
_FIND = f"""{_NEAR}
    SELECT {HEADER}, count(*) AS total, string_agg(
        CASE WHEN nth > $9::bigint AND nth <= $9::bigint + $8::bigint THEN {_RESULT} END, ',' ORDER BY nth
    ) AS results
    FROM (SELECT p.*, row_number() OVER (ORDER BY score DESC, p.postcode, {STREET_ORDER}, rank) AS nth
        FROM (SELECT p.*, dataset, rank, {_SCORE} AS score
            FROM (SELECT p.*, missing, string_to_array(btrim({UNIT}), ' ') AS said
                FROM ({_CANDIDATES}) c CROSS JOIN LATERAL (
                    SELECT * FROM place p
                    WHERE p.council = $1 AND p.uprn = c.uprn AND p.lpi_key = c.lpi_key LIMIT 1) p) p
                CROSS JOIN unnest($7::text[]) WITH ORDINALITY AS d (dataset, rank)
            WHERE {FILTERS} AND ($19::float8[] IS NULL OR p.easting BETWEEN $19[1] AND $19[3]
                AND p.northing BETWEEN $19[2] AND $19[4]) OFFSET 0) p
        WHERE score >= $17::float8) p"""

_UNKNOWN = f"""SELECT word FROM unnest($2::text[]) AS t (word) WHERE length(word) >= {spelling.MIN_LENGTH}
    AND NOT EXISTS (SELECT FROM search_word w WHERE w.council = $1 AND w.word = t.word)"""
# From each word to the next by the index, so that a word of a thousand groups is read once.
_NEXT = """SELECT w.word FROM search_word w WHERE w.council = $1 AND w.word {} AND w.word < $3
    ORDER BY w.word LIMIT 1"""
_BEGINNING = f"""
    WITH RECURSIVE met (word) AS (
        ({_NEXT.format(">= $2")}) UNION ALL
        SELECT ({_NEXT.format("> met.word")}) FROM met WHERE met.word IS NOT NULL)
    SELECT word FROM met WHERE word IS NOT NULL LIMIT {_MAX_WORDS}"""


@dataclass(frozen=True, slots=True)
class Scoring:
    """How matches are scored: the least score, and the decimals to which it is cut.

    ``box``: west, south, east, north on the British National Grid. ``misspelt``: the number of corrected
    words; each costs a twentieth of the score.
    """

    least: float = 0.0
    precision: int = 1
    box: tuple[float, float, float, float] | None = None
    misspelt: int = 0


async def find_addresses(
    pool: asyncpg.Pool, council: str, search: AddressSearch, query: PlacesQuery, scoring: Scoring
) -> asyncpg.Record:
    """Find the addresses that match best; as ``places.list_by_uprn``."""
    postcode = search.postcode
    return await fetch_answer(
        pool,
        _FIND,
        *query.parameters(council),
        search.names,
        (*search.names, *search.units),
        postcode and postcode.lows,
        postcode and postcode.highs,
        postcode is not None and postcode.whole is not None,
        search.uprn,
        scoring.least,
        scoring.precision,
        scoring.box,
        0.95**scoring.misspelt,
    )


async def list_unknown_words(pool: asyncpg.Pool, council: str, words: Sequence[str]) -> list[str]:
    """List those of the words, of at least ``spelling.MIN_LENGTH`` letters, that no address has."""
    rows = await pool.fetch(_UNKNOWN, council, words)
    return [row["word"] for row in rows]


async def list_words_beginning(pool: asyncpg.Pool, council: str, start: str) -> list[str]:
    """List the council's words with a beginning, at most a few thousand."""
    rows = await pool.fetch(_BEGINNING, council, start, start + _LAST_CHARACTER)
    return [row["word"] for row in rows]
