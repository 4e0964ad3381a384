"""SQL that compares the gazetteer before and after a load, to find what changed.

``was`` holds the earlier read model rows of properties that may have changed, ``was_street`` and
``was_descriptor`` those of streets in the file. ``touched`` and ``touched_street`` hold the result: created,
changed (with the fields) or retired.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from sqlalchemy import text

_FIELDS = (
    "logical_status", "state", "classification", "parent_uprn", "easting", "northing", "rpc", "postcode",
    "postal", "ward", "parish", "udprn", "organisation", "sub_building", "building_name", "building_number",
    "usrn", "street", "locality", "post_town",
)  # fmt: skip
_OTHERS = (
    "lpi_key", "language", "lpi_status", "sub_building", "building_name", "building_number", "street",
    "locality", "post_town",
)  # fmt: skip
# A property's own address first, then its other addresses.
_FIRST = "PARTITION BY p.uprn ORDER BY p.delivery DESC, p.lpi_status, p.lpi_key"
_COMPARED_PLACES = f"""SELECT p.uprn, {", ".join(f"p.{name}" for name in _FIELDS)}, o.others, o.count
    FROM (SELECT p.*, row_number() OVER ({_FIRST}) AS nth FROM place p
        WHERE p.council = :council AND p.uprn IN (SELECT uprn FROM touched WHERE kind <> 'created')) p
    JOIN (SELECT uprn, count(*) - 1 AS count,
            string_agg(concat_ws('|', {", ".join(_OTHERS)}), '/' ORDER BY lpi_key) FILTER (WHERE nth > 1)
                AS others
        FROM (SELECT p.*, row_number() OVER ({_FIRST}) AS nth FROM place p
            WHERE p.council = :council AND p.uprn IN (SELECT uprn FROM touched WHERE kind <> 'created')) q
        GROUP BY uprn) o ON o.uprn = p.uprn
    WHERE p.nth = 1"""

_DIFFERING = ", ".join(
    f"'{name}', CASE WHEN w.{name} IS DISTINCT FROM n.{name} THEN jsonb_build_array(w.{name}, n.{name}) END"
    for name in _FIELDS
)

TOUCH_NEW = text("""INSERT INTO touched (uprn, line, kind)
    SELECT s.uprn, s.line, 'created' FROM in_blpu s
    WHERE s.change <> 'D'
        AND NOT EXISTS (SELECT FROM blpu b WHERE b.council = :council AND b.uprn = s.uprn)
    ORDER BY s.line""")
TOUCH_CANDIDATES = text("""INSERT INTO touched (uprn, kind)
    SELECT DISTINCT c.uprn, 'changed' FROM candidate c
    WHERE NOT EXISTS (SELECT FROM touched t WHERE t.uprn = c.uprn)""")
INCREMENT_VERSIONS = text("""UPDATE blpu b SET version = b.version + 1, updated_at = now()
    FROM touched t WHERE t.kind <> 'created' AND b.council = :council AND b.uprn = t.uprn""")
SAVE_PLACES = (
    text(f"""CREATE TEMPORARY TABLE was ON COMMIT DROP AS
        SELECT p.uprn, {", ".join(f"p.{name}" for name in _FIELDS)}, CAST(NULL AS text) AS others,
            CAST(0 AS bigint) AS count FROM place p WITH NO DATA"""),
    text(f"INSERT INTO was {_COMPARED_PLACES}"),
)
COMPARE = text(f"""UPDATE touched t SET changes = c.changes,
        kind = CASE WHEN c.retired THEN 'retired' ELSE t.kind END
    FROM (SELECT n.uprn, n.logical_status = 8 AND w.logical_status IS DISTINCT FROM 8 AS retired,
            jsonb_strip_nulls(jsonb_build_object({_DIFFERING}, 'other_addresses',
                CASE WHEN w.others IS DISTINCT FROM n.others THEN jsonb_build_array(w.count, n.count) END))
                AS changes
        FROM ({_COMPARED_PLACES}) n LEFT JOIN was w USING (uprn)) c
    WHERE t.uprn = c.uprn AND t.kind <> 'created'""")
# Properties with no difference that readers can see.
FORGET_EQUAL = text("DELETE FROM touched WHERE kind = 'changed' AND (changes IS NULL OR changes = '{}')")
COUNT_TOUCHED = text("""SELECT count(*) FILTER (WHERE kind = 'created') AS created,
    count(*) FILTER (WHERE kind = 'changed') AS changed, count(*) FILTER (WHERE kind = 'retired') AS retired
    FROM touched""")

# Streets. ``usrns`` selects those of the file.
_USRNS = {
    "staged": "SELECT usrn FROM staged",
    "records": "SELECT usrn FROM in_street UNION SELECT usrn FROM in_descriptor",
}
_TABLES = (
    """CREATE TEMPORARY TABLE was_street (usrn integer, state smallint, classification smallint)
        ON COMMIT DROP""",
    """CREATE TEMPORARY TABLE was_descriptor (usrn integer, language text, description text, locality text,
        town text) ON COMMIT DROP""",
    """CREATE TEMPORARY TABLE touched_street (n bigint GENERATED ALWAYS AS IDENTITY, usrn integer, kind text,
        changes jsonb) ON COMMIT DROP""",
)
CREATE_STREET_TABLES = tuple(text(statement) for statement in _TABLES)


def _save_streets(usrns: str) -> tuple[str, ...]:
    return (
        f"""INSERT INTO was_street SELECT usrn, state, classification FROM street
            WHERE council = :council AND usrn IN ({usrns})""",
        f"""INSERT INTO was_descriptor SELECT usrn, language, description, locality, town
            FROM street_descriptor WHERE council = :council AND usrn IN ({usrns})""",
    )


SAVE_STREETS = {
    file: tuple(text(statement) for statement in _save_streets(usrns)) for file, usrns in _USRNS.items()
}
_NAME_FIELDS = ("description", "locality", "town")
_PAIRS = ", ".join(f"('{name}', w.{name}, d.{name})" for name in _NAME_FIELDS)
_CURRENT_NAMES = (
    """SELECT usrn, language, description, locality, town FROM street_descriptor WHERE council = :council"""
)
_STREET_CHANGES = f"""SELECT k.usrn, k.state IS NOT DISTINCT FROM 4 AND w.state IS DISTINCT FROM 4 AS closed,
        jsonb_strip_nulls(jsonb_build_object(
            'state', CASE WHEN w.state IS DISTINCT FROM k.state THEN jsonb_build_array(w.state, k.state) END,
            'classification', CASE WHEN w.classification IS DISTINCT FROM k.classification
                THEN jsonb_build_array(w.classification, k.classification) END)
        || coalesce(d.changes, '{{}}')) AS changes
    FROM was_street w JOIN street k ON k.council = :council AND k.usrn = w.usrn
    LEFT JOIN (SELECT usrn, jsonb_object_agg(name, value) AS changes FROM (
            SELECT usrn, said || CASE language WHEN 'ENG' THEN '' ELSE '_' || lower(language) END AS name,
                jsonb_build_array(b, n) AS value
            FROM was_descriptor w FULL JOIN ({_CURRENT_NAMES} AND usrn IN (SELECT usrn FROM was_street)) d
                USING (usrn, language),
                LATERAL (VALUES {_PAIRS}) v (said, b, n)
            WHERE b IS DISTINCT FROM n AND (language = 'ENG' OR said = 'description')) f
        GROUP BY usrn) d ON d.usrn = w.usrn"""
COMPARE_STREETS = (
    text(f"""INSERT INTO touched_street (usrn, kind, changes)
        SELECT usrn, CASE WHEN closed THEN 'retired' ELSE 'changed' END, changes FROM ({_STREET_CHANGES}) b
        WHERE changes <> '{{}}' ORDER BY usrn"""),
    text("""UPDATE street k SET version = k.version + 1, last_update = greatest(k.last_update,
            CAST(:today AS date)) FROM touched_street t
        WHERE t.kind <> 'created' AND k.council = :council AND k.usrn = t.usrn"""),
)
TOUCH_NEW_STREETS = {
    file: text(f"""INSERT INTO touched_street (usrn, kind)
        SELECT s.usrn, 'created' FROM (SELECT DISTINCT usrn FROM ({usrns}) n) s
        JOIN street k ON k.council = :council AND k.usrn = s.usrn
        WHERE NOT EXISTS (SELECT FROM was_street w WHERE w.usrn = s.usrn) ORDER BY s.usrn""")
    for file, usrns in _USRNS.items()
}
