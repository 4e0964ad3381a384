"""SQL of checks over an AddressBase or DTF supply. Each returns line, name, value and reason."""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from sqlalchemy import TextClause, text

from address.loading.store.staged_supply import PROPERTY_TABLES

_NOT_DELETED = "s.change <> 'D'"


def _fault(column: str, value: str, reason: str, source: str) -> TextClause:
    return text(f"""SELECT s.line, '{column}' AS name, {value} AS value, {reason} AS reason
        FROM {source} ORDER BY s.line LIMIT 10000""")


# Before anything is written.
CHECK_RETIRED = _fault(
    "logical_status", "s.uprn::text", "'was retired, and a UPRN is never used again'",
    f"""in_blpu s JOIN blpu b ON b.council = :council AND b.uprn = s.uprn
        WHERE {_NOT_DELETED} AND b.logical_status = 8 AND s.logical_status <> 8""",
)  # fmt: skip
CHECK_OWN_PARENT = _fault(
    "parent_uprn", "s.uprn::text", "'lies within itself'",
    f"in_blpu s WHERE {_NOT_DELETED} AND s.parent_uprn = s.uprn",
)  # fmt: skip
CHECK_CLASSES = tuple(
    _fault(
        "classification", "s.classification", "'is not in the AddressBase code list'",
        f"{table} s WHERE {_NOT_DELETED} AND s.classification <> ALL (CAST(:codes AS text[]))",
    )
    for table in ("in_class", "in_blpu")
)  # fmt: skip

# After all is written: these check the gazetteer's own tables.
_PROPERTY = "NOT EXISTS (SELECT FROM blpu b WHERE b.council = :council AND b.uprn = s.uprn)"
_EVERY_CHILD = " UNION ALL ".join(f"SELECT line, change, uprn FROM {table}" for table in PROPERTY_TABLES)
CHECK_WRITTEN = (
    _fault(
        "uprn", "s.uprn::text", "'is neither in the file nor in the gazetteer'",
        f"({_EVERY_CHILD}) s WHERE {_NOT_DELETED} AND {_PROPERTY}",
    ),
    _fault(
        "usrn", "s.usrn::text", "'is a street without a name in ' || s.language || ' or ENG'",
        f"""in_lpi s WHERE {_NOT_DELETED} AND NOT EXISTS (SELECT FROM street_descriptor d
            WHERE d.council = :council AND d.usrn = s.usrn AND d.language IN (s.language, 'ENG'))""",
    ),
    _fault(
        "usrn", "s.usrn::text", "'has no descriptor (record 15)'",
        f"""in_street s WHERE {_NOT_DELETED} AND NOT EXISTS (
            SELECT FROM street_descriptor d WHERE d.council = :council AND d.usrn = s.usrn)""",
    ),
    _fault(
        "usrn", "s.usrn::text", "'is no street (record 11) of the file or the gazetteer'",
        f"""in_descriptor s WHERE {_NOT_DELETED} AND NOT EXISTS (
            SELECT FROM street k WHERE k.council = :council AND k.usrn = s.usrn)""",
    ),
    _fault(
        "language", "s.language", "'is the name of a street that addresses stand on'",
        """in_descriptor s WHERE s.change = 'D' AND s.line > 0 AND EXISTS (
            SELECT FROM lpi l WHERE l.council = :council AND l.usrn = s.usrn AND NOT EXISTS (
                SELECT FROM street_descriptor d WHERE d.council = :council AND d.usrn = l.usrn
                    AND d.language IN (l.language, 'ENG')))""",
    ),
    _fault(
        "uprn", "s.uprn::text", "'has no address (record 24)'",
        f"""in_blpu s WHERE {_NOT_DELETED} AND NOT EXISTS (
            SELECT FROM lpi l WHERE l.council = :council AND l.uprn = s.uprn)""",
    ),
    _fault(
        "lpi_key", "s.lpi_key", "'is the last address of a property that is not retired'",
        """in_lpi s WHERE s.change = 'D'
            AND EXISTS (SELECT FROM blpu b WHERE b.council = :council AND b.uprn = s.uprn)
            AND NOT EXISTS (SELECT FROM lpi l WHERE l.council = :council AND l.uprn = s.uprn)""",
    ),
    _fault(
        "parent_uprn", "s.parent_uprn::text", "'is neither in the file nor in the gazetteer'",
        f"""in_blpu s WHERE {_NOT_DELETED} AND s.parent_uprn IS NOT NULL
            AND NOT EXISTS (SELECT FROM elsewhere e WHERE e.uprn = s.parent_uprn)
            AND NOT EXISTS (SELECT FROM blpu b WHERE b.council = :council AND b.uprn = s.parent_uprn)""",
    ),
)  # fmt: skip
CHECK_DEPTH = text("""
    WITH RECURSIVE up (line, uprn, above, depth) AS (
        SELECT s.line, s.uprn, s.parent_uprn, 1 FROM in_blpu s
        WHERE s.change <> 'D' AND s.parent_uprn IS NOT NULL
        UNION ALL
        SELECT up.line, up.uprn, b.parent_uprn, up.depth + 1
        FROM up JOIN blpu b ON b.council = :council AND b.uprn = up.above
        WHERE up.depth <= :deepest AND b.parent_uprn IS NOT NULL)
    SELECT line, 'parent_uprn' AS name, uprn::text AS value,
        'lies within itself, or more than ' || :deepest || ' deep' AS reason
    FROM up WHERE depth > :deepest ORDER BY line LIMIT 10000""")
