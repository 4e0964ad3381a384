"""SQL that applies a staged CSV to the gazetteer's tables, one statement for each table."""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from sqlalchemy import text

from address.read_model.store.read_model import number_sql, unit_sql

# Each field of the API that a file has, with the SQL of its value. ``place`` has the same names.
_COMPARED = {
    "parent_uprn": "s.parent_uprn",
    "usrn": "s.usrn",
    "classification": "s.classification",
    "organisation": "s.organisation",
    "sub_building": unit_sql("s"),
    "building_name": "s.pao_text",
    "building_number": number_sql("s", "pao"),
    "street": "s.street",
    "locality": "s.locality",
    "post_town": "s.post_town",
    "postcode": "s.postcode",
    "easting": "s.easting",
    "northing": "s.northing",
    # Optional in a file; without them the values stay.
    "ward": "coalesce(s.ward, p.ward)",
    "parish": "coalesce(s.parish, p.parish)",
}
_CHANGES = ", ".join(
    f"'{name}', CASE WHEN p.{name} IS DISTINCT FROM {value} THEN jsonb_build_array(p.{name}, {value}) END"
    for name, value in _COMPARED.items()
)
_BEFORE = ", ".join(f"p.{name}" for name in _COMPARED)
_AFTER = ", ".join(_COMPARED.values())

# New properties get the council's next keys; existing ones keep theirs.
TOUCH_NEW = text("""
    INSERT INTO touched (uprn, line, kind, lpi_key)
    SELECT s.uprn, s.line, 'created',
        :prefix || 'L' || lpad((:given + row_number() OVER (ORDER BY s.line))::text, 9, '0')
    FROM staged s
    WHERE NOT EXISTS (SELECT FROM blpu b WHERE b.council = :council AND b.uprn = s.uprn)""")
TOUCH_CHANGED = text(f"""
    INSERT INTO touched (uprn, line, kind, lpi_key, changes)
    SELECT s.uprn, s.line, 'changed', p.lpi_key, jsonb_strip_nulls(jsonb_build_object({_CHANGES}))
    FROM staged s JOIN place p ON p.council = :council AND p.uprn = s.uprn AND p.delivery
    WHERE ({_BEFORE}) IS DISTINCT FROM ({_AFTER})""")
# A renamed street also changes the addresses of its properties that are not in the file.
TOUCH_RENAMED = text("""
    INSERT INTO touched (uprn, kind, changes)
    SELECT p.uprn, 'changed', jsonb_build_object('street', jsonb_build_array(p.street, r.street))
    FROM (SELECT s.usrn, min(s.street) AS street FROM staged s
            JOIN street_descriptor d ON d.council = :council AND d.usrn = s.usrn AND d.language = 'ENG'
            GROUP BY s.usrn HAVING min(s.street) <> min(d.description)) r
        JOIN place p ON p.council = :council AND p.usrn = r.usrn AND p.delivery
    WHERE NOT EXISTS (SELECT FROM staged s WHERE s.uprn = p.uprn)""")
COUNT_TOUCHED = text("""SELECT count(*) FILTER (WHERE changes IS NULL) AS created,
    count(*) FILTER (WHERE changes IS NOT NULL) AS changed, count(*) FILTER (WHERE line IS NULL) AS elsewhere
    FROM touched""")

UPSERT_GAZETTEER = text("""
    INSERT INTO gazetteer (council, custodian, custodian_name, country, epoch, last_update, keys_given)
    VALUES (:council, :custodian, :custodian_name, :country, 0, :today, 0)
    ON CONFLICT (council) DO UPDATE SET custodian = EXCLUDED.custodian,
        custodian_name = EXCLUDED.custodian_name, country = EXCLUDED.country
    RETURNING keys_given""")
INCREMENT_EDITION = text("""UPDATE gazetteer SET epoch = epoch + 1, last_update = :today,
    keys_given = keys_given + :created WHERE council = :council""")

_STREETS = (
    """INSERT INTO street (council, usrn, record_type, version, start_date, entry_date, last_update)
        SELECT DISTINCT :council, usrn, 1, 1, CAST(:today AS date), CAST(:today AS date), CAST(:today AS date)
        FROM staged ON CONFLICT DO NOTHING""",
    # The street's name, with the locality and town of most of its properties.
    """INSERT INTO street_descriptor AS d
            (council, usrn, language, description, locality, town, entry_date, last_update)
        SELECT :council, usrn, 'ENG', min(street), mode() WITHIN GROUP (ORDER BY locality),
            mode() WITHIN GROUP (ORDER BY post_town), CAST(:today AS date), CAST(:today AS date)
        FROM staged GROUP BY usrn
        ON CONFLICT (council, usrn, language) DO UPDATE SET description = EXCLUDED.description,
            last_update = EXCLUDED.last_update WHERE d.description <> EXCLUDED.description""",
)
_PROPERTIES = (
    # Insert and update apart: ON CONFLICT does both but makes inserts a third slower.
    """INSERT INTO blpu (council, uprn, logical_status, classification, parent_uprn, easting, northing,
            postcode, custodian, country, ward, parish, postal, start_date, entry_date, last_update, version)
        SELECT :council, uprn, 1, s.classification, s.parent_uprn, s.easting, s.northing, s.postcode,
            CAST(:custodian AS smallint), :country, s.ward, s.parish, 'L', CAST(:today AS date),
            CAST(:today AS date), CAST(:today AS date), 1
        FROM touched t JOIN staged s USING (uprn) WHERE t.changes IS NULL""",
    """UPDATE blpu b SET classification = s.classification, parent_uprn = s.parent_uprn, easting = s.easting,
            northing = s.northing, postcode = s.postcode, ward = coalesce(s.ward, b.ward),
            parish = coalesce(s.parish, b.parish)
        FROM touched t JOIN staged s USING (uprn)
        WHERE t.changes IS NOT NULL AND b.council = :council AND b.uprn = t.uprn""",
    """UPDATE blpu b SET version = b.version + 1, last_update = CAST(:today AS date), updated_at = now()
        FROM touched t WHERE t.changes IS NOT NULL AND b.council = :council AND b.uprn = t.uprn""",
    """INSERT INTO lpi (council, uprn, lpi_key, language, logical_status, sao_text, sao_start_number,
            sao_start_suffix, sao_end_number, sao_end_suffix, pao_text, pao_start_number, pao_start_suffix,
            pao_end_number, pao_end_suffix, usrn, locality, post_town, start_date, entry_date, last_update)
        SELECT :council, uprn, t.lpi_key, 'ENG', 1, s.sao_text, s.sao_start_number, s.sao_start_suffix,
            s.sao_end_number, s.sao_end_suffix, s.pao_text, s.pao_start_number, s.pao_start_suffix,
            s.pao_end_number, s.pao_end_suffix, s.usrn, s.locality, s.post_town, CAST(:today AS date),
            CAST(:today AS date), CAST(:today AS date)
        FROM touched t JOIN staged s USING (uprn) WHERE t.changes IS NULL""",
    """UPDATE lpi l SET sao_text = s.sao_text, sao_start_number = s.sao_start_number,
            sao_start_suffix = s.sao_start_suffix, sao_end_number = s.sao_end_number,
            sao_end_suffix = s.sao_end_suffix, pao_text = s.pao_text, pao_start_number = s.pao_start_number,
            pao_start_suffix = s.pao_start_suffix, pao_end_number = s.pao_end_number,
            pao_end_suffix = s.pao_end_suffix, usrn = s.usrn, locality = s.locality, post_town = s.post_town,
            last_update = CAST(:today AS date)
        FROM touched t JOIN staged s USING (uprn)
        WHERE t.changes IS NOT NULL AND l.council = :council AND l.uprn = t.uprn AND l.lpi_key = t.lpi_key""",
    """DELETE FROM organisation o USING touched t
        WHERE o.council = :council AND o.uprn = t.uprn AND t.changes ? 'organisation'""",
    """INSERT INTO organisation (council, uprn, org_key, organisation, start_date, entry_date, last_update)
        SELECT :council, uprn, overlay(t.lpi_key PLACING 'O' FROM 5), s.organisation, CAST(:today AS date),
            CAST(:today AS date), CAST(:today AS date)
        FROM touched t JOIN staged s USING (uprn)
        WHERE s.organisation IS NOT NULL AND (t.changes IS NULL OR t.changes ? 'organisation')""",
)
# Run in this order: streets, then properties. All take the same parameters.
WRITES = tuple(text(statement) for statement in (*_STREETS, *_PROPERTIES))
INSERT_LOAD = text("""INSERT INTO load (council, id, file, sha256, rows, created, changed, unchanged)
    VALUES (:council, :id, :file, :sha256, :rows, :created, :changed, :unchanged)""")
