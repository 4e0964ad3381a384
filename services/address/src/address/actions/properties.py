"""Change a property: checked against the rules, kept in the history, told to everybody else."""

import json
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from address.events import PropertyChanged
from address.rules import lifecycle, numbering
from address.schemas.addresses import AddressChange
from address.store import codelists, properties
from address.store.properties import Key
from chassis import outbox
from chassis.auth import Caller
from chassis.database import Session
from chassis.problems import FieldError, Problem, conflict, not_found

_NOT_FIELDS = {"lpi_key", "version", "group_id"}
_OF_BLPU = ("logical_status", "state", "classification", "parent_uprn", "easting", "northing", "postcode")
_OF_LPI = ("logical_status", "usrn", "locality", "post_town")


async def change(
    session: Session,
    council: str,
    uprn: int,
    asked: AddressChange,
    caller: Caller,
    today: date,
    seen: set[int],
) -> Row[Any]:
    """Change the property if its version is among those ``seen``; answers it as ``store.own`` does.

    Raises Problem 404, 412 (somebody else was faster), 409 (its life does not allow it) and 400.
    """
    version = await properties.lock(session, council, uprn)
    if version is None:
        raise not_found(f"property {uprn}")
    if version not in seen:
        detail = f"The property is at version {version} now. Read it again, then repeat the change."
        raise Problem(412, "stale-version", detail, headers={"ETag": f'"{version}"'})
    before = await properties.current(session, council, uprn)
    after = {**_fields(before), **_stored(asked.given())}
    changes = {name: [old, after[name]] for name, old in _fields(before).items() if old != after[name]}
    if changes:
        await _check(session, council, uprn, changes)
        await _write(session, Key(council, uprn, before.lpi_key, today), before, after, changes, caller)
    return await properties.own(session, council, uprn)


def _fields(row: Row[Any]) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name not in _NOT_FIELDS}  # noqa: SLF001


def _stored(given: dict[str, Any]) -> dict[str, Any]:
    """Metres to the centimetre, as the gazetteer keeps them."""
    return {
        name: Decimal(str(value)).quantize(Decimal("0.01")) if name in {"easting", "northing"} else value
        for name, value in given.items()
    }


async def _check(session: Session, council: str, uprn: int, changes: dict[str, list[Any]]) -> None:
    """Raises Problem 409 or 400 when the gazetteer cannot hold the changes."""
    if "logical_status" in changes and not lifecycle.may_become(*changes["logical_status"]):
        before, after = changes["logical_status"]
        detail = f"Logical status {before} cannot become {after}: a retired UPRN is never used again."
        raise conflict("status-not-possible", detail)
    if "classification" in changes and changes["classification"][1] not in codelists.classifications():
        raise _refused("classification", "is not in the AddressBase code list")
    if "usrn" in changes and not await properties.street_exists(session, council, changes["usrn"][1]):
        raise _refused("usrn", "is no street of this gazetteer")
    parent = changes.get("parent_uprn", [None, None])[1]
    if parent is not None:
        above = await properties.ancestors(session, council, parent, lifecycle.DEEPEST)
        if fault := lifecycle.parents_fault(uprn, above):
            raise _refused("parent_uprn", fault)


def _refused(field: str, message: str) -> Problem:
    error = FieldError(field=f"body.{field}", message=message, code="not_possible")
    return Problem(400, "invalid-request", f"{field} {message}.", errors=[error])


async def _write(
    session: Session,
    key: Key,
    before: Row[Any],
    after: dict[str, Any],
    changes: dict[str, list[Any]],
    caller: Caller,
) -> None:
    await properties.write(session, key, _blpu(after, changes, key.today), _lpi(after, key.today))
    if "organisation" in changes:
        await properties.name_organisation(session, key, after["organisation"])
    version = before.version + 1
    told = json.dumps(changes, default=float)
    await properties.remember(session, key.council, key.uprn, version, caller.subject, told)
    await properties.project(session, key.council, [key.uprn], [before.group_id])
    event = PropertyChanged(
        uprn=str(key.uprn),
        easting=float(after["easting"]),
        northing=float(after["northing"]),
        postcode=after["postcode"],
        logical_status=after["logical_status"],
        classification=after["classification"],
        changed=sorted(changes),
    )
    await outbox.add(session, event, council=key.council, subject=str(key.uprn), sequence=version)


def _blpu(after: dict[str, Any], changes: dict[str, list[Any]], today: date) -> dict[str, Any]:
    """The BLPU's columns."""
    dates = {"state_date": today} if "state" in changes else {}
    return {**{name: after[name] for name in _OF_BLPU}, **dates, **_end(after, today)}


def _lpi(after: dict[str, Any], today: date) -> dict[str, Any]:
    """The LPI's columns. Raises Problem 400 for a building number that is none."""
    try:
        building = numbering.read_building(after["building_name"], after["building_number"])
    except ValueError as error:
        raise _refused("building_number", str(error)) from error
    unit = numbering.read_unit(after["sub_building"])
    objects = {
        f"{kind}_{part}": value
        for kind, numbered in (("sao", unit), ("pao", building))
        for part, value in asdict(numbered).items()
    }
    return {**{name: after[name] for name in _OF_LPI}, **objects, **_end(after, today)}


def _end(after: dict[str, Any], today: date) -> dict[str, Any]:
    return {"end_date": today} if after["logical_status"] == lifecycle.HISTORIC else {}
