"""Lock, read and update one property and the address it is shown by."""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, text, update

from address.properties import tables
from address.read_model.store import address_json
from chassis.database import Session

_LOCK = text("""SELECT version, logical_status, parent_uprn FROM blpu
    WHERE council = :council AND uprn = :uprn FOR UPDATE""")
_PRIMARY_FIRST = "ORDER BY p.delivery DESC, p.lpi_status, p.lpi_key LIMIT 1"
_GET_FIELDS = text(f"""
    SELECT p.lpi_key, p.version, p.logical_status, p.state, p.classification, p.parent_uprn,
        p.easting, p.northing, p.postcode, p.usrn, p.organisation, p.sub_building, p.building_name,
        p.building_number, p.locality, p.post_town
    FROM place p WHERE p.council = :council AND p.uprn = :uprn {_PRIMARY_FIRST}""")
_GET_JSON = text(f"""SELECT p.version, {address_json.PROPERTY_JSON} AS body FROM place p
    WHERE p.council = :council AND p.uprn = :uprn {_PRIMARY_FIRST}""")
_LIST_ANCESTORS = text("""
    WITH RECURSIVE up (uprn, above, depth) AS (
        SELECT uprn, parent_uprn, 1 FROM blpu WHERE council = :council AND uprn = :uprn
        UNION ALL
        SELECT b.uprn, b.parent_uprn, up.depth + 1
        FROM up JOIN blpu b ON b.council = :council AND b.uprn = up.above WHERE up.depth <= :deepest)
    SELECT uprn FROM up ORDER BY depth""")
# An update sets the columns named by its parameters.
_BLPU = (
    update(tables.blpu)
    .where(tables.blpu.c.council == bindparam("of_council"), tables.blpu.c.uprn == bindparam("of_uprn"))
    .values(version=tables.blpu.c.version + 1, updated_at=func.now())
)
_LPI = update(tables.lpi).where(
    tables.lpi.c.council == bindparam("of_council"),
    tables.lpi.c.uprn == bindparam("of_uprn"),
    tables.lpi.c.lpi_key == bindparam("of_lpi"),
)
_NO_ORGANISATION = text("DELETE FROM organisation WHERE council = :council AND uprn = :uprn")
_ORGANISATION = insert(tables.organisation)


@dataclass(frozen=True, slots=True)
class AddressKey:
    """The address of a property that is changed, and the day."""

    council: str
    uprn: int
    lpi_key: str
    today: date


async def lock(session: Session, council: str, uprn: int) -> Row[Any] | None:
    """Lock the property. Return its ``version``, ``logical_status`` and ``parent_uprn``, or None."""
    return await session.first(_LOCK, {"council": council, "uprn": uprn})


async def get_fields(session: Session, council: str, uprn: int) -> Row[Any]:
    """Read the property's fields as the API names them, with its postal address or else its first."""
    row = await session.first(_GET_FIELDS, {"council": council, "uprn": uprn})
    if row is None:
        raise LookupError(f"{council}/{uprn} has no address")
    return row


async def list_ancestors(session: Session, council: str, uprn: int, deepest: int) -> list[int]:
    """List the property, its parent and so on, at most ``deepest`` levels up; empty without the property."""
    rows = await session.all(_LIST_ANCESTORS, {"council": council, "uprn": uprn, "deepest": deepest})
    return [row.uprn for row in rows]


async def update_property(
    session: Session, key: AddressKey, blpu: Mapping[str, Any], lpi: Mapping[str, Any]
) -> None:
    """Update columns of the property and of its address, and increment its version."""
    key_columns = {"of_council": key.council, "of_uprn": key.uprn}
    await session.execute(_BLPU, {**key_columns, **blpu, "last_update": key.today})
    await session.execute(_LPI, {**key_columns, "of_lpi": key.lpi_key, **lpi, "last_update": key.today})


async def set_organisation(session: Session, key: AddressKey, organisation: str | None) -> None:
    """Set the organisation at the property, or none."""
    await session.execute(_NO_ORGANISATION, {"council": key.council, "uprn": key.uprn})
    if organisation is not None:
        dates = dict.fromkeys(("start_date", "entry_date", "last_update"), key.today)
        organisation_key = {
            "council": key.council,
            "uprn": key.uprn,
            "org_key": key.lpi_key.replace("L", "O", 1),
        }
        await session.execute(_ORGANISATION, {**organisation_key, "organisation": organisation, **dates})


async def get_json(session: Session, council: str, uprn: int) -> Row[Any]:
    """Read the property as the API shows it: ``version`` and ``body`` (JSON text)."""
    row = await session.first(_GET_JSON, {"council": council, "uprn": uprn})
    if row is None:
        raise LookupError(f"{council}/{uprn} has no address")
    return row
