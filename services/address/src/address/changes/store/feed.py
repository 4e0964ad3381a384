"""Read all changes of a council in the order of their commits."""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text

from address.shared.horizon import horizon_of
from chassis.database import ReadSession

# Only changes of transactions that no running one can precede, so that a page read is complete for good.
# Both histories have an index in this order.
_PAGE = """(SELECT xact, position, at, kind, version, changes, {columns} FROM {table} h
    WHERE council = :council AND (xact, position) > (CAST(CAST(:xact AS text) AS xid8), :position)
        AND xact < (SELECT horizon FROM ended)
    ORDER BY xact, position LIMIT :limit)"""
# The value of a field at a version: that before the first later change, or else the current one.
_FIRST_AFTER = "(array_agg(n.changes -> '{0}' -> 0 ORDER BY n.version) FILTER (WHERE n.changes ? '{0}'))[1]"


def _fields_at_version(table: str, key: str, fields: Sequence[str], name: str) -> str:
    columns = ", ".join(f"{_FIRST_AFTER.format(field)} AS {field}" for field in fields)
    return f"""LEFT JOIN LATERAL (SELECT {columns} FROM {table} n
        WHERE n.council = :council AND n.{key} = c.{key} AND n.version > c.version) {name}
        ON c.{key} IS NOT NULL"""


_PROPERTY = ("easting", "northing", "postcode", "logical_status", "classification")
_STREET = ("description", "locality", "town")


def _data(key: str, row: str, fields: Sequence[str], later: str) -> str:
    values = ", ".join(f"'{name}', coalesce({later}.{name}, to_jsonb({row}.{name}))" for name in fields)
    return f"jsonb_build_object('{key}', c.{key}::text, {values})"


_FEED = text(f"""
    WITH ended AS MATERIALIZED (SELECT {horizon_of(":council")} AS horizon),
    c AS (
        SELECT * FROM (
            {_PAGE.format(columns="uprn, NULL::integer AS usrn", table="history")}
            UNION ALL
            {_PAGE.format(columns="NULL::bigint AS uprn, usrn", table="street_history")}) c
        ORDER BY xact, position LIMIT :limit)
    SELECT c.xact::text::bigint AS xact, c.position, c.at, c.kind, c.version, c.changes,
        coalesce(c.uprn, c.usrn)::text AS subject, c.uprn IS NOT NULL AS of_property,
        CASE WHEN c.uprn IS NULL THEN {_data("usrn", "d", _STREET, "street")}
            ELSE {_data("uprn", "b", _PROPERTY, "later")} END AS data,
        CASE WHEN c.kind = 'retired' AND c.uprn IS NOT NULL AND NOT coalesce(c.changes ? 'successors', false)
            THEN ARRAY(SELECT DISTINCT s.successor::text FROM successor s
                WHERE s.council = :council AND s.uprn = c.uprn AND s.end_date IS NULL
                ORDER BY s.successor::text) END AS successors
    FROM c
        LEFT JOIN blpu b ON b.council = :council AND b.uprn = c.uprn
        LEFT JOIN street_descriptor d
            ON d.council = :council AND d.usrn = c.usrn AND d.language = 'ENG'
        {_fields_at_version("history", "uprn", _PROPERTY, "later")}
        {_fields_at_version("street_history", "usrn", _STREET, "street")}
    ORDER BY c.xact, c.position""")
# The next transaction to begin, and the last that wrote anything of this council.
_END = text("""SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next,
    greatest((SELECT xact FROM history WHERE council = :council ORDER BY xact DESC, position DESC LIMIT 1),
        (SELECT xact FROM street_history WHERE council = :council ORDER BY xact DESC, position DESC LIMIT 1)
    )::text::bigint AS last""")


async def list_after(
    session: ReadSession, council: str, xact: int, position: int, limit: int
) -> Sequence[Row[Any]]:
    """List the changes after a position of the feed, each with the data of its event."""
    params = {"council": council, "xact": str(xact), "position": position, "limit": limit}
    return await session.all(_FEED, params)


async def get_end(session: ReadSession, council: str) -> Row[Any]:
    """Read transaction numbers: ``next`` to begin, and ``last`` that wrote."""
    row = await session.first(_END, {"council": council})
    assert row is not None  # noqa: S101 - a select without FROM always answers a row
    return row
