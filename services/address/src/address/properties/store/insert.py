"""Insert new properties; lock their street and find one at the same address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, insert, text
from sqlalchemy.dialects.postgresql import insert as insert_new

from address.properties import tables
from chassis.database import Session

_ONE_BLPU = insert_new(tables.blpu).on_conflict_do_nothing()
_BLPUS, _LPIS, _ORGANISATIONS = insert(tables.blpu), insert(tables.lpi), insert(tables.organisation)
# The lock on a street: closing it waits for the transactions that put properties on it.
_STREET = text("""SELECT s.state, d.description, d.locality, d.town FROM street s
    JOIN street_descriptor d ON d.council = s.council AND d.usrn = s.usrn AND d.language = :language
    WHERE s.council = :council AND s.usrn = :usrn FOR SHARE OF s""")
_FIND_SAME = text("""SELECT p.uprn FROM place p
    WHERE p.council = :council AND p.usrn = :usrn AND p.logical_status IN (1, 6) AND p.lpi_status <> 8
        AND (upper(p.organisation), upper(p.sub_building), upper(p.building_name), upper(p.building_number))
            IS NOT DISTINCT FROM (upper(CAST(:organisation AS text)), upper(CAST(:sub_building AS text)),
                upper(CAST(:building_name AS text)), upper(CAST(:building_number AS text)))
    ORDER BY p.uprn LIMIT 1""")


@dataclass(frozen=True, slots=True)
class PropertyRows:
    """Rows of the gazetteer's own tables for new properties."""

    blpus: list[dict[str, Any]]
    lpis: list[dict[str, Any]]
    organisations: list[dict[str, Any]]


def new_record_dates(today: date) -> dict[str, Any]:
    """Return the dates of a record that begins today."""
    return {"start_date": today, "end_date": None, "entry_date": today, "last_update": today}


async def lock_street(session: Session, council: str, usrn: int, language: str) -> Row[Any] | None:
    """Lock a street open. Return its ``state`` and name in a language, or None without such a name."""
    return await session.first(_STREET, {"council": council, "usrn": usrn, "language": language})


async def find_same_address(session: Session, council: str, usrn: int, parts: dict[str, Any]) -> int | None:
    """Find a live property on the street at exactly this address; None when it is free."""
    uprn: int | None = await session.scalar(_FIND_SAME, {"council": council, "usrn": usrn, **parts})
    return uprn


async def insert_property(session: Session, new_rows: PropertyRows) -> bool:
    """Insert one property. Return False when its UPRN is or was in use."""
    if not await session.execute(_ONE_BLPU, new_rows.blpus[0]):
        return False
    await _insert_addresses(session, new_rows)
    return True


async def insert_properties(session: Session, new_rows: Sequence[PropertyRows]) -> None:
    """Insert properties whose UPRNs are known to be free."""
    together = PropertyRows(
        [row for new_row in new_rows for row in new_row.blpus],
        [row for new_row in new_rows for row in new_row.lpis],
        [row for new_row in new_rows for row in new_row.organisations],
    )
    await session.execute(_BLPUS, together.blpus)
    await _insert_addresses(session, together)


async def _insert_addresses(session: Session, new_rows: PropertyRows) -> None:
    await session.execute(_LPIS, new_rows.lpis)
    if new_rows.organisations:
        await session.execute(_ORGANISATIONS, new_rows.organisations)
