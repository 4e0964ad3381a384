"""SQL that stages an AddressBase or DTF supply in temporary tables, one for each record type.

The staged records are prepared before any other table is touched: of several records with one key the last in
PRO_ORDER stays, other councils' records are deleted, and a full supply gets deletions for the records it
lacks.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from sqlalchemy import TextClause, text

from address.gazetteer_files.rules.column_types import column_type
from address.gazetteer_files.rules.layouts import CLASS_SCHEME, LAYOUTS, Layout
from address.gazetteer_files.rules.records import LEADING_COLUMNS

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
PROPERTY_TABLES = tuple(TABLES[record] for record in ("23", "24", "28", "30", "31", "32"))


def copy_columns(layout: Layout, record: str) -> list[str]:
    """Return the staging table's columns in the order of the record's, the line number first."""
    columns = (*LEADING_COLUMNS, *layout.records[record])
    return ["line", *(column.name or f"read_over_{at}" for at, column in enumerate(columns))]


def nullable_columns(layout: Layout, record: str) -> list[str]:
    """Return the columns where an empty text means null, in quotation marks or not."""
    return copy_columns(layout, record)[3:]


def _create(record: str) -> TextClause:
    columns = {"line": "integer"}
    for layout in LAYOUTS:
        columns_ = (*LEADING_COLUMNS, *layout.records.get(record, ()))
        names = copy_columns(layout, record)[1:] if record in layout.records else []
        columns |= {name: column_type(column.kind).sql for name, column in zip(names, columns_, strict=False)}
    # A column that one layout ignores may have another type in the next.
    definitions = (
        f"{name} {'text' if name.startswith('read_over') else sql}" for name, sql in columns.items()
    )
    return text(f"CREATE TEMPORARY TABLE {TABLES[record]} ({', '.join(definitions)}) ON COMMIT DROP")


CREATE = (
    *(_create(record) for record in TABLES),
    text("CREATE TEMPORARY TABLE candidate (uprn bigint) ON COMMIT DROP"),
    text("CREATE TEMPORARY TABLE elsewhere (uprn bigint) ON COMMIT DROP"),
)
COUNT_RECORDS = text(
    "SELECT record, change, count(*) AS rows FROM ("
    + " UNION ALL ".join(
        f"SELECT CAST('{record}' AS text) AS record, change FROM {table}" for record, table in TABLES.items()
    )
    + ") r GROUP BY record, change ORDER BY record, change"
)

# The properties in the file.
COUNT_PROPERTIES = text(f"SELECT count(*) FROM {TABLES['21']}")

# The number of gaps in PRO_ORDER.
COUNT_GAPS = text(
    "SELECT max(pro_order) - min(pro_order) + 1 - count(*) FROM ("
    + " UNION ALL ".join(f"SELECT pro_order FROM {table}" for table in TABLES.values())
    + ") r"
)

# In a council's own export (DTF) the BLPU holds class and organisation, and the LPIs the postcode.
SPLIT_BLPUS = (
    text("""UPDATE in_blpu s SET postcode = l.postcode FROM (
            SELECT DISTINCT ON (uprn) uprn, postcode FROM in_lpi WHERE change <> 'D' AND postcode IS NOT NULL
            ORDER BY uprn, logical_status, language <> 'ENG', pro_order DESC) l
        WHERE l.uprn = s.uprn AND s.postcode IS NULL"""),
    text("""INSERT INTO in_organisation (line, change, pro_order, uprn, org_key, organisation, start_date,
            entry_date, last_update)
        SELECT line, CASE WHEN organisation IS NULL OR change = 'D' THEN 'D' ELSE 'U' END, pro_order, uprn,
            'BLPU', organisation, start_date, entry_date, last_update FROM in_blpu"""),
)
DELETE_OTHER_SCHEMES = text("DELETE FROM in_class WHERE class_scheme <> :scheme").bindparams(
    scheme=CLASS_SCHEME
)

# Unique keys of the staging tables, and the order in which the first record stays.
_LAST = "pro_order DESC, line DESC"
_UNIQUE = (
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
    # A property has one class: a current one before an ended one, any before a deletion.
    ("in_class", "uprn", f"(change = 'D'), (end_date IS NOT NULL), {_LAST}"),
)


def _count_duplicates(table: str, keys: str) -> TextClause:
    return text(f"""SELECT (SELECT count(*) FROM {table})
        - (SELECT count(*) FROM (SELECT FROM {table} GROUP BY {keys}) k)""")


def _delete_earlier(table: str, keys: str, order: str) -> TextClause:
    return text(f"""DELETE FROM {table} s USING (
            SELECT ctid AS at, row_number() OVER (PARTITION BY {keys} ORDER BY {order}) AS nth FROM {table}) r
        WHERE s.ctid = r.at AND r.nth > 1""")


# For each unique key: count duplicates, which are rare, and delete all but the last.
DEDUPLICATE = tuple(
    (_count_duplicates(table, keys), _delete_earlier(table, keys, order)) for table, keys, order in _UNIQUE
)

# The only duplicates that no table's key would refuse.
DEDUPLICATE_REFERENCES = tuple(
    pair
    for pair, unique in zip(DEDUPLICATE, _UNIQUE, strict=True)
    if unique[:2] == ("in_xref", "uprn, xref_key")
)

# Other councils' properties, if the file has any.
DELETE_OTHER_COUNCILS = text("""WITH gone AS (
        DELETE FROM in_blpu WHERE custodian <> :custodian RETURNING uprn)
    INSERT INTO elsewhere SELECT uprn FROM gone""")
_UNKNOWN = """NOT EXISTS (SELECT FROM in_blpu b WHERE b.uprn = s.uprn)
    AND NOT EXISTS (SELECT FROM blpu b WHERE b.council = :council AND b.uprn = s.uprn)"""
DELETE_RECORDS_ELSEWHERE = tuple(
    text(f"DELETE FROM {table} s WHERE s.uprn IN (SELECT uprn FROM elsewhere) OR ({_UNKNOWN})")
    for table in PROPERTY_TABLES
)
# Properties without a postcode cannot be found by one: they are left out, and counted.
DELETE_WITHOUT_POSTCODE = text("""WITH gone AS (
        DELETE FROM in_blpu s WHERE change <> 'D' AND postcode IS NULL
            AND NOT EXISTS (SELECT FROM blpu b WHERE b.council = :council AND b.uprn = s.uprn)
        RETURNING uprn)
    INSERT INTO elsewhere SELECT uprn FROM gone""")
DELETE_RECORDS_LEFT_OUT = tuple(
    text(f"DELETE FROM {table} s WHERE s.uprn IN (SELECT uprn FROM elsewhere)") for table in PROPERTY_TABLES
)
DELETE_STREETS_ELSEWHERE = tuple(
    text(f"""DELETE FROM {table} s WHERE NOT EXISTS (SELECT FROM in_lpi l WHERE l.usrn = s.usrn)
        AND NOT EXISTS (SELECT FROM street k WHERE k.council = :council AND k.usrn = s.usrn)""")
    for table in ("in_street", "in_descriptor")
)

# A full supply ends what it lacks, except numbers allocated after its day.
_LATER = "b.entry_date > CAST(:day AS date)"


def _add_deletions(table: str, target: str, keys: tuple[str, ...], among: str) -> TextClause:
    key_names = ", ".join(keys)
    same = " AND ".join(f"s.{name} = b.{name}" for name in keys)
    return text(f"""INSERT INTO {table} (line, change, pro_order, {key_names})
        SELECT 0, 'D', 0, {", ".join(f"b.{name}" for name in keys)} FROM {target} b
        WHERE b.council = :council AND {among} AND NOT EXISTS (SELECT FROM {table} s WHERE {same})""")


DELETE_ABSENT_PROPERTIES = _add_deletions(
    "in_blpu", "blpu", ("uprn",), f"b.logical_status <> 8 AND NOT (b.logical_status = 6 AND {_LATER})"
)
_STREET = "EXISTS (SELECT FROM in_street k WHERE k.usrn = b.usrn)"
_PROPERTY = "EXISTS (SELECT FROM in_blpu p WHERE p.uprn = b.uprn)"
DELETE_ABSENT_RECORDS = (
    _add_deletions("in_street", "street", ("usrn",), f"b.state IS DISTINCT FROM 4 AND NOT {_LATER}"),
    _add_deletions("in_descriptor", "street_descriptor", ("usrn", "language"), _STREET),
    _add_deletions("in_lpi", "lpi", ("uprn", "lpi_key"), _PROPERTY),
    _add_deletions("in_organisation", "organisation", ("uprn", "org_key"), _PROPERTY),
    _add_deletions("in_point", "delivery_point", ("uprn", "udprn"), _PROPERTY),
    _add_deletions("in_successor", "successor", ("uprn", "succ_key"), _PROPERTY),
    _add_deletions(
        "in_xref", "cross_reference", ("uprn", "xref_key"), f"b.xref_key IS NOT NULL AND {_PROPERTY}"
    ),
)
# Changes of properties and addresses whose record was not as the kind of change says.
COUNT_UNEXPECTED = text("""
    SELECT count(*) FILTER (WHERE change = 'I' AND known) AS insert_of_known,
        count(*) FILTER (WHERE change = 'U' AND NOT known) AS update_of_unknown,
        count(*) FILTER (WHERE change = 'D' AND NOT known) AS delete_of_unknown
    FROM (SELECT s.change, b.uprn IS NOT NULL AS known
            FROM in_blpu s LEFT JOIN blpu b ON b.council = :council AND b.uprn = s.uprn
        UNION ALL SELECT s.change, l.uprn IS NOT NULL FROM in_lpi s
            LEFT JOIN lpi l ON l.council = :council AND l.uprn = s.uprn AND l.lpi_key = s.lpi_key) r""")
COUNT_RETIRING = text("""SELECT (SELECT count(*) FROM in_blpu WHERE change = 'D' AND line = 0) AS absent,
    (SELECT count(*) FROM blpu WHERE council = :council AND logical_status <> 8) AS standing""")
