"""Loading AddressBase and DTF: the file's records in temporary tables, one for each record type.

What is staged is made fit to be applied before anything else is touched: of several records with one key
the last in PRO_ORDER stays, other councils' rows go, and a full supply also says what it does not hold.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from sqlalchemy import TextClause, text

from address.gazetteer_files.rules.column_types import kind
from address.gazetteer_files.rules.layouts import CLASS_SCHEME, LAYOUTS, Layout
from address.gazetteer_files.rules.records import LEADING

TABLES = {
    "11": "in_street",
    "15": "in_descriptor",
    "21": "in_blpu",
    "23": "in_xref",
    "24": "in_lpi",
    "28": "in_point",
    "30": "in_successor",
    "31": "in_organisation",
    "32": "in_class",
}
OF_A_PROPERTY = tuple(TABLES[record] for record in ("23", "24", "28", "30", "31", "32"))


def copied(layout: Layout, record: str) -> list[str]:
    """The staging table's columns in the order of the record's, the line's number first."""
    columns = (*LEADING, *layout.records[record])
    return ["line", *(column.name or f"read_over_{at}" for at, column in enumerate(columns))]


def force_null(layout: Layout, record: str) -> list[str]:
    """Those of them that may be empty: an empty text is none, in quotation marks or not."""
    return copied(layout, record)[3:]


def _create(record: str) -> TextClause:
    columns = {"line": "integer"}
    for layout in LAYOUTS:
        given = (*LEADING, *layout.records.get(record, ()))
        names = copied(layout, record)[1:] if record in layout.records else []
        columns |= {name: kind(column.kind).sql for name, column in zip(names, given, strict=False)}
    # What one layout reads over has another kind in the next.
    shown = (f"{name} {'text' if name.startswith('read_over') else sql}" for name, sql in columns.items())
    return text(f"CREATE TEMPORARY TABLE {TABLES[record]} ({', '.join(shown)}) ON COMMIT DROP")


CREATE = (
    *(_create(record) for record in TABLES),
    text("CREATE TEMPORARY TABLE candidate (uprn bigint) ON COMMIT DROP"),
    text("CREATE TEMPORARY TABLE elsewhere (uprn bigint) ON COMMIT DROP"),
)
COUNTED = text(
    "SELECT record, change, count(*) AS rows FROM ("
    + " UNION ALL ".join(
        f"SELECT CAST('{record}' AS text) AS record, change FROM {table}" for record, table in TABLES.items()
    )
    + ") r GROUP BY record, change ORDER BY record, change"
)

# Properties the file tells of that are the council's own.
PROPERTIES = text(f"SELECT count(*) FROM {TABLES['21']}")

# How many places in the order of changes no record has taken.
GAPS = text(
    "SELECT max(pro_order) - min(pro_order) + 1 - count(*) FROM ("
    + " UNION ALL ".join(f"SELECT pro_order FROM {table}" for table in TABLES.values())
    + ") r"
)

# A council's own export has no classes of their own, and no organisations: they stand in the BLPU.
IN_ONE = (
    text("""UPDATE in_blpu s SET postcode = l.postcode FROM (
            SELECT DISTINCT ON (uprn) uprn, postcode FROM in_lpi WHERE change <> 'D' AND postcode IS NOT NULL
            ORDER BY uprn, logical_status, language <> 'ENG', pro_order DESC) l
        WHERE l.uprn = s.uprn AND s.postcode IS NULL"""),
    text("""INSERT INTO in_organisation (line, change, pro_order, uprn, org_key, organisation, start_date,
            entry_date, last_update)
        SELECT line, CASE WHEN organisation IS NULL OR change = 'D' THEN 'D' ELSE 'U' END, pro_order, uprn,
            'BLPU', organisation, start_date, entry_date, last_update FROM in_blpu"""),
)
OTHER_SCHEMES = text("DELETE FROM in_class WHERE class_scheme <> :scheme").bindparams(scheme=CLASS_SCHEME)

# Which of several records stays: the keys they share, and what comes first.
_LAST = "pro_order DESC, line DESC"
_ONE_OF = (
    ("in_street", "usrn", _LAST),
    ("in_descriptor", "usrn, language", _LAST),
    ("in_blpu", "uprn", _LAST),
    ("in_lpi", "uprn, lpi_key", _LAST),
    ("in_point", "uprn, udprn", _LAST),
    ("in_successor", "uprn, succ_key", _LAST),
    ("in_organisation", "uprn, org_key", _LAST),
    ("in_xref", "uprn, xref_key", _LAST),
    ("in_xref", "uprn, lower(scheme), reference", f"(change = 'D'), {_LAST}"),
    ("in_class", "uprn, class_key", _LAST),
    # A property has one class: one that stands before one that has ended, and any before none.
    ("in_class", "uprn", f"(change = 'D'), (end_date IS NOT NULL), {_LAST}"),
)


def _twice(table: str, keys: str) -> TextClause:
    return text(f"""SELECT (SELECT count(*) FROM {table})
        - (SELECT count(*) FROM (SELECT FROM {table} GROUP BY {keys}) k)""")


def _last(table: str, keys: str, order: str) -> TextClause:
    return text(f"""DELETE FROM {table} s USING (
            SELECT ctid AS at, row_number() OVER (PARTITION BY {keys} ORDER BY {order}) AS nth FROM {table}) r
        WHERE s.ctid = r.at AND r.nth > 1""")


# Whether there are several, which is rare, and what then makes them one.
SUPERSEDED = tuple((_twice(table, keys), _last(table, keys, order)) for table, keys, order in _ONE_OF)

# Those that no table's key would refuse.
HIDDEN = tuple(
    pair for pair, one in zip(SUPERSEDED, _ONE_OF, strict=True) if one[:2] == ("in_xref", "uprn, xref_key")
)

# Other councils' properties, when the file is not this council's alone.
ELSEWHERE = text("""WITH gone AS (DELETE FROM in_blpu WHERE custodian <> :custodian RETURNING uprn)
    INSERT INTO elsewhere SELECT uprn FROM gone""")
_UNKNOWN = """NOT EXISTS (SELECT FROM in_blpu b WHERE b.uprn = s.uprn)
    AND NOT EXISTS (SELECT FROM blpu b WHERE b.council = :council AND b.uprn = s.uprn)"""
CHILDREN_ELSEWHERE = tuple(
    text(f"DELETE FROM {table} s WHERE s.uprn IN (SELECT uprn FROM elsewhere) OR ({_UNKNOWN})")
    for table in OF_A_PROPERTY
)
# A property without a postcode has none to be found by; what a file has of it is left out, and counted.
WITHOUT_POSTCODE = text("""WITH gone AS (
        DELETE FROM in_blpu s WHERE change <> 'D' AND postcode IS NULL
            AND NOT EXISTS (SELECT FROM blpu b WHERE b.council = :council AND b.uprn = s.uprn)
        RETURNING uprn)
    INSERT INTO elsewhere SELECT uprn FROM gone""")
CHILDREN_LEFT_OUT = tuple(
    text(f"DELETE FROM {table} s WHERE s.uprn IN (SELECT uprn FROM elsewhere)") for table in OF_A_PROPERTY
)
STREETS_ELSEWHERE = tuple(
    text(f"""DELETE FROM {table} s WHERE NOT EXISTS (SELECT FROM in_lpi l WHERE l.usrn = s.usrn)
        AND NOT EXISTS (SELECT FROM street k WHERE k.council = :council AND k.usrn = s.usrn)""")
    for table in ("in_street", "in_descriptor")
)

# A full supply says by silence what is no more; but numbers given after its day it cannot know of.
_LATER = "b.entry_date > CAST(:day AS date)"


def _absent(table: str, kept: str, keys: tuple[str, ...], among: str) -> TextClause:
    named = ", ".join(keys)
    same = " AND ".join(f"s.{name} = b.{name}" for name in keys)
    return text(f"""INSERT INTO {table} (line, change, pro_order, {named})
        SELECT 0, 'D', 0, {", ".join(f"b.{name}" for name in keys)} FROM {kept} b
        WHERE b.council = :council AND {among} AND NOT EXISTS (SELECT FROM {table} s WHERE {same})""")


ABSENT_PROPERTIES = _absent(
    "in_blpu", "blpu", ("uprn",), f"b.logical_status <> 8 AND NOT (b.logical_status = 6 AND {_LATER})"
)
_STREET = "EXISTS (SELECT FROM in_street k WHERE k.usrn = b.usrn)"
_PROPERTY = "EXISTS (SELECT FROM in_blpu p WHERE p.uprn = b.uprn)"
ABSENT = (
    _absent("in_street", "street", ("usrn",), f"b.state IS DISTINCT FROM 4 AND NOT {_LATER}"),
    _absent("in_descriptor", "street_descriptor", ("usrn", "language"), _STREET),
    _absent("in_lpi", "lpi", ("uprn", "lpi_key"), _PROPERTY),
    _absent("in_organisation", "organisation", ("uprn", "org_key"), _PROPERTY),
    _absent("in_point", "delivery_point", ("uprn", "udprn"), _PROPERTY),
    _absent("in_successor", "successor", ("uprn", "succ_key"), _PROPERTY),
    _absent("in_xref", "cross_reference", ("uprn", "xref_key"), f"b.xref_key IS NOT NULL AND {_PROPERTY}"),
)
# Changes of properties and addresses that are not as their kind of change says.
UNEXPECTED = text("""
    SELECT count(*) FILTER (WHERE change = 'I' AND known) AS insert_of_known,
        count(*) FILTER (WHERE change = 'U' AND NOT known) AS update_of_unknown,
        count(*) FILTER (WHERE change = 'D' AND NOT known) AS delete_of_unknown
    FROM (SELECT s.change, b.uprn IS NOT NULL AS known
            FROM in_blpu s LEFT JOIN blpu b ON b.council = :council AND b.uprn = s.uprn
        UNION ALL SELECT s.change, l.uprn IS NOT NULL FROM in_lpi s
            LEFT JOIN lpi l ON l.council = :council AND l.uprn = s.uprn AND l.lpi_key = s.lpi_key) r""")
RETIRING = text("""SELECT (SELECT count(*) FROM in_blpu WHERE change = 'D' AND line = 0) AS absent,
    (SELECT count(*) FROM blpu WHERE council = :council AND logical_status <> 8) AS standing""")
