"""SQL of a load's history and events, each in one statement."""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from sqlalchemy import text

from chassis import outbox

# json_agg puts spaces after commas and chassis.outbox does not; no field name contains one.
_CHANGED = """(SELECT replace(json_agg(field ORDER BY field)::text, ', ', ',')
    FROM jsonb_object_keys(t.changes) AS field)"""
_PROPERTY = """'"uprn":"', uprn, '","easting":', easting, ',"northing":', northing, ',"postcode":"', postcode,
    '","logical_status":', logical_status, ',"classification":"', classification, '"',
    ',"changed":' || changed, ',"successors":' || successors"""
_STREET = """'"usrn":"', usrn, '","description":', to_json(description), ',"locality":',
    coalesce(to_json(locality)::text, 'null'), ',"town":', coalesce(to_json(town)::text, 'null'),
    ',"easting":' || easting, ',"northing":' || northing, ',"changed":' || changed"""
# The known successors of a retired property.
_SUCCESSORS = """(SELECT coalesce(replace(json_agg(DISTINCT s.successor::text)::text, ', ', ','), '[]')
    FROM successor s WHERE s.council = b.council AND s.uprn = b.uprn AND s.end_date IS NULL)"""
_PROPERTIES = f"""SELECT b.*, t.n, t.kind, CASE WHEN t.kind = 'changed' THEN {_CHANGED} END AS changed,
        CASE WHEN t.kind = 'retired' THEN {_SUCCESSORS} END AS successors
    FROM touched t JOIN blpu b USING (uprn) WHERE b.council = :council"""
# A street's one point: its start as the supply has it, else the middle of its addresses; none without either.
_POINT = """coalesce(k.start_easting, p.easting) AS easting,
        coalesce(k.start_northing, p.northing) AS northing"""
_MIDDLE = "SELECT round(avg(easting), 2) AS easting, round(avg(northing), 2) AS northing"
_STREETS = f"""SELECT k.council, k.usrn, k.version, t.n, t.kind, coalesce(d.description, '') AS description,
        d.locality, d.town, {_POINT}, CASE WHEN t.kind = 'changed' THEN {_CHANGED} END AS changed
    FROM touched_street t JOIN street k USING (usrn)
    LEFT JOIN (SELECT DISTINCT ON (usrn) usrn, description, locality, town FROM street_descriptor
        WHERE council = :council ORDER BY usrn, language <> 'ENG', language) d USING (usrn)
    LEFT JOIN ({_MIDDLE}, usrn FROM place WHERE council = :council GROUP BY usrn) p USING (usrn)
    WHERE k.council = :council"""

INSERT_PROPERTY_EVENTS = outbox.from_rows(
    "address.property", subject="uprn", members=_PROPERTY, rows=_PROPERTIES
)
INSERT_STREET_EVENTS = outbox.from_rows("address.street", subject="usrn", members=_STREET, rows=_STREETS)

# Present state told again, see chassis.resync: the council's properties or streets between two numbers.
_PRESENT_PROPERTIES = f"""SELECT b.*, row_number() OVER (ORDER BY b.uprn) - 1 AS n, NULL AS changed,
        CASE b.logical_status WHEN 8 THEN 'retired' ELSE 'created' END AS kind,
        CASE b.logical_status WHEN 8 THEN {_SUCCESSORS} END AS successors
    FROM blpu b WHERE b.council = :council AND b.uprn BETWEEN :first AND :last"""
_PRESENT_STREETS = f"""SELECT k.council, k.usrn, k.version, row_number() OVER (ORDER BY k.usrn) - 1 AS n,
        CASE k.state WHEN 4 THEN 'retired' ELSE 'created' END AS kind, NULL AS changed,
        coalesce(d.description, '') AS description, d.locality, d.town, {_POINT}
    FROM street k LEFT JOIN LATERAL (
        SELECT description, locality, town FROM street_descriptor s
        WHERE (s.council, s.usrn) = (k.council, k.usrn) ORDER BY language <> 'ENG', language LIMIT 1
    ) d ON true
    LEFT JOIN LATERAL ({_MIDDLE} FROM place WHERE (council, usrn) = (k.council, k.usrn)) p ON true
    WHERE k.council = :council AND k.usrn BETWEEN :first AND :last"""
INSERT_PROPERTY_SNAPSHOTS = outbox.from_rows(
    "address.property", subject="uprn", members=_PROPERTY, rows=_PRESENT_PROPERTIES, snapshot=True
)
INSERT_STREET_SNAPSHOTS = outbox.from_rows(
    "address.street", subject="usrn", members=_STREET, rows=_PRESENT_STREETS, snapshot=True
)
LOCK_PROPERTIES, LOCK_STREETS = (
    text(f"""SELECT council, {number} AS number FROM {table}
        WHERE (council, {number}) > (:council, :number) ORDER BY council, {number} LIMIT :most FOR SHARE""")
    for table, number in (("blpu", "uprn"), ("street", "usrn"))
)

INSERT_HISTORY = text("""
    INSERT INTO history (council, uprn, version, actor, kind, changes)
    SELECT :council, uprn, b.version, :actor, t.kind, t.changes
    FROM touched t JOIN blpu b USING (uprn) WHERE b.council = :council""")
INSERT_STREET_HISTORY = text("""
    INSERT INTO street_history (council, usrn, version, actor, kind, changes)
    SELECT :council, usrn, k.version, :actor, t.kind, t.changes
    FROM touched_street t JOIN street k USING (usrn) WHERE k.council = :council""")
