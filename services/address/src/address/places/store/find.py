"""OS Places' ``find``: addresses by free text, each with a score of how well it matches.

The streets and buildings that carry most of the words are looked into, and so is a postcode that is named in
full. The score is the share of what was asked and of what the address says of number and flat that agree;
only an address that agrees in all of it scores 1.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from address.places.rules import spelling
from address.places.rules.search_text import AddressSearch
from address.places.store import places_json
from address.places.store.places import FILTERS, HEADER, IN_ORDER, Wanted, answer
from address.places.store.search_sql import COUNTED, GROUP_WORDS, GROUPS, UNIT

# What one search looks through at most: entries of a word, and places.
_SCANNED = 20_000
_PLACES = 2_000
_MET = 3_000  # words that begin with one letter
_AFTER_ALL = "~"  # sorts after every letter and digit of a word
_GOOD = 0.7  # from here a match is called good

# Which of the words asked ($12) a group does not carry: only these are looked for in its places' own part.
_MISSING = (
    "ARRAY(SELECT word FROM unnest($12::text[]) AS t (word) WHERE g.words NOT LIKE '% ' || word || ' %')"
)
_NEAR = f"""
    WITH rare AS MATERIALIZED (
        SELECT word FROM (
            SELECT word, (SELECT count(*) FROM (SELECT FROM search_word w
                WHERE w.council = $1 AND w.word = t.word LIMIT {COUNTED}) few) AS often
            FROM unnest($11::text[]) AS t (word) OFFSET 0) t
        WHERE often > 0 ORDER BY often LIMIT 3),
    near AS MATERIALIZED (
        SELECT w.group_id AS id, g.words, {_MISSING} AS missing,
            (SELECT count(*) FROM unnest($11) AS word WHERE g.words LIKE '% ' || word || ' %') AS hits
        FROM (SELECT w.group_id FROM rare, LATERAL (SELECT w.group_id FROM search_word w
                WHERE w.council = $1 AND w.word = rare.word LIMIT {_SCANNED}) w
                GROUP BY w.group_id ORDER BY count(*) DESC, w.group_id LIMIT {GROUPS}) w
            CROSS JOIN LATERAL ({GROUP_WORDS.format("w.group_id")}) g)"""
_CANDIDATES = f"""
    (SELECT p.uprn, p.lpi_key, b.missing
        FROM (SELECT * FROM near WHERE hits = (SELECT max(hits) FROM near) ORDER BY length(words), words) b
            CROSS JOIN LATERAL (SELECT p.uprn, p.lpi_key FROM place p
                WHERE p.council = $1 AND p.group_id = b.id LIMIT {COUNTED}) p LIMIT {_PLACES})
    UNION
    SELECT p.uprn, p.lpi_key, {_MISSING}
        FROM unnest($13::text[], $14::text[]) AS r (low, high) CROSS JOIN LATERAL (
            SELECT * FROM place p WHERE p.council = $1 AND p.postcode >= low AND p.postcode < high
                AND ($15 OR cardinality($12) = 0) LIMIT {COUNTED}) p
            CROSS JOIN LATERAL ({GROUP_WORDS.format("p.group_id")}) g
    UNION
    SELECT p.uprn, p.lpi_key, $12 FROM place p WHERE p.council = $1 AND p.uprn = $16"""
_AGREES = """cardinality($12) - cardinality(missing)
    + (SELECT count(*) FROM unnest(missing) AS word WHERE word = ANY (said))"""
_UNASKED = "(SELECT count(*) FROM unnest(said) AS own WHERE own <> ALL ($12))"
_IN_POSTCODE = """(SELECT count(*) FROM unnest($13, $14) AS r (low, high)
    WHERE p.postcode >= r.low AND p.postcode < r.high)"""
_SCORE = f"""CASE WHEN p.uprn = $16 THEN 1 ELSE $20::numeric * ({_AGREES} + {_IN_POSTCODE})
    / greatest(1, cardinality($12) + {_UNASKED} + CASE WHEN $13 IS NULL THEN 0 ELSE 1 END) END"""
_DESCRIPTION = f"CASE WHEN score >= 1 THEN 'EXACT' WHEN score >= {_GOOD} THEN 'GOOD' ELSE 'NO MATCH' END"
_RESULT = places_json.either("trunc(score, $18)", _DESCRIPTION)
_FIND = f"""{_NEAR}
    SELECT {HEADER}, count(*) AS total, string_agg(
        CASE WHEN nth > $9::bigint AND nth <= $9::bigint + $8::bigint THEN {_RESULT} END, ',' ORDER BY nth
    ) AS results
    FROM (SELECT p.*, row_number() OVER (ORDER BY score DESC, p.postcode, {IN_ORDER}, rank) AS nth
        FROM (SELECT p.*, dataset, rank, {_SCORE} AS score
            FROM (SELECT p.*, missing, string_to_array(btrim({UNIT}), ' ') AS said
                FROM ({_CANDIDATES}) c CROSS JOIN LATERAL (
                    SELECT * FROM place p
                    WHERE p.council = $1 AND p.uprn = c.uprn AND p.lpi_key = c.lpi_key LIMIT 1) p) p
                CROSS JOIN unnest($7::text[]) WITH ORDINALITY AS d (dataset, rank)
            WHERE {FILTERS} AND ($19::float8[] IS NULL OR p.easting BETWEEN $19[1] AND $19[3]
                AND p.northing BETWEEN $19[2] AND $19[4]) OFFSET 0) p
        WHERE score >= $17::float8) p"""

_UNKNOWN = f"""SELECT word FROM unnest($2::text[]) AS t (word) WHERE length(word) >= {spelling.SHORTEST}
    AND NOT EXISTS (SELECT FROM search_word w WHERE w.council = $1 AND w.word = t.word)"""
# From each word to the next by the index: a word that a thousand groups have is met once.
_NEXT = """SELECT w.word FROM search_word w WHERE w.council = $1 AND w.word {} AND w.word < $3
    ORDER BY w.word LIMIT 1"""
_BEGINNING = f"""
    WITH RECURSIVE met (word) AS (
        ({_NEXT.format(">= $2")}) UNION ALL
        SELECT ({_NEXT.format("> met.word")}) FROM met WHERE met.word IS NOT NULL)
    SELECT word FROM met WHERE word IS NOT NULL LIMIT {_MET}"""


@dataclass(frozen=True, slots=True)
class Scoring:
    """How matches are scored: the least score wanted, and to how many decimals it is cut.

    ``box`` is west, south, east, north on the British National Grid; ``misspelt`` the words that were
    corrected, each of which costs a twentieth of the score.
    """

    least: float = 0.0
    precision: int = 1
    box: tuple[float, float, float, float] | None = None
    misspelt: int = 0


async def find(
    pool: asyncpg.Pool, council: str, search: AddressSearch, wanted: Wanted, scoring: Scoring
) -> asyncpg.Record:
    """The addresses that match best; the record is that of ``places.by_uprn``."""
    postcode = search.postcode
    return await answer(
        pool,
        _FIND,
        *wanted.parameters(council),
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


async def unknown(pool: asyncpg.Pool, council: str, words: Sequence[str]) -> list[str]:
    """Those of the words, of ``spelling.SHORTEST`` letters at least, that no address of the council has."""
    found = await pool.fetch(_UNKNOWN, council, words)
    return [row["word"] for row in found]


async def beginning(pool: asyncpg.Pool, council: str, start: str) -> list[str]:
    """The council's words that begin so, the first few thousand."""
    found = await pool.fetch(_BEGINNING, council, start, start + _AFTER_ALL)
    return [row["word"] for row in found]
