"""The SQL of suggestions: what was typed, against the places of today or of a day.

Parameters of all: $1 council, $2 the point to be near (easting, northing), $3 ward, $4 how many, $5
patterns of a place's own words, $6 and $7 ranges of postcodes; what comes after is each statement's own, and
the day is the last.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from dataclasses import dataclass

from address.places.store.places import IN_ORDER
from address.read_model.store import address_json
from address.read_model.store.as_of import places_as_of

COUNTED = 1_000  # entries of a word, places of a group
GROUPS = 300
_NUMBERED = 5_000  # places with one number
_MATCHED = 500  # addresses that are ranked before flats are put together
_TOGETHER = 2  # flats of one building that are shown as the building

# A place's own part of its address, as words with a space at either end: " FLAT 2 97 ".
UNIT = "p.unit"
# The words of one group by its key. LIMIT keeps PostgreSQL from turning the look-up round: not knowing how
# few groups a pattern leaves, it reads them all, and looks through the candidates for each.
GROUP_WORDS = """SELECT g.words, g.easting, g.northing FROM search_group g
    WHERE g.council = $1 AND g.id = {} LIMIT 1"""
# Metres from the point asked; null without one, and then nothing is nearer.
_DISTANCE = "sqrt(({0}.easting - ($2::float8[])[1]) ^ 2 + ({0}.northing - ($2::float8[])[2]) ^ 2)"
# What is not its own part, about as its group has it.
_REST = "upper(concat_ws(' ', p.organisation, p.building_name, p.street, p.locality, p.post_town, ''))"
_IN_WARD = "($3::text IS NULL OR p.ward = $3)"
# Whatever a property is called today: by its usual name, an alternative one, in Welsh.
_LIVE = "p.logical_status IN (1, 6) AND p.lpi_status <> 8"
_HERE = f"""{_LIVE} AND {_IN_WARD}
    AND ($6::text[] IS NULL OR EXISTS (SELECT FROM unnest($6, $7::text[]) AS r (low, high)
        WHERE p.postcode >= r.low AND p.postcode < r.high))"""


def _item(contains: str) -> str:
    """One suggestion as JSON text."""
    return address_json.summary_json(
        {"contains": contains, "distance": f"round({_DISTANCE.format('p')}::numeric, 1)"}
    )


def _listed(places: str, matched: str) -> str:
    """The first addresses of ``matched``, a query of places with ``nth``; flats as their building.

    A property is shown once, by the name that fits best: an alternative or a Welsh one if that was typed.
    """
    return f"""
        WITH matched AS MATERIALIZED ({matched}),
        once AS (SELECT DISTINCT ON (uprn) * FROM matched ORDER BY uprn, nth),
        shown AS (
            SELECT CASE WHEN m.flats >= {_TOGETHER} AND EXISTS (SELECT FROM {places} b WHERE b.council = $1
                AND b.uprn = m.parent_uprn AND b.delivery) THEN m.parent_uprn ELSE m.uprn END AS uprn,
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


_OF_WORDS = f"""
    SELECT w.group_id AS id FROM rarest, LATERAL (SELECT w.group_id FROM search_word w
        WHERE w.council = $1 AND w.word >= low AND w.word < high LIMIT {COUNTED}) w
    UNION
    SELECT g.id FROM unnest($14::text[], $15::text[]) AS b (low, high), LATERAL (
        SELECT g.id FROM search_group g
        WHERE g.council = $1 AND g.words >= b.low AND g.words < b.high LIMIT {GROUPS}) g"""
_OF_WARD = """SELECT DISTINCT p.group_id AS id FROM place p
    WHERE p.council = $1 AND p.ward = $3 AND $14::text[] IS NOT NULL AND $15::text[] IS NOT NULL"""
_FITS = "p.unit LIKE $12 DESC, p.building_number = ANY ($13) DESC NULLS LAST"
_AS_PEOPLE_LOOK = f"f.rank, {_FITS}, {IN_ORDER}"
_NEAREST = f"f.words LIKE ANY ($11) DESC, {_FITS}, {_DISTANCE.format('p')}, {IN_ORDER}"


def _by_name(places: str, groups: str, order: str) -> str:
    """$8, $9 ranges of words, $10 to $13 patterns, $14 and $15 ranges of beginnings."""
    return f"""
        WITH rarest AS MATERIALIZED (
            SELECT low, high FROM unnest($8::text[], $9::text[]) AS t (low, high)
            ORDER BY (SELECT count(*) FROM (SELECT FROM search_word w WHERE w.council = $1 AND w.word >= low
                AND w.word < high LIMIT {COUNTED}) few) LIMIT 1),
        found AS MATERIALIZED (
            SELECT w.id, g.words, row_number() OVER (ORDER BY g.words LIKE ANY ($11) DESC,
                {_DISTANCE.format("g")}, length(g.words), g.words) AS rank
            FROM ({groups}) w CROSS JOIN LATERAL ({GROUP_WORDS.format("w.id")}) g
            WHERE g.words LIKE ALL ($10) ORDER BY rank LIMIT {GROUPS})
        SELECT uprn, lpi_key, parent_uprn, row_number() OVER () AS nth
        FROM (SELECT p.* FROM found f CROSS JOIN LATERAL (SELECT p.* FROM {places} p
                WHERE p.council = $1 AND p.group_id = f.id AND {_LIVE} LIMIT {COUNTED}) p
            WHERE p.unit || f.words LIKE ALL ($5) AND {_HERE}
            ORDER BY {order} LIMIT {_MATCHED}) p"""


def _by_postcode(places: str) -> str:
    return f"""
        SELECT p.uprn, p.lpi_key, p.parent_uprn, row_number() OVER () AS nth
        FROM (SELECT p.* FROM unnest($6::text[], $7::text[]) AS r (low, high) CROSS JOIN LATERAL (
                SELECT p.* FROM {places} p
                WHERE p.council = $1 AND p.postcode >= low AND p.postcode < high AND {_LIVE}
                    AND {_IN_WARD} AND p.unit LIKE ALL ($5)
                ORDER BY p.postcode, {IN_ORDER} LIMIT {_MATCHED}) p
            ORDER BY {_DISTANCE.format("p")}, p.postcode, {IN_ORDER} LIMIT {_MATCHED}) p"""


def _by_number(places: str) -> str:
    """$8 the number, $9 the pattern of it. Too many words begin as typed, few places have the number."""
    return f"""
        SELECT p.uprn, p.lpi_key, p.parent_uprn, row_number() OVER () AS nth
        FROM (SELECT p.* FROM (SELECT p.* FROM {places} p
                WHERE p.council = $1 AND p.pao_number = $8::smallint AND {_HERE} LIMIT {_NUMBERED}) p
            WHERE p.unit || {_REST} LIKE ALL ($5)
            ORDER BY p.unit LIKE $9 DESC, {_DISTANCE.format("p")}, {IN_ORDER} LIMIT {_MATCHED}) p"""


def _by_uprn(places: str) -> str:
    """$5 the UPRN."""
    return f"""SELECT {_item("0")} AS item FROM {places} p
        WHERE p.council = $1 AND p.uprn = $5 AND p.delivery AND {_IN_WARD} LIMIT $4"""


def _within(places: str) -> str:
    """$6 the building's UPRN."""
    children = "(SELECT count(*) FROM blpu c WHERE c.council = $1 AND c.parent_uprn = p.uprn)"
    return f"""SELECT {_item(children)} AS item
        FROM blpu b JOIN {places} p ON p.council = b.council AND p.uprn = b.uprn AND p.delivery
        WHERE b.council = $1 AND b.parent_uprn = $6 AND p.unit || {_REST} LIKE ALL ($5) AND {_IN_WARD}
        ORDER BY {IN_ORDER} LIMIT $4"""


@dataclass(frozen=True, slots=True)
class Statements:
    """One statement for each way to look. ``places`` is told the number of the parameter of the day."""

    name: str
    near: str
    ward: str
    postcode: str
    number: str
    uprn: str
    within: str


def _all(*, past: bool) -> Statements:
    def places(day: int) -> str:
        return places_as_of(f"${day}::date") if past else "place"

    by_name = places(16)
    return Statements(
        _listed(by_name, _by_name(by_name, _OF_WORDS, _AS_PEOPLE_LOOK)),
        _listed(by_name, _by_name(by_name, _OF_WORDS, _NEAREST)),
        _listed(by_name, _by_name(by_name, _OF_WARD, _NEAREST)),
        _listed(places(8), _by_postcode(places(8))),
        _listed(places(10), _by_number(places(10))),
        _by_uprn(places(6)),
        _within(places(7)),
    )


TODAY, ON_A_DAY = _all(past=False), _all(past=True)
