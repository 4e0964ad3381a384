"""Add, change and end a property's other addresses: alternatives, and Welsh or Gaelic ones."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from address.changes.actions.change_log import ChangeContext, lock_exclusive, record_dependent
from address.properties.actions.checks import lock_property
from address.properties.actions.properties import lpi_columns
from address.properties.schemas.names import NameChange, NewName
from address.properties.store import insert, names, properties
from address.properties.store import keys as keys_store
from address.shared import codes, lifecycle
from chassis.database import Session
from chassis.etags import Precondition
from chassis.problems import conflict, invalid, not_found

MAX_NAMES = 20  # names of one property that stand
_PARTS = ("sub_building", "building_name", "building_number", "usrn", "locality", "post_town")


async def add_name(
    session: Session, context: ChangeContext, uprn: int, request: NewName, precondition: Precondition
) -> str:
    """Give the property another address. Return its LPI key.

    Raises Problem 404, 412, 409 when the property cannot have it, 400 for an impossible address.
    """
    status = await _lock(session, context, uprn, precondition)
    lpis = await names.list_by_property(session, context.council, uprn)
    _check_status(request, status, lpis)
    own_address = await properties.get_fields(session, context.council, uprn)
    address = {**request.model_dump(), "usrn": request.usrn or own_address.usrn}
    street = await _lock_named_street(session, context.council, address["usrn"], request.language)
    if request.language == lifecycle.ENGLISH:
        address["locality"] = request.locality or own_address.locality
        address["post_town"] = request.post_town or own_address.post_town
    else:
        address["locality"] = request.locality or street.locality
        address["post_town"] = request.post_town or street.town
    _check_parts(address, lpis)
    key = (await keys_store.next_keys(session, context.council, 1)).key("L", 0)
    key_columns = {
        "council": context.council,
        "uprn": uprn,
        "lpi_key": key,
        **insert.new_record_dates(context.today),
    }
    columns = {"language": request.language, "logical_status": request.logical_status, **lpi_columns(address)}
    await names.insert_lpi(session, {**key_columns, **columns})
    await _record(
        session, context, uprn, None, {"key": key, **_history_fields(address, request.logical_status)}
    )
    return key


async def change_name(
    session: Session,
    context: ChangeContext,
    uprn: int,
    key: str,
    request: NameChange,
    precondition: Precondition,
) -> None:
    """Change a name, or end it. The property's address for post is changed with the property.

    Raises Problem 404, 412, 409 and 400 as ``add_name``.
    """
    await _lock(session, context, uprn, precondition)
    lpis = await names.list_by_property(session, context.council, uprn)
    lpi = next((row for row in lpis if row.lpi_key == key), None)
    if lpi is None:
        raise not_found(f"name {key} of property {uprn}")
    own_address = await properties.get_fields(session, context.council, uprn)
    if own_address.lpi_key == key:
        raise conflict(
            "own-address", "This is the property's own address: change it with the property itself."
        )
    if lpi.logical_status == lifecycle.HISTORIC:
        raise conflict("status-not-possible", "This name has end. Add it anew.")
    before = dict(lpi._mapping)  # noqa: SLF001
    after = {**before, **request.sent_fields()}
    if after == before:
        return
    if after["logical_status"] != lifecycle.HISTORIC:
        await _lock_named_street(session, context.council, after["usrn"], lpi.language)
        _check_parts(after, [row for row in lpis if row.lpi_key != key])
    end = {"end_date": context.today} if after["logical_status"] == lifecycle.HISTORIC else {}
    columns = {**lpi_columns(after), "logical_status": after["logical_status"], "last_update": context.today}
    await names.update_lpi(session, context.council, uprn, key, {**columns, **end})
    entries = [
        {"key": key, **_history_fields(fields, fields["logical_status"])} for fields in (before, after)
    ]
    await _record(session, context, uprn, *entries)


async def _lock(session: Session, context: ChangeContext, uprn: int, precondition: Precondition) -> int:
    """Lock the property and its street's name. Return its logical status."""
    await lock_exclusive(session, context.council)
    locked = await lock_property(session, context.council, uprn)
    precondition.check(locked.version, "property")
    status: int = locked.logical_status
    return status


def _check_status(request: NewName, status: int, lpis: Sequence[Row[Any]]) -> None:
    addresses = [(row.language, row.logical_status) for row in lpis]
    if fault := lifecycle.name_fault(request.language, request.logical_status, status, addresses):
        raise conflict("name-not-possible", f"{fault[0].upper()}{fault[1:]}.")
    if sum(status != lifecycle.HISTORIC for _, status in addresses) >= MAX_NAMES:
        raise conflict("name-not-possible", f"The property has {MAX_NAMES} names already: end one first.")


async def _lock_named_street(session: Session, council: str, usrn: int, language: str) -> Row[Any]:
    street = await insert.lock_street(session, council, usrn, language)
    if street is None:
        message = f"is no street with a name in {language}: give the street one first"
        raise invalid("body.usrn", message)
    if street.state == codes.CLOSED:
        raise invalid("body.usrn", "is a street that is closed for good")
    return street


def _check_parts(address: dict[str, Any], lpis: Sequence[Row[Any]]) -> None:
    if not any(address[name] for name in ("sub_building", "building_name", "building_number")):
        raise invalid("body.building_name", "is missing, as are the others: a property is called something")
    comparable = _comparable(address)
    for row in lpis:
        if row.logical_status != lifecycle.HISTORIC and _comparable(row._mapping) == comparable:  # noqa: SLF001
            raise conflict("name-taken", f"The property has this address already, as {row.lpi_key}.")


def _comparable(fields: Any) -> tuple[str, ...]:
    return (fields["language"], *(str(fields[name] or "").upper() for name in _PARTS))


def _history_fields(fields: dict[str, Any], status: int) -> dict[str, Any]:
    return {"language": fields["language"], "logical_status": status, **{n: fields[n] for n in _PARTS}}


async def _record(session: Session, context: ChangeContext, uprn: int, before: Any, after: Any) -> None:
    await record_dependent(session, context, {uprn: {"names": [before, after]}})
