"""SQL of suggestions, over the current places or those of a day.

Common parameters: $1 council, $2 the point to be near (easting, northing), $3 ward, $4 limit, $5 patterns of
number and flat, $6 and $7 ranges of postcodes. Each statement has its own after those; the day is the last.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from dataclasses import dataclass

from address.places.store.places import STREET_ORDER
from address.read_model.store import address_json
from address.read_model.store.as_of import places_as_of

MAX_COUNTED = 1_000  # entries of a word, places of a group
MAX_GROUPS = 300
_MAX_WITH_NUMBER = 5_000  # places with one number
_MAX_RANKED = 500  # addresses ranked before flats are merged
_FLATS_AS_BUILDING = 2  # flats from which their building is shown instead

# Number and flat of a place, as words with a space at either end: " FLAT 2 97 ".
UNIT = "p.unit"
# The words of one group by its key. LIMIT stops PostgreSQL from reversing the join: not knowing how few
# groups match a pattern, it would read all groups and scan the candidates for each.
GROUP_WORDS = """SELECT g.words, g.easting, g.northing FROM search_group g
    WHERE g.council = $1 AND g.id = {} LIMIT 1"""
# Metres from the point; null without one.
_DISTANCE = "sqrt(({0}.easting - ($2::float8[])[1]) ^ 2 + ({0}.northing - ($2::float8[])[2]) ^ 2)"
# The rest of a place's address, about as its group has it.
_REST = "upper(concat_ws(' ', p.organisation, p.building_name, p.street, p.locality, p.post_town, ''))"
_IN_WARD = "($3::text IS NULL OR p.ward = $3)"
# A property is found by any live address: its own, an alternative, or in Welsh.
_LIVE = "p.logical_status IN (1, 6) AND p.lpi_status <> 8"
_LIVE_IN_SCOPE = f"""{_LIVE} AND {_IN_WARD}
    AND ($6::text[] IS NULL OR EXISTS (SELECT FROM unnest($6, $7::text[]) AS r (low, high)
        WHERE p.postcode >= r.low AND p.postcode < r.high))"""


def _item(contains: str) -> str:
    """Return SQL of a suggestion as JSON text."""
    return address_json.summary_json(
        {"contains": contains, "distance": f"round({_DISTANCE.format('p')}::numeric, 1)"}
    )


def _list_first(places: str, matched: str) -> str:
    """Return SQL of the first addresses of ``matched``, a query of places with ``nth``; flats as their
    building.

    A property is shown once, by the address that fits best: an alternative or a Welsh one if that was typed.
    """
    return f"""
        WITH matched AS MATERIALIZED ({matched}),
        once AS (SELECT DISTINCT ON (uprn) * FROM matched ORDER BY uprn, nth),
        shown AS (
            SELECT CASE WHEN m.flats >= {_FLATS_AS_BUILDING} AND EXISTS (SELECT FROM {places} b
                WHERE b.council = $1 AND b.uprn = m.parent_uprn AND b.delivery)
                THEN m.parent_uprn ELSE m.uprn END AS uprn,
                m.uprn AS found, m.lpi_key, m.nth
            FROM (SELECT *, count(parent_uprn) OVER (PARTITION BY parent_uprn) AS flats FROM once) m),
        firsts AS (
            SELECT uprn, min(nth) AS nth, count(*) FILTER (WHERE found <> uprn) AS contains,
                (array_agg(lpi_key ORDER BY nth) FILTER (WHERE found = uprn))[1] AS lpi_key
            FROM shown GROUP BY uprn ORDER BY nth LIMIT $4)
        SELECT {_item("f.contains")} AS item
        FROM firsts f CROSS JOIN LATERAL (SELECT * FROM {places} p
            WHERE p.council = $1 AND p.uprn = f.uprn AND CASE WHEN f.lpi_key IS NULL THEN p.delivery
                ELSE p.lpi_key = f.lpi_key END LIMIT 1) p
        ORDER BY f.nth"""


_GROUPS_BY_WORD = f"""
    SELECT w.group_id AS id FROM rarest, LATERAL (SELECT w.group_id FROM search_word w
        WHERE w.council = $1 AND w.word >= low AND w.word < high LIMIT {MAX_COUNTED}) w
    UNION
    SELECT g.id FROM unnest($14::text[], $15::text[]) AS b (low, high), LATERAL (
        SELECT g.id FROM search_group g
        WHERE g.council = $1 AND g.words >= b.low AND g.words < b.high LIMIT {MAX_GROUPS}) g"""
_GROUPS_IN_WARD = """SELECT DISTINCT p.group_id AS id FROM place p
    WHERE p.council = $1 AND p.ward = $3 AND $14::text[] IS NOT NULL AND $15::text[] IS NOT NULL"""
_FITS = "p.unit LIKE $12 DESC, p.building_number = ANY ($13) DESC NULLS LAST"
_BY_RANK = f"f.rank, {_FITS}, {STREET_ORDER}"
_BY_DISTANCE = f"f.words LIKE ANY ($11) DESC, {_FITS}, {_DISTANCE.format('p')}, {STREET_ORDER}"


def _by_name(places: str, groups: str, order: str) -> str:
    """Return SQL by name. $8, $9: ranges of words; $10 to $13: patterns; $14, $15: ranges of beginnings."""
    return f"""
        WITH rarest AS MATERIALIZED (
            SELECT low, high FROM unnest($8::text[], $9::text[]) AS t (low, high)
            ORDER BY (SELECT count(*) FROM (SELECT FROM search_word w WHERE w.council = $1 AND w.word >= low
                AND w.word < high LIMIT {MAX_COUNTED}) few) LIMIT 1),
        found AS MATERIALIZED (
            SELECT w.id, g.words, row_number() OVER (ORDER BY g.words LIKE ANY ($11) DESC,
                {_DISTANCE.format("g")}, length(g.words), g.words) AS rank
            FROM ({groups}) w CROSS JOIN LATERAL ({GROUP_WORDS.format("w.id")}) g
            WHERE g.words LIKE ALL ($10) ORDER BY rank LIMIT {MAX_GROUPS})
        SELECT uprn, lpi_key, parent_uprn, row_number() OVER () AS nth
        FROM (SELECT p.* FROM found f CROSS JOIN LATERAL (SELECT p.* FROM {places} p
                WHERE p.council = $1 AND p.group_id = f.id AND {_LIVE} LIMIT {MAX_COUNTED}) p
            WHERE p.unit || f.words LIKE ALL ($5) AND {_LIVE_IN_SCOPE}
            ORDER BY {order} LIMIT {_MAX_RANKED}) p"""


def _by_postcode(places: str) -> str:
    return f"""
        SELECT p.uprn, p.lpi_key, p.parent_uprn, row_number() OVER () AS nth
        FROM (SELECT p.* FROM unnest($6::text[], $7::text[]) AS r (low, high) CROSS JOIN LATERAL (
                SELECT p.* FROM {places} p
                WHERE p.council = $1 AND p.postcode >= low AND p.postcode < high AND {_LIVE}
                    AND {_IN_WARD} AND p.unit LIKE ALL ($5)
                ORDER BY p.postcode, {STREET_ORDER} LIMIT {_MAX_RANKED}) p
            ORDER BY {_DISTANCE.format("p")}, p.postcode, {STREET_ORDER} LIMIT {_MAX_RANKED}) p"""


def _by_number(places: str) -> str:
    """Return SQL by number ($8) and its pattern ($9), where too many words begin as typed."""
    return f"""
        SELECT p.uprn, p.lpi_key, p.parent_uprn, row_number() OVER () AS nth
        FROM (SELECT p.* FROM (SELECT p.* FROM {places} p
                WHERE p.council = $1 AND p.pao_number = $8::smallint AND {_LIVE_IN_SCOPE}
                LIMIT {_MAX_WITH_NUMBER}) p
            WHERE p.unit || {_REST} LIKE ALL ($5)
            ORDER BY p.unit LIKE $9 DESC, {_DISTANCE.format("p")}, {STREET_ORDER} LIMIT {_MAX_RANKED}) p"""


def _by_uprn(places: str) -> str:
    """Return SQL by UPRN ($5)."""
    return f"""SELECT {_item("0")} AS item FROM {places} p
        WHERE p.council = $1 AND p.uprn = $5 AND p.delivery AND {_IN_WARD} LIMIT $4"""


def _within(places: str) -> str:
    """Return SQL of the properties in a building ($6)."""
    children = "(SELECT count(*) FROM blpu c WHERE c.council = $1 AND c.parent_uprn = p.uprn)"
    return f"""SELECT {_item(children)} AS item
        FROM blpu b JOIN {places} p ON p.council = b.council AND p.uprn = b.uprn AND p.delivery
        WHERE b.council = $1 AND b.parent_uprn = $6 AND p.unit || {_REST} LIKE ALL ($5) AND {_IN_WARD}
        ORDER BY {STREET_ORDER} LIMIT $4"""


@dataclass(frozen=True, slots=True)
class Statements:
    """One statement for each kind of search."""

    name: str
    near: str
    ward: str
    postcode: str
    number: str
    uprn: str
    within: str


def _statements(*, past: bool) -> Statements:
    def places(day: int) -> str:
        return places_as_of(f"${day}::date") if past else "place"

    by_name = places(16)
    return Statements(
        _list_first(by_name, _by_name(by_name, _GROUPS_BY_WORD, _BY_RANK)),
        _list_first(by_name, _by_name(by_name, _GROUPS_BY_WORD, _BY_DISTANCE)),
        _list_first(by_name, _by_name(by_name, _GROUPS_IN_WARD, _BY_DISTANCE)),
        _list_first(places(8), _by_postcode(places(8))),
        _list_first(places(10), _by_number(places(10))),
        _by_uprn(places(6)),
        _within(places(7)),
    )


CURRENT, AS_OF = _statements(past=False), _statements(past=True)
