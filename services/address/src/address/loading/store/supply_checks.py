"""Loading AddressBase and DTF: what no record shows alone. Each check answers line, name, value, reason."""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from sqlalchemy import TextClause, text

from address.loading.store.supply_staging import OF_A_PROPERTY

_GIVEN = "s.change <> 'D'"


def _fault(column: str, value: str, reason: str, found: str) -> TextClause:
    return text(f"""SELECT s.line, '{column}' AS name, {value} AS value, {reason} AS reason
        FROM {found} ORDER BY s.line LIMIT 10000""")


# Before anything is written.
RETIRED = _fault(
    "logical_status", "s.uprn::text", "'was retired, and a UPRN is never used again'",
    f"""in_blpu s JOIN blpu b ON b.council = :council AND b.uprn = s.uprn
        WHERE {_GIVEN} AND b.logical_status = 8 AND s.logical_status <> 8""",
)  # fmt: skip
WITHIN_ITSELF = _fault(
    "parent_uprn", "s.uprn::text", "'lies within itself'",
    f"in_blpu s WHERE {_GIVEN} AND s.parent_uprn = s.uprn",
)  # fmt: skip
CLASSES = tuple(
    _fault(
        "classification", "s.classification", "'is not in the AddressBase code list'",
        f"{table} s WHERE {_GIVEN} AND s.classification <> ALL (CAST(:codes AS text[]))",
    )
    for table in ("in_class", "in_blpu")
)  # fmt: skip

# When all is written: then each asks the gazetteer's own tables.
_PROPERTY = "NOT EXISTS (SELECT FROM blpu b WHERE b.council = :council AND b.uprn = s.uprn)"
_EVERY_CHILD = " UNION ALL ".join(f"SELECT line, change, uprn FROM {table}" for table in OF_A_PROPERTY)
WRITTEN = (
    _fault(
        "uprn", "s.uprn::text", "'is neither in the file nor in the gazetteer'",
        f"({_EVERY_CHILD}) s WHERE {_GIVEN} AND {_PROPERTY}",
    ),
    _fault(
        "usrn", "s.usrn::text", "'is a street without a name in ' || s.language || ' or ENG'",
        f"""in_lpi s WHERE {_GIVEN} AND NOT EXISTS (SELECT FROM street_descriptor d
            WHERE d.council = :council AND d.usrn = s.usrn AND d.language IN (s.language, 'ENG'))""",
    ),
    _fault(
        "usrn", "s.usrn::text", "'has no descriptor (record 15)'",
        f"""in_street s WHERE {_GIVEN} AND NOT EXISTS (
            SELECT FROM street_descriptor d WHERE d.council = :council AND d.usrn = s.usrn)""",
    ),
    _fault(
        "usrn", "s.usrn::text", "'is no street (record 11) of the file or the gazetteer'",
        f"""in_descriptor s WHERE {_GIVEN} AND NOT EXISTS (
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
        f"""in_blpu s WHERE {_GIVEN} AND NOT EXISTS (
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
        f"""in_blpu s WHERE {_GIVEN} AND s.parent_uprn IS NOT NULL
            AND NOT EXISTS (SELECT FROM elsewhere e WHERE e.uprn = s.parent_uprn)
            AND NOT EXISTS (SELECT FROM blpu b WHERE b.council = :council AND b.uprn = s.parent_uprn)""",
    ),
)  # fmt: skip
TOO_DEEP = text("""
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
