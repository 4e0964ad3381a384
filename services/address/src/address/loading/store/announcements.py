"""SQL of a load's history and events, each in one statement.

An event is the same text that ``chassis.events.wrap`` writes. An id is a UUIDv7 whose last 36 bits count the
load's events: ``id_hex`` is the rest in hexadecimal, ``id_text`` as ``ids.show`` writes it.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from sqlalchemy import text

_DIGIT = "substr('0123456789abcdefghjkmnpqrstvwxyz', (n >> {} & 31)::integer + 1, 1)"
_DIGITS = ", ".join(_DIGIT.format(shift) for shift in range(30, -1, -5))
# json_agg puts spaces after commas and wrap does not; no field name contains one.
_CHANGED = """(SELECT replace(json_agg(field ORDER BY field)::text, ', ', ',')
    FROM jsonb_object_keys(t.changes) AS field)"""


def _envelope(aggregate: str, key: str, data: str) -> str:
    """Return SQL of an envelope. concat() leaves out nulls."""
    return f"""concat('{{"specversion":"1.0","id":"', CAST(:id_text AS text), {_DIGITS},
            '","source":"urn:townhall:address","type":"address.{aggregate}.', kind, '.v1","subject":"', {key},
            '","time":"', CAST(:time AS text), '","datacontenttype":"application/json","council":"', council,
            '","sequence":', version, ',"data":{{', {data}, '}}}}')"""


_OUTBOX = """INSERT INTO outbox (council, event_id, nats_subject, envelope)
    SELECT council, (:id_hex || lpad(to_hex(n), 9, '0'))::uuid,
        CAST(:subject AS text) || kind, {envelope}
    FROM ({rows}) touched ORDER BY n"""
_PROPERTY = """'"uprn":"', uprn, '","easting":', easting, ',"northing":', northing, ',"postcode":"', postcode,
    '","logical_status":', logical_status, ',"classification":"', classification, '"',
    ',"changed":' || changed, ',"successors":' || successors"""
_STREET = """'"usrn":"', usrn, '","description":', to_json(description), ',"locality":',
    coalesce(to_json(locality)::text, 'null'), ',"town":', coalesce(to_json(town)::text, 'null'),
    ',"changed":' || changed"""
# The known successors of a retired property.
_SUCCESSORS = """(SELECT coalesce(replace(json_agg(DISTINCT s.successor::text)::text, ', ', ','), '[]')
    FROM successor s WHERE s.council = b.council AND s.uprn = b.uprn AND s.end_date IS NULL)"""
_PROPERTIES = f"""SELECT b.*, t.n, t.kind, CASE WHEN t.kind = 'changed' THEN {_CHANGED} END AS changed,
        CASE WHEN t.kind = 'retired' THEN {_SUCCESSORS} END AS successors
    FROM touched t JOIN blpu b USING (uprn) WHERE b.council = :council"""
_STREETS = f"""SELECT k.council, k.usrn, k.version, t.n, t.kind, coalesce(d.description, '') AS description,
        d.locality, d.town, CASE WHEN t.kind = 'changed' THEN {_CHANGED} END AS changed
    FROM touched_street t JOIN street k USING (usrn)
    LEFT JOIN (SELECT DISTINCT ON (usrn) usrn, description, locality, town FROM street_descriptor
        WHERE council = :council ORDER BY usrn, language <> 'ENG', language) d USING (usrn)
    WHERE k.council = :council"""

INSERT_PROPERTY_EVENTS = text(
    _OUTBOX.format(envelope=_envelope("property", "uprn", _PROPERTY), rows=_PROPERTIES)
)
INSERT_STREET_EVENTS = text(_OUTBOX.format(envelope=_envelope("street", "usrn", _STREET), rows=_STREETS))
INSERT_HISTORY = text("""
    INSERT INTO history (council, uprn, version, actor, kind, changes)
    SELECT :council, uprn, b.version, :actor, t.kind, t.changes
    FROM touched t JOIN blpu b USING (uprn) WHERE b.council = :council""")
INSERT_STREET_HISTORY = text("""
    INSERT INTO street_history (council, usrn, version, actor, kind, changes)
    SELECT :council, usrn, k.version, :actor, t.kind, t.changes
    FROM touched_street t JOIN street k USING (usrn) WHERE k.council = :council""")
