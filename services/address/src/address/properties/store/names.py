"""Read and write the addresses (LPIs) of one property: its own, alternatives, other languages."""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import asyncpg
from sqlalchemy import Row, bindparam, insert, text, update

from address.properties import tables
from address.read_model.store import address_json, read_model
from address.read_model.store.as_of import places_as_of
from chassis.database import Session

_FIELDS = f"""p.lpi_key AS key, p.language, p.lpi_status AS logical_status, p.delivery AS post,
    {address_json.DISPLAY_LINE} AS address, p.sub_building, p.building_name, p.building_number, p.street,
    p.usrn::text AS usrn, p.locality, p.post_town, p.valid_from"""
_JSON = f"""
    SELECT json_build_object('uprn', $2::bigint::text, 'version', max(version), 'items',
        json_agg(item ORDER BY delivery DESC, lpi_status, language, key))::text AS body,
        max(version) AS version
    FROM (SELECT p.version, p.delivery, p.lpi_status, p.language, p.lpi_key AS key,
            (SELECT row_to_json(n) FROM (SELECT {_FIELDS}) n) AS item
        FROM {{places}} p WHERE p.council = $1 AND p.uprn = $2) p
    HAVING count(*) > 0"""
_GET = _JSON.format(places="place")
_GET_AS_OF = _JSON.format(places=places_as_of("$3::date"))
_GET_IN_TRANSACTION = text(_GET.replace("$1", ":council").replace("$2", "CAST(:uprn AS bigint)"))
_LIST_BY_PROPERTY = text(f"""
    SELECT l.lpi_key, l.language, l.logical_status, {read_model.unit_sql("l")} AS sub_building,
        l.pao_text AS building_name, {read_model.number_sql("l", "pao")} AS building_number, l.usrn,
        l.locality, l.post_town
    FROM lpi l WHERE l.council = :council AND l.uprn = :uprn ORDER BY l.lpi_key""")
_INSERT = insert(tables.lpi)
_UPDATE = update(tables.lpi).where(
    tables.lpi.c.council == bindparam("of_council"),
    tables.lpi.c.uprn == bindparam("of_uprn"),
    tables.lpi.c.lpi_key == bindparam("of_key"),
)


async def get_json(pool: asyncpg.Pool, council: str, uprn: int, day: date | None) -> asyncpg.Record | None:
    """Read all addresses of a property, now or on a day: ``version`` and ``body`` (JSON text)."""
    if day is None:
        return await pool.fetchrow(_GET, council, uprn)
    return await pool.fetchrow(_GET_AS_OF, council, uprn, day)


async def get_json_in_transaction(session: Session, council: str, uprn: int) -> str:
    """Read all addresses of a property within a transaction, as JSON text."""
    row = await session.first(_GET_IN_TRANSACTION, {"council": council, "uprn": uprn})
    if row is None:
        raise LookupError(f"{council}/{uprn} has no address")
    body: str = row.body
    return body


async def list_by_property(session: Session, council: str, uprn: int) -> Sequence[Row[Any]]:
    """List the property's LPIs with the fields the API shows."""
    return await session.all(_LIST_BY_PROPERTY, {"council": council, "uprn": uprn})


async def insert_lpi(session: Session, lpi: Mapping[str, Any]) -> None:
    """Write a new LPI."""
    await session.execute(_INSERT, lpi)


async def update_lpi(session: Session, council: str, uprn: int, key: str, columns: Mapping[str, Any]) -> None:
    """Update columns of an LPI."""
    await session.execute(_UPDATE, {"of_council": council, "of_uprn": uprn, "of_key": key, **columns})
