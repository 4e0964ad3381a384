"""OS Places' ``find``: addresses by free text, each with a score of how well it matches.

The streets and buildings that carry most of the words are looked into, and so is a postcode that is named in
full. The score is the share of what was asked and of what the address says of number and flat that agree;
only an address that agrees in all of it scores 1.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from dataclasses import dataclass

import asyncpg

from address.rules.words import AddressSearch
from address.store import answers
from address.store.places import FILTERS, HEADER, IN_ORDER, Wanted, answer
from address.store.suggestions import COUNTED, GROUPS, UNIT

_GOOD = 0.7  # from here a match is called good

_NEAR = f"""
    WITH rare AS MATERIALIZED (
        SELECT word FROM (
            SELECT word, (SELECT count(*) FROM (SELECT FROM search_word w
                WHERE w.council = $1 AND w.word = t.word LIMIT {COUNTED}) few) AS often
            FROM unnest($10::text[]) AS t (word)) t
        WHERE often > 0 ORDER BY often LIMIT 3),
    near AS MATERIALIZED (
        SELECT g.id, g.words, (SELECT count(*) FROM unnest($10) AS t (word)
            WHERE g.words LIKE '% ' || t.word || ' %') AS hits
        FROM (SELECT DISTINCT group_id FROM rare, LATERAL (SELECT w.group_id FROM search_word w
                WHERE w.council = $1 AND w.word = rare.word LIMIT {COUNTED}) w) w
            JOIN search_group g ON g.council = $1 AND g.id = w.group_id)"""
_CANDIDATES = f"""
    SELECT p.uprn, p.lpi_key, b.words
        FROM (SELECT id, words FROM near WHERE hits = (SELECT max(hits) FROM near) ORDER BY words
            LIMIT {GROUPS}) b JOIN place p ON p.council = $1 AND p.group_id = b.id
    UNION
    SELECT p.uprn, p.lpi_key, g.words
        FROM unnest($12::text[], $13::text[]) AS r (low, high) CROSS JOIN LATERAL (
            SELECT * FROM place p WHERE p.council = $1 AND p.postcode >= low AND p.postcode < high
                AND ($14 OR cardinality($11::text[]) = 0) LIMIT {5 * COUNTED}) p
            JOIN search_group g ON g.council = $1 AND g.id = p.group_id
    UNION
    SELECT p.uprn, p.lpi_key, ' ' || p.uprn || ' ' FROM place p WHERE p.council = $1 AND p.uprn = $15"""
_AGREES = "(SELECT count(*) FROM unnest($11) AS t (word) WHERE unit || words LIKE '% ' || t.word || ' %')"
_UNASKED = """(SELECT count(*) FROM unnest(string_to_array(btrim(unit), ' ')) AS said
    WHERE said <> '' AND said <> ALL ($11))"""
_IN_POSTCODE = """(SELECT count(*) FROM unnest($12, $13) AS r (low, high)
    WHERE p.postcode >= r.low AND p.postcode < r.high)"""
_SCORE = f"""CASE WHEN p.uprn = $15 THEN 1 ELSE ({_AGREES} + {_IN_POSTCODE})::numeric
    / greatest(1, cardinality($11) + {_UNASKED} + CASE WHEN $12 IS NULL THEN 0 ELSE 1 END) END"""
_DESCRIPTION = f"CASE WHEN score >= 1 THEN 'EXACT' WHEN score >= {_GOOD} THEN 'GOOD' ELSE 'NO MATCH' END"
_RESULT = answers.os_places("trunc(score, $17)", _DESCRIPTION)
_FIND = f"""{_NEAR}
    SELECT {HEADER}, count(*) AS total, string_agg(
        CASE WHEN nth > $9::bigint AND nth <= $9::bigint + $8::bigint THEN {_RESULT} END, ',' ORDER BY nth
    ) AS results
    FROM (SELECT p.*, row_number() OVER (ORDER BY score DESC, p.postcode, {IN_ORDER}, rank) AS nth
        FROM (SELECT p.*, dataset, rank, {_SCORE} AS score
            FROM (SELECT p.*, words, {UNIT} AS unit FROM ({_CANDIDATES}) c
                    JOIN place p ON p.council = $1 AND p.uprn = c.uprn AND p.lpi_key = c.lpi_key) p
                CROSS JOIN unnest($7::text[]) WITH ORDINALITY AS d (dataset, rank)
            WHERE {FILTERS} AND ($18::float8[] IS NULL OR p.easting BETWEEN $18[1] AND $18[3]
                AND p.northing BETWEEN $18[2] AND $18[4])) p
        WHERE score >= $16::float8) p"""


@dataclass(frozen=True, slots=True)
class Scoring:
    """How matches are scored: the least score wanted, and to how many decimals it is cut.

    ``box`` is west, south, east, north on the British National Grid.
    """

    least: float = 0.0
    precision: int = 1
    box: tuple[float, float, float, float] | None = None


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
    )
