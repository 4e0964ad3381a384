"""Read and write developments and the properties numbered in each."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, text

from address.developments import tables
from address.read_model.store import address_json
from address.read_model.store.as_of import places_as_of
from chassis.database import ReadSession, Session

_INSERT, _INSERT_PLOTS = insert(tables.development), insert(tables.development_plot)
_GET = text("SELECT * FROM development WHERE council = :council AND id = :id")
_LOCK = text("SELECT version FROM development WHERE council = :council AND id = :id FOR UPDATE")
_LIST = text("""SELECT d.*, (SELECT count(*) FROM development_plot p
        WHERE p.council = d.council AND p.development_id = d.id) AS properties
    FROM development d WHERE d.council = :council AND d.id < coalesce(CAST(:before AS uuid),
        'ffffffff-ffff-ffff-ffff-ffffffffffff') ORDER BY d.id DESC LIMIT :limit""")
_PLOTS = """SELECT d.plot, d.uprn::text AS uprn, p.parent_uprn::text AS parent_uprn, p.logical_status,
        {line} AS address
    FROM development_plot d JOIN LATERAL (
        SELECT * FROM {places} p WHERE p.council = d.council AND p.uprn = d.uprn
        ORDER BY p.delivery DESC, p.lpi_status, p.lpi_key LIMIT 1) p ON true
    WHERE d.council = :council AND d.development_id = :id ORDER BY d.uprn"""
_LIST_PLOTS = text(_PLOTS.format(line=address_json.DISPLAY_LINE, places="place"))
_LIST_PLOTS_AS_OF = text(
    _PLOTS.format(line=address_json.DISPLAY_LINE, places=places_as_of("CAST(:day AS date)"))
)
_LIST_BUILDINGS = text("""SELECT DISTINCT p.building_number AS number, p.building_name AS name FROM place p
    WHERE p.council = :council AND p.usrn = :usrn AND p.logical_status IN (1, 6) AND p.lpi_status <> 8
        AND (p.building_number IS NOT NULL OR p.building_name IS NOT NULL)""")
_LOCK_PROVISIONAL = text("""SELECT b.uprn FROM development_plot d
    JOIN blpu b ON b.council = d.council AND b.uprn = d.uprn AND b.logical_status = 6
    WHERE d.council = :council AND d.development_id = :id ORDER BY b.uprn FOR UPDATE OF b""")
_SET_APPROVED = text("""UPDATE development
    SET version = version + 1, approved_at = coalesce(approved_at, now())
    WHERE council = :council AND id = :id""")


async def insert_development(
    session: Session, development: Mapping[str, Any], plots: Sequence[Mapping[str, Any]]
) -> None:
    """Write a development and its plots."""
    await session.execute(_INSERT, development)
    await session.execute(_INSERT_PLOTS, plots)


async def get_development(session: ReadSession, council: str, development: UUID) -> Row[Any] | None:
    return await session.first(_GET, {"council": council, "id": development})


async def lock(session: Session, council: str, development: UUID) -> int | None:
    """Lock the development. Return its version, or None when it does not exist."""
    version: int | None = await session.scalar(_LOCK, {"council": council, "id": development})
    return version


async def list_developments(
    session: ReadSession, council: str, before: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """List developments, the latest first, with the number of their ``properties``."""
    return await session.all(_LIST, {"council": council, "before": before, "limit": limit})


async def list_plots(
    session: ReadSession, council: str, development: UUID, day: date | None = None
) -> Sequence[Row[Any]]:
    """List its plots with their properties, now or on a day."""
    params = {"council": council, "id": development}
    return (
        await session.all(_LIST_PLOTS, params)
        if day is None
        else await session.all(_LIST_PLOTS_AS_OF, {**params, "day": day})
    )


async def list_buildings(session: Session, council: str, usrn: int) -> Sequence[Row[Any]]:
    """List the ``number`` and ``name`` of the live buildings on a street, in any language."""
    return await session.all(_LIST_BUILDINGS, {"council": council, "usrn": usrn})


async def lock_provisional(session: Session, council: str, development: UUID) -> list[int]:
    """Lock and list its properties that are still provisional."""
    return [row.uprn for row in await session.all(_LOCK_PROVISIONAL, {"council": council, "id": development})]


async def set_approved(session: Session, council: str, development: UUID) -> None:
    """Mark it as approved and increment its version."""
    await session.execute(_SET_APPROVED, {"council": council, "id": development})
