"""SQL that applies a staged AddressBase or DTF supply to the gazetteer's tables, set by set.

Each record type has a target table. Rows that differ are updated, missing rows are inserted, and the UPRNs of
both go to ``candidate``: properties that may have changed. An empty gazetteer only needs the inserts, and
everything in it is new.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from dataclasses import dataclass

from sqlalchemy import TextClause, text

# A cross reference's source becomes a scheme's slug: lower case, letters, digits and hyphens.
_SCHEME = "lower(regexp_replace({}, '[^A-Za-z0-9]+', '-', 'g'))"
_DATES = ("start_date", "end_date", "entry_date", "last_update")


@dataclass(frozen=True, slots=True)
class Target:
    """The target of the records in ``source`` (as ``s``): table, key, and columns with their SQL."""

    table: str
    source: str
    key: tuple[str, ...]
    columns: dict[str, str]
    joins: str = ""
    where: str = "s.change <> 'D'"
    only_new: tuple[tuple[str, str], ...] = ()  # columns set on insert only
    owner: str = "uprn"


def _columns(*names: str) -> dict[str, str]:
    return {name: f"s.{name}" for name in (*names, *_DATES)}


def _same_key(target: Target) -> str:
    return " AND ".join(["b.council = :council", *(f"b.{name} = s.{name}" for name in target.key)])


def _insert(target: Target, *, fresh: bool) -> TextClause:
    columns = {name: f"s.{name}" for name in target.key} | target.columns | dict(target.only_new)
    into = f"""INSERT INTO {target.table} (council, {", ".join(columns)})
        SELECT :council, {", ".join(columns.values())} FROM {target.source} s {target.joins}
        WHERE {target.where}"""
    if fresh:
        return text(into)
    unknown = f"{into} AND NOT EXISTS (SELECT FROM {target.table} b WHERE {_same_key(target)})"
    return _with_candidates(f"{unknown} RETURNING {target.owner}", target)


def _with_candidates(statement: str, target: Target) -> TextClause:
    if target.owner != "uprn":
        return text(statement)
    return text(f"""WITH done AS ({statement}) INSERT INTO candidate SELECT DISTINCT uprn FROM done""")


def _update(target: Target) -> TextClause:
    names, values = ", ".join(target.columns), ", ".join(target.columns.values())
    current = ", ".join(f"b.{name}" for name in target.columns)
    statement = f"""UPDATE {target.table} b SET ({names}) = ROW ({values})
        FROM {target.source} s {target.joins}
        WHERE {target.where} AND {_same_key(target)} AND ({current}) IS DISTINCT FROM ({values})
        RETURNING b.{target.owner}"""
    return _with_candidates(statement, target)


def _delete(target: Target) -> TextClause:
    statement = f"""DELETE FROM {target.table} b USING {target.source} s
        WHERE s.change = 'D' AND {_same_key(target)} RETURNING b.{target.owner}"""
    return _with_candidates(statement, target)


def _numbers(kind: str) -> tuple[str, ...]:
    return tuple(
        f"{kind}_{part}" for part in ("text", "start_number", "start_suffix", "end_number", "end_suffix")
    )


# The street's name in the language of the address, or else in English.
_NAMES = """LEFT JOIN street_descriptor d
        ON d.council = :council AND d.usrn = s.usrn AND d.language = s.language
    LEFT JOIN street_descriptor e ON e.council = :council AND e.usrn = s.usrn AND e.language = 'ENG'"""
_TOWN = "CASE WHEN d.usrn IS NULL THEN e.town ELSE d.town END"
_STREET = Target(
    "street",
    "in_street",
    ("usrn",),
    _columns("record_type", "naming_authority", "state", "surface", "classification", "start_easting",
         "start_northing", "end_easting", "end_northing", "tolerance"),
    only_new=(("version", "1"),),
    owner="usrn",
)  # fmt: skip
_DESCRIPTOR = Target(
    "street_descriptor",
    "in_descriptor",
    ("usrn", "language"),
    {name: f"s.{name}" for name in ("description", "locality", "town", "administrative_area")}
    | {name: f"coalesce(s.{name}, CAST(:day AS date))" for name in ("entry_date", "last_update")},
    owner="usrn",
)
_BLPU = Target(
    "blpu",
    "in_blpu",
    ("uprn",),
    _columns(
        "logical_status", "state", "state_date", "parent_uprn", "easting", "northing", "rpc", "custodian"
    )
    | {"country": "coalesce(s.country, :country)"},
    joins="LEFT JOIN in_class c ON c.uprn = s.uprn AND c.change <> 'D'",
    only_new=(
        ("classification", "coalesce(c.classification, s.classification, 'UC')"),
        ("class_key", "c.class_key"),
        ("postcode", "s.postcode"),
        ("postal", "coalesce(s.postal, 'L')"),
        ("ward", "s.ward"),
        ("parish", "s.parish"),
        ("version", "1"),
    ),
)
# Columns that a layout may lack keep their values.
_BLPU_KNOWN = Target(
    _BLPU.table,
    _BLPU.source,
    _BLPU.key,
    _BLPU.columns
    | {
        "classification": "coalesce(c.classification, s.classification, b.classification)",
        "class_key": "coalesce(c.class_key, b.class_key)",
        **{name: f"coalesce(s.{name}, b.{name})" for name in ("postcode", "postal", "ward", "parish")},
    },
    joins=_BLPU.joins,
)
_CLASS = Target(
    "blpu", "in_class", ("uprn",), {"classification": "s.classification", "class_key": "s.class_key"},
    where="s.change <> 'D' AND (s.end_date IS NULL OR s.class_key = b.class_key)",
)  # fmt: skip
_LPI = Target(
    "lpi",
    "in_lpi",
    ("uprn", "lpi_key"),
    {
        **_columns("language", "logical_status", *_numbers("sao"), *_numbers("pao"), "usrn", "area_name",
               "level", "official"),
        "locality": "CASE WHEN d.usrn IS NULL THEN e.locality ELSE d.locality END",
        "post_town": f"coalesce(s.post_town, {_TOWN})",
    },
    joins=_NAMES,
)  # fmt: skip
_ORGANISATION = Target(
    "organisation", "in_organisation", ("uprn", "org_key"), _columns("organisation", "legal_name")
)
_POINT = Target(
    "delivery_point",
    "in_point",
    ("uprn", "udprn"),
    _columns("organisation_name", "department_name", "sub_building_name", "building_name",
         "dependent_thoroughfare", "thoroughfare", "double_dependent_locality", "dependent_locality",
         "post_town", "postcode", "postcode_type", "delivery_point_suffix", "welsh_dependent_thoroughfare",
         "welsh_thoroughfare", "welsh_double_dependent_locality", "welsh_dependent_locality",
         "welsh_post_town", "po_box_number", "process_date")
    | {"building_number": "s.building_number::text"},
)  # fmt: skip
_SUCCESSOR = Target("successor", "in_successor", ("uprn", "succ_key"), _columns("successor"))
_XREF = Target(
    "cross_reference",
    "in_xref",
    ("uprn",),
    _columns("reference", "xref_key") | {"scheme": "k.slug"},
    joins=f"""JOIN (SELECT scheme, {_SCHEME.format("scheme")} AS slug FROM in_xref GROUP BY scheme) k
        ON k.scheme = s.scheme""",
    only_new=(("version", "coalesce(s.version, 1)"),),
)

# For an empty gazetteer, where D records have nothing to delete.
WRITE_FRESH = tuple(
    _insert(target, fresh=True)
    for target in (
        _STREET, _DESCRIPTOR, _BLPU, _LPI, _ORGANISATION, _POINT, _SUCCESSOR, _XREF,
    )
)  # fmt: skip

# A retired property keeps its last addresses as historic ones; none of its rows is deleted.
_RETIRE = text("""WITH done AS (
        UPDATE blpu b SET logical_status = 8,
            end_date = coalesce(b.end_date, s.end_date, CAST(:today AS date)),
            last_update = CAST(:today AS date)
        FROM in_blpu s WHERE s.change = 'D' AND b.council = :council AND b.uprn = s.uprn
            AND b.logical_status <> 8 RETURNING b.uprn)
    INSERT INTO candidate SELECT uprn FROM done""")
_ENDED = "EXISTS (SELECT FROM blpu h WHERE h.council = :council AND h.uprn = b.uprn AND h.logical_status = 8)"
_RETIRE_LPIS = text(f"""WITH done AS (
        UPDATE lpi b SET logical_status = 8, end_date = coalesce(b.end_date, CAST(:today AS date)),
            last_update = CAST(:today AS date)
        FROM in_blpu s WHERE s.change = 'D' AND b.council = :council AND b.uprn = s.uprn AND {_ENDED}
            AND b.logical_status <> 8 RETURNING b.uprn)
    INSERT INTO candidate SELECT DISTINCT uprn FROM done""")
_DELETE_LPIS = text(f"""WITH done AS (
        DELETE FROM lpi b USING in_lpi s WHERE s.change = 'D' AND b.council = :council
            AND b.uprn = s.uprn AND b.lpi_key = s.lpi_key AND NOT {_ENDED} RETURNING b.uprn)
    INSERT INTO candidate SELECT DISTINCT uprn FROM done""")
_CLEAR_CLASSES = text("""WITH done AS (
        UPDATE blpu b SET classification = 'UC', class_key = NULL FROM in_class s
        WHERE s.change = 'D' AND b.council = :council AND b.uprn = s.uprn AND b.class_key = s.class_key
            AND b.logical_status <> 8 RETURNING b.uprn)
    INSERT INTO candidate SELECT uprn FROM done""")
_CLOSE_STREETS = text("""UPDATE street b SET state = 4 FROM in_street s
    WHERE s.change = 'D' AND b.council = :council AND b.usrn = s.usrn AND b.state IS DISTINCT FROM 4""")
# A closed street keeps its names: historic addresses use them.
_DELETE_NAMES = text("""DELETE FROM street_descriptor b USING in_descriptor s
    WHERE s.change = 'D' AND b.council = :council AND b.usrn = s.usrn AND b.language = s.language
        AND NOT EXISTS (SELECT FROM in_street k WHERE k.usrn = s.usrn AND k.change = 'D')""")
# A changed record is deleted and inserted again: its scheme or reference may differ.
_DELETE_XREFS = text(f"""DELETE FROM cross_reference b USING in_xref s
    WHERE b.council = :council AND b.uprn = s.uprn AND (b.xref_key = s.xref_key OR (
        b.reference = s.reference AND b.scheme = {_SCHEME.format("s.scheme")}))""")
# An address whose locality and town were its street's follows the street; all addresses of a renamed street
# are candidates.
_UPDATE_TOWNS = text("""UPDATE lpi l SET
        locality = CASE WHEN l.locality IS NOT DISTINCT FROM w.locality THEN d.locality ELSE l.locality END,
        post_town = CASE WHEN l.post_town IS NOT DISTINCT FROM w.town THEN d.town ELSE l.post_town END
    FROM was_descriptor w JOIN street_descriptor d
        ON d.council = :council AND d.usrn = w.usrn AND d.language = w.language
    WHERE l.council = :council AND l.usrn = w.usrn AND l.language = w.language
        AND (w.locality, w.town) IS DISTINCT FROM (d.locality, d.town)""")
_ADD_RENAMED = text("""INSERT INTO candidate SELECT DISTINCT l.uprn FROM lpi l JOIN (
        SELECT usrn FROM (
            SELECT usrn, language, description, locality, town FROM was_descriptor
            EXCEPT SELECT usrn, language, description, locality, town FROM street_descriptor
            WHERE council = :council) gone
        UNION SELECT s.usrn FROM in_descriptor s WHERE s.change <> 'D' AND NOT EXISTS (
            SELECT FROM was_descriptor w WHERE w.usrn = s.usrn AND w.language = s.language)
            AND EXISTS (SELECT FROM was_descriptor w WHERE w.usrn = s.usrn)) r USING (usrn)
    WHERE l.council = :council""")
# In DTF the LPI holds the postcode, so an LPI alone can change it.
UPDATE_POSTCODES = text("""WITH done AS (
        UPDATE blpu b SET postcode = s.postcode FROM (
            SELECT DISTINCT ON (uprn) uprn, postcode FROM in_lpi
            WHERE change <> 'D' AND logical_status IN (1, 6) AND postcode IS NOT NULL
            ORDER BY uprn, language <> 'ENG', logical_status, pro_order DESC) s
        WHERE b.council = :council AND b.uprn = s.uprn AND b.postcode <> s.postcode
            AND NOT EXISTS (SELECT FROM in_blpu i WHERE i.uprn = s.uprn) RETURNING b.uprn)
    INSERT INTO candidate SELECT uprn FROM done""")
# In this order: streets before the addresses on them, properties before their records.
WRITE_CHANGES = (
    _update(_STREET), _insert(_STREET, fresh=False), _CLOSE_STREETS,
    _update(_DESCRIPTOR), _insert(_DESCRIPTOR, fresh=False), _DELETE_NAMES, _UPDATE_TOWNS, _ADD_RENAMED,
    _update(_BLPU_KNOWN), _insert(_BLPU, fresh=False), _RETIRE, _update(_CLASS), _CLEAR_CLASSES,
    _update(_LPI), _insert(_LPI, fresh=False), _RETIRE_LPIS, _DELETE_LPIS,
    _update(_ORGANISATION), _insert(_ORGANISATION, fresh=False), _delete(_ORGANISATION),
    _update(_POINT), _insert(_POINT, fresh=False), _delete(_POINT),
    _update(_SUCCESSOR), _insert(_SUCCESSOR, fresh=False), _delete(_SUCCESSOR),
    _DELETE_XREFS, _insert(_XREF, fresh=True),
)  # fmt: skip
