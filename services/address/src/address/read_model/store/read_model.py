"""SQL that writes the read model, ``place`` and the two search tables, from the gazetteer's own tables.

Every change of a property writes them again for its UPRN, in the same transaction. ``{these}`` selects the
UPRNs: those of a bound array, or of a load's temporary table.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from sqlalchemy import text

from address.read_model.tables import PAST_COLUMNS

_ONE = "b.uprn = ANY(CAST(:uprns AS bigint[]))"
_TOUCHED = "uprn IN (SELECT uprn FROM touched)"
_LOADED = f"b.{_TOUCHED}"
_ALL = "true"  # of a gazetteer that was empty
# A property's first organisation: a lookup for a few properties, one read of the table for very many.
_FIRST_OF_ONE = """LATERAL (SELECT n.organisation FROM organisation n
        WHERE n.council = b.council AND n.uprn = b.uprn AND n.end_date IS NULL
        ORDER BY n.org_key LIMIT 1) o ON true"""
_FIRST_OF_ALL = """(SELECT DISTINCT ON (n.uprn) n.uprn, n.organisation FROM organisation n
        WHERE n.council = :council AND n.end_date IS NULL ORDER BY n.uprn, n.org_key) o ON o.uprn = b.uprn"""
_POINT_OF_ONE = """LATERAL (SELECT min(m.udprn) AS udprn FROM delivery_point m WHERE m.council = b.council
        AND m.uprn = b.uprn AND m.end_date IS NULL) dp ON true"""
_POINT_OF_ALL = """(SELECT m.uprn, min(m.udprn) AS udprn FROM delivery_point m
        WHERE m.council = :council AND m.end_date IS NULL GROUP BY m.uprn) dp ON dp.uprn = b.uprn"""

# The postal address among several: English before other languages, approved before provisional.
_BEST = "o.language <> 'ENG', o.logical_status, o.lpi_key"
_POST_OF_ONE = f"""LATERAL (SELECT o.lpi_key FROM lpi o WHERE o.council = b.council AND o.uprn = b.uprn
        AND o.logical_status IN (1, 6) ORDER BY {_BEST} LIMIT 1) po ON true"""
_POST_OF_ALL = f"""(SELECT DISTINCT ON (o.uprn) o.uprn, o.lpi_key FROM lpi o WHERE o.council = :council
        AND o.logical_status IN (1, 6) ORDER BY o.uprn, {_BEST}) po ON po.uprn = b.uprn"""
# A street's name in the language of the address, or else in English.
_NAME = "coalesce(d.description, e.description)"


def number_sql(row: str, kind: str) -> str:
    """Return SQL of a number as people write it (12, 12A, 12-14) from its parts, or null."""
    parts = f"{row}.{kind}_start_number, {row}.{kind}_start_suffix"
    return f"nullif(concat({parts}, '-' || {row}.{kind}_end_number, {row}.{kind}_end_suffix), '')"


def unit_sql(row: str) -> str:
    """Return SQL of the part of a building as people write it (FLAT 2, TOP FLOOR FLAT), or null."""
    return f"nullif(concat_ws(' ', {row}.sao_text, {number_sql(row, 'sao')}), '')"


_PLAIN = r"""trim(regexp_replace(upper(regexp_replace(regexp_replace(
    normalize({}, NFKD), '[\u0300-\u036f]', '', 'g'), '[''`\u2018\u2019]', '', 'g')),
    '[^A-Z0-9]+', ' ', 'g'))"""
# What the places of a search group have in common, in the order people write it; the group's id is its hash.
_GROUP_COLUMNS = ("organisation", "building_name", "street", "locality", "post_town")
_GROUP_TEXT = "concat_ws(' ', {}, {}, {}, {}, {})"
_GROUP = f"""md5(concat_ws('|', l.usrn, {
    _GROUP_TEXT.format("o.organisation", "l.pao_text", _NAME, "l.locality", "l.post_town")
}))::uuid"""

_TODAY = "(now() AT TIME ZONE 'UTC')::date"
_PAST_COLUMNS = ", ".join(PAST_COLUMNS)
# Delete places, keeping those in force until today for reads as of a day. Returns their search groups.
_FORGET = f"""
    WITH gone AS (DELETE FROM place b WHERE b.council = :council AND {{these}} RETURNING b.*),
        kept AS (INSERT INTO place_past ({_PAST_COLUMNS}, valid_to)
            SELECT {_PAST_COLUMNS}, {_TODAY} FROM gone WHERE valid_from < {_TODAY})
    SELECT DISTINCT group_id FROM gone"""
# Whether an address has past rows: then its new row is valid from today.
_PAST_OF_ONE = """LATERAL (SELECT true AS known FROM place_past w
        WHERE w.council = b.council AND w.uprn = b.uprn AND w.lpi_key = l.lpi_key LIMIT 1) w ON true"""
_PAST_OF_ALL = """(SELECT DISTINCT w.uprn, w.lpi_key, true AS known FROM place_past w
        WHERE w.council = :council AND w.uprn IN (SELECT uprn FROM touched)) w
    ON w.uprn = b.uprn AND w.lpi_key = l.lpi_key"""
_MAKE = f"""
    INSERT INTO place (council, uprn, lpi_key, postcode, group_id, delivery, language, lpi_status,
        logical_status, state, state_date, classification, classification_name, parent_uprn,
        easting, northing, rpc, custodian, country, ward, parish, postal, udprn, organisation, sub_building,
        building_name, building_number, sao_number, pao_number, street, usrn, locality, post_town, version,
        entry_date, last_update, updated_at, valid_from)
    SELECT b.council, b.uprn, l.lpi_key, b.postcode, {_GROUP},
        b.logical_status IN (1, 6) AND coalesce(l.lpi_key = po.lpi_key, false),
        l.language, l.logical_status, b.logical_status, b.state, b.state_date, b.classification,
        CAST(:names AS jsonb) ->> b.classification, b.parent_uprn, b.easting, b.northing, b.rpc,
        b.custodian, b.country, b.ward, b.parish, b.postal, dp.udprn,
        o.organisation, {unit_sql("l")},
        l.pao_text, {number_sql("l", "pao")}, l.sao_start_number, l.pao_start_number,
        {_NAME}, l.usrn, l.locality, l.post_town, b.version, b.entry_date, b.last_update, b.updated_at,
        CASE WHEN w.known THEN {_TODAY} ELSE least(coalesce(l.start_date, b.entry_date), {_TODAY}) END
    FROM {{properties}} b
    JOIN {{addresses}} l ON l.council = b.council AND l.uprn = b.uprn
    LEFT JOIN street_descriptor d ON d.council = l.council AND d.usrn = l.usrn AND d.language = l.language
    LEFT JOIN street_descriptor e ON e.council = l.council AND e.usrn = l.usrn AND e.language = 'ENG'
    LEFT JOIN {{organisations}}
    LEFT JOIN {{points}}
    LEFT JOIN {{past}}
    LEFT JOIN {{post}}
    WHERE b.council = :council AND {{these}} AND {_NAME} IS NOT NULL"""
_GROUP_TEXT_OF_PLACE = _GROUP_TEXT.format(*(f"b.{name}" for name in _GROUP_COLUMNS))
_GROUPS = f"""
    WITH made AS (
        INSERT INTO search_group (council, id, usrn, words, easting, northing)
        SELECT b.council, b.group_id, b.usrn, ' ' || {_PLAIN.format("b.said")} || ' ', b.easting, b.northing
        FROM (SELECT b.council, b.group_id, b.usrn, {_GROUP_TEXT_OF_PLACE} AS said,
                avg(b.easting)::integer AS easting, avg(b.northing)::integer AS northing
            FROM place b WHERE b.council = :council AND {{these}} GROUP BY 1, 2, 3, 4) b
        ON CONFLICT DO NOTHING RETURNING council, id, words)
    INSERT INTO search_word (council, word, group_id)
    SELECT DISTINCT council, left(word, 40) AS word, id
    FROM made, unnest(string_to_array(trim(words), ' ')) AS word WHERE word <> '' ORDER BY word, id"""

FORGET_ONE, FORGET_LOADED = text(_FORGET.format(these=_ONE)), text(_FORGET.format(these=_LOADED))
_WHOLE = {"properties": "blpu", "addresses": "lpi"}
# OFFSET stops the planner from joining the whole tables before it selects the touched rows.
_PART = {
    name: f"(SELECT b.* FROM {table} b WHERE b.council = :council AND {_LOADED} OFFSET 0)"
    for name, table in _WHOLE.items()
}
_OF_ONE = {
    "organisations": _FIRST_OF_ONE,
    "points": _POINT_OF_ONE,
    "past": _PAST_OF_ONE,
    "post": _POST_OF_ONE,
    **_WHOLE,
}
_OF_ALL = {"organisations": _FIRST_OF_ALL, "points": _POINT_OF_ALL, "post": _POST_OF_ALL}
# A load of a few properties reads only their rows, too.
_OF_TOUCHED = {
    name: part.replace(f"{row}.council = :council", f"{row}.council = :council AND {row}.{_TOUCHED}")
    for (name, part), row in zip(_OF_ALL.items(), ("n", "m", "o"), strict=True)
}
_NO_PAST = "(SELECT false AS known) w ON true"
MAKE_ONE = text(_MAKE.format(these=_ONE, **_OF_ONE))
MAKE_LOADED = text(_MAKE.format(these="true", past=_PAST_OF_ALL, **_OF_TOUCHED, **_PART))
MAKE_FRESH = text(_MAKE.format(these=_ALL, past=_NO_PAST, **_OF_ALL, **_WHOLE))
GROUP_ONE, GROUP_LOADED = text(_GROUPS.format(these=_ONE)), text(_GROUPS.format(these=_LOADED))
GROUP_FRESH = text(_GROUPS.format(these=_ALL))
# Delete those of the groups that no current or past place is in.
DROP_GROUPS = text("""
    WITH gone AS (
        DELETE FROM search_group g WHERE g.council = :council AND g.id = ANY(CAST(:groups AS uuid[]))
            AND NOT EXISTS (SELECT FROM place p WHERE p.council = g.council AND p.group_id = g.id)
            AND NOT EXISTS (SELECT FROM place_past p WHERE p.council = g.council AND p.group_id = g.id)
        RETURNING g.id, g.words)
    DELETE FROM search_word w USING gone, unnest(string_to_array(trim(gone.words), ' ')) AS said
    WHERE w.council = :council AND w.word = left(said, 40) AND w.group_id = gone.id""")
