"""Change a property: check the change, write it, record it in history and events."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from address.changes.actions.change_log import (
    CHANGED,
    RETIRED,
    ChangeContext,
    lock_exclusive,
    record,
)
from address.properties.actions import retirement as retirement_actions
from address.properties.actions.checks import (
    check_classification,
    check_parent,
    lock_open_street,
    lock_property,
)
from address.properties.schemas.properties import AddressChange
from address.properties.store import properties, retirement
from address.properties.store.properties import AddressKey
from address.shared import lifecycle, numbering
from chassis.auth import Caller
from chassis.database import Session
from chassis.etags import Precondition
from chassis.problems import invalid

_INTERNAL = {"lpi_key", "version"}
_BLPU_FIELDS = ("logical_status", "state", "classification", "parent_uprn", "easting", "northing", "postcode")
_LPI_FIELDS = ("usrn", "locality", "post_town")
# What touches more than the property's own rows: parents and children, streets, two postcodes.
_NEEDS_LOCK = {"parent_uprn", "logical_status", "usrn", "postcode"}
Changes = dict[str, list[Any]]


async def change_property(
    session: Session,
    council: str,
    uprn: int,
    change: AddressChange,
    caller: Caller,
    today: date,
    precondition: Precondition,
) -> Row[Any]:
    """Change the property if the precondition holds; as ``store.properties.get_json``.

    Raises Problem 404, 412 when somebody else was faster, 409 when its status forbids it, and 400.
    """
    requested = change.sent_fields()
    if requested.keys() & _NEEDS_LOCK:
        await lock_exclusive(session, council)
    locked = await lock_property(session, council, uprn)
    precondition.check(locked.version, "property")
    before = await properties.get_fields(session, council, uprn)
    after = {**_api_fields(before), **_to_stored(requested)}
    changes = {name: [old, after[name]] for name, old in _api_fields(before).items() if old != after[name]}
    if changes:
        await _check(session, council, uprn, after, changes)
        await _write(session, ChangeContext(council, caller, today), uprn, before, after, changes)
    return await properties.get_json(session, council, uprn)


def _api_fields(row: Row[Any]) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name not in _INTERNAL}  # noqa: SLF001


def _to_stored(fields: dict[str, Any]) -> dict[str, Any]:
    """Round metres to the centimetre, as the gazetteer stores them."""
    return {
        name: Decimal(str(value)).quantize(Decimal("0.01")) if name in {"easting", "northing"} else value
        for name, value in fields.items()
    }


async def _check(session: Session, council: str, uprn: int, after: dict[str, Any], changes: Changes) -> None:
    """Raise Problem 409 or 400 when the gazetteer cannot hold the changes."""
    if "logical_status" in changes:
        retirement_actions.check_status(*changes["logical_status"])
        if after["logical_status"] == lifecycle.HISTORIC:
            await retirement_actions.check_children(session, council, uprn, retire_too=False)
    if "classification" in changes:
        check_classification(after["classification"])
    if "usrn" in changes:
        await lock_open_street(session, council, after["usrn"])
    parent = after["parent_uprn"]
    if parent is not None and changes.keys() & {"parent_uprn", "logical_status"}:
        await check_parent(session, council, uprn, parent, after["logical_status"])


async def _write(
    session: Session,
    context: ChangeContext,
    uprn: int,
    before: Row[Any],
    after: dict[str, Any],
    changes: Changes,
) -> None:
    key = AddressKey(context.council, uprn, before.lpi_key, context.today)
    status = after["logical_status"]
    await properties.update_property(
        session, key, _blpu_columns(after, changes, context.today), lpi_columns(after)
    )
    if "organisation" in changes:
        await properties.set_organisation(session, key, after["organisation"])
    if "logical_status" in changes:
        statuses = lifecycle.address_statuses_after(status)
        await retirement.set_address_statuses(session, context.council, [uprn], statuses, context.today)
    retired = "logical_status" in changes and status == lifecycle.HISTORIC
    await record(session, context, RETIRED if retired else CHANGED, {uprn: changes})


def _blpu_columns(after: dict[str, Any], changes: Changes, today: date) -> dict[str, Any]:
    """Return the BLPU's columns."""
    dates = {"state_date": today} if "state" in changes else {}
    if after["logical_status"] == lifecycle.HISTORIC and "logical_status" in changes:
        dates["end_date"] = today
    return {**{name: after[name] for name in _BLPU_FIELDS}, **dates}


def lpi_columns(after: dict[str, Any]) -> dict[str, Any]:
    """Return the LPI's columns but its status. Raise Problem 400 for an impossible building number."""
    try:
        building = numbering.parse_building(after["building_name"], after["building_number"])
    except ValueError as error:
        raise invalid("body.building_number", str(error)) from error
    unit = numbering.parse_unit(after["sub_building"])
    objects = {
        f"{kind}_{part}": value
        for kind, numbered in (("sao", unit), ("pao", building))
        for part, value in asdict(numbered).items()
    }
    return {**{name: after[name] for name in _LPI_FIELDS}, **objects}
