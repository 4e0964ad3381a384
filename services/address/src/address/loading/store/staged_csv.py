"""SQL that stages a plain CSV in a temporary table, and locks and checks for every load.

``staged`` holds the file's rows; ``touched`` the properties that are new or differ.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from sqlalchemy import text

from address.gazetteer_files.rules import csv_rows
from address.shared.horizon import LOAD_LOCK

_METRES = {"easting": "numeric(8, 2)", "northing": "numeric(9, 2)"}
_KINDS = {"uprn": "bigint", "parent_uprn": "bigint", "usrn": "integer", **_METRES}
_NUMBERS = {name: "smallint" for name in csv_rows.STAGED if name.endswith("_number")}
_STAGED = (*csv_rows.STAGED, *csv_rows.STAGED_OPTIONAL.values())
CREATE_STAGED = text(
    f"""CREATE TEMPORARY TABLE staged (line integer, {
        ", ".join(f"{name} {(_KINDS | _NUMBERS).get(name, 'text')}" for name in _STAGED)
    }) ON COMMIT DROP"""
)
CREATE_TOUCHED = text("""CREATE TEMPORARY TABLE touched (
    n bigint GENERATED ALWAYS AS IDENTITY, uprn bigint, line integer, kind text, lpi_key text, changes jsonb)
    ON COMMIT DROP""")
# A load has no time limit. The planner has no statistics of what it has just written, and nested loops over
# tables it believes empty would never end.
SETTINGS = text("""SELECT set_config('statement_timeout', '0', true), set_config('work_mem', '64MB', true),
    set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)""")
# One load of a council at a time. The number identifies this lock.
LOCK = text(f"SELECT pg_advisory_xact_lock({LOAD_LOCK}, hashtext(:council))")
IS_EMPTY = text("""SELECT NOT EXISTS (SELECT FROM blpu WHERE council = :council)
    AND NOT EXISTS (SELECT FROM street WHERE council = :council)
    AND NOT EXISTS (SELECT FROM cross_reference WHERE council = :council)
    AND NOT EXISTS (SELECT FROM successor WHERE council = :council)""")
GET_COUNCIL = text("SELECT slug, gss, status FROM council WHERE slug = :council")
LIST_COUNCILS = text("SELECT slug FROM council ORDER BY slug LIMIT 20")
GET_LAST_LOAD = text("""SELECT id, sha256, rows, loaded_at FROM load WHERE council = :council
    ORDER BY loaded_at DESC LIMIT 1""")


def _fault(column: str, value: str, reason: str, source: str) -> str:
    return f"SELECT line, '{column}' AS name, {value} AS value, {reason} AS reason FROM {source}"


# Checks between rows. Each returns line, column, value and reason.
CHECKS = tuple(
    text(statement)
    for statement in (
        _fault("uprn", "uprn::text", "'stands on line ' || first || ' too'", """
            staged s JOIN (SELECT uprn, min(line) AS first FROM staged GROUP BY uprn HAVING count(*) > 1) d
                USING (uprn) WHERE s.line <> d.first"""),
        _fault("uprn", "uprn::text", "'was retired, and a UPRN is never used again'", """
            staged s JOIN blpu b USING (uprn) WHERE b.council = :council AND b.logical_status = 8"""),
        _fault("parentuprn", "parent_uprn::text", "'is neither in the file nor in the gazetteer'", """
            staged s WHERE parent_uprn IS NOT NULL
                AND NOT EXISTS (SELECT FROM staged o WHERE o.uprn = s.parent_uprn)
                AND NOT EXISTS (SELECT FROM blpu b WHERE b.council = :council AND b.uprn = s.parent_uprn)"""),
        _fault("classificationcode", "classification", "'is not in the AddressBase code list'", """
            staged s WHERE classification <> ALL (CAST(:codes AS text[]))"""),
        _fault("streetname", "street", "'line ' || first || ' calls USRN ' || usrn || ' ' || name", """
            staged s JOIN (SELECT usrn, min(line) AS first, (array_agg(street ORDER BY line))[1] AS name
                FROM staged GROUP BY usrn HAVING min(street) <> max(street)) d USING (usrn)
            WHERE s.street <> d.name"""),
    )
)  # fmt: skip
# Chains of parents that are too deep, or loops.
TOO_DEEP = text("""
    WITH RECURSIVE up (line, uprn, above, depth) AS (
        SELECT s.line, s.uprn, coalesce(o.parent_uprn, b.parent_uprn), 2
        FROM staged s LEFT JOIN staged o ON o.uprn = s.parent_uprn
            LEFT JOIN blpu b ON b.council = :council AND b.uprn = s.parent_uprn AND o.uprn IS NULL
        WHERE s.parent_uprn IS NOT NULL AND coalesce(o.parent_uprn, b.parent_uprn) IS NOT NULL
        UNION ALL
        SELECT up.line, up.uprn, coalesce(o.parent_uprn, b.parent_uprn), up.depth + 1
        FROM up LEFT JOIN staged o ON o.uprn = up.above
            LEFT JOIN blpu b ON b.council = :council AND b.uprn = up.above AND o.uprn IS NULL
        WHERE up.depth <= :deepest AND coalesce(o.parent_uprn, b.parent_uprn) IS NOT NULL)
    SELECT line, 'parentuprn' AS name, uprn::text AS value,
        'lies within itself, or more than ' || :deepest || ' deep' AS reason
    FROM up WHERE depth > :deepest""")
