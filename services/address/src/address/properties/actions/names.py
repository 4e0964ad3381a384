"""What else a property is called: alternative names, and its address in Welsh or Gaelic."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from address.changes.actions.change_log import ChangeContext, check_version, lock_exclusive, record_dependent
from address.properties.actions.checks import lock_property
from address.properties.actions.properties import lpi_columns
from address.properties.schemas.names import NameChange, NewName
from address.properties.store import insert, names, properties
from address.properties.store import keys as keys_store
from address.shared import codes, lifecycle
from chassis.database import Session
from chassis.problems import conflict, invalid, not_found

MAX_NAMES = 20  # names of one property that stand
_PARTS = ("sub_building", "building_name", "building_number", "usrn", "locality", "post_town")


async def add_name(session: Session, act: ChangeContext, uprn: int, asked: NewName, seen: set[int]) -> str:
    """Give the property another address; answers the key of it.

    Raises Problem 404, 412, 409 when it cannot have it, 400 for what an address cannot be.
    """
    status = await _lock(session, act, uprn, seen)
    known = await names.list_by_property(session, act.council, uprn)
    _check_status(asked, status, known)
    own = await properties.get_fields(session, act.council, uprn)
    given = {**asked.model_dump(), "usrn": asked.usrn or own.usrn}
    street = await _lock_named_street(session, act.council, given["usrn"], asked.language)
    if asked.language == lifecycle.ENGLISH:
        given["locality"] = asked.locality or own.locality
        given["post_town"] = asked.post_town or own.post_town
    else:
        given["locality"] = asked.locality or street.locality
        given["post_town"] = asked.post_town or street.town
    _check_parts(given, known)
    key = (await keys_store.next_keys(session, act.council, 1)).key("L", 0)
    of = {"council": act.council, "uprn": uprn, "lpi_key": key, **insert.new_record_dates(act.today)}
    columns = {"language": asked.language, "logical_status": asked.logical_status, **lpi_columns(given)}
    await names.insert_lpi(session, {**of, **columns})
    await _record(session, act, uprn, None, {"key": key, **_history_fields(given, asked.logical_status)})
    return key


async def change_name(
    session: Session, act: ChangeContext, uprn: int, key: str, asked: NameChange, seen: set[int]
) -> None:
    """Change a name, or end it. The property's address for post is changed with the property.

    Raises Problem 404, 412, 409 and 400 as ``add`` does.
    """
    await _lock(session, act, uprn, seen)
    known = await names.list_by_property(session, act.council, uprn)
    one = next((row for row in known if row.lpi_key == key), None)
    if one is None:
        raise not_found(f"name {key} of property {uprn}")
    own = await properties.get_fields(session, act.council, uprn)
    if own.lpi_key == key:
        raise conflict(
            "own-address", "This is the property's own address: change it with the property itself."
        )
    if one.logical_status == lifecycle.HISTORIC:
        raise conflict("status-not-possible", "This name has ended. Add it anew.")
    before = dict(one._mapping)  # noqa: SLF001
    after = {**before, **asked.given()}
    if after == before:
        return
    if after["logical_status"] != lifecycle.HISTORIC:
        await _lock_named_street(session, act.council, after["usrn"], one.language)
        _check_parts(after, [row for row in known if row.lpi_key != key])
    ended = {"end_date": act.today} if after["logical_status"] == lifecycle.HISTORIC else {}
    columns = {**lpi_columns(after), "logical_status": after["logical_status"], "last_update": act.today}
    await names.update_lpi(session, act.council, uprn, key, {**columns, **ended})
    told = [{"key": key, **_history_fields(fields, fields["logical_status"])} for fields in (before, after)]
    await _record(session, act, uprn, *told)


async def _lock(session: Session, act: ChangeContext, uprn: int, seen: set[int]) -> int:
    """The property's logical status; nobody changes it meanwhile, nor renames its street."""
    await lock_exclusive(session, act.council)
    now = await lock_property(session, act.council, uprn)
    check_version(seen, now.version, "property")
    status: int = now.logical_status
    return status


def _check_status(asked: NewName, status: int, known: Sequence[Row[Any]]) -> None:
    standing = [(row.language, row.logical_status) for row in known]
    if fault := lifecycle.name_fault(asked.language, asked.logical_status, status, standing):
        raise conflict("name-not-possible", f"{fault[0].upper()}{fault[1:]}.")
    if sum(status != lifecycle.HISTORIC for _, status in standing) >= MAX_NAMES:
        raise conflict("name-not-possible", f"The property has {MAX_NAMES} names already: end one first.")


async def _lock_named_street(session: Session, council: str, usrn: int, language: str) -> Row[Any]:
    street = await insert.lock_street(session, council, usrn, language)
    if street is None:
        message = f"is no street with a name in {language}: give the street one first"
        raise invalid("body.usrn", message)
    if street.state == codes.CLOSED:
        raise invalid("body.usrn", "is a street that is closed for good")
    return street


def _check_parts(given: dict[str, Any], known: Sequence[Row[Any]]) -> None:
    if not any(given[name] for name in ("sub_building", "building_name", "building_number")):
        raise invalid("body.building_name", "is missing, as are the others: a property is called something")
    said = _comparable(given)
    for row in known:
        if row.logical_status != lifecycle.HISTORIC and _comparable(row._mapping) == said:  # noqa: SLF001
            raise conflict("name-taken", f"The property has this address already, as {row.lpi_key}.")


def _comparable(fields: Any) -> tuple[str, ...]:
    return (fields["language"], *(str(fields[name] or "").upper() for name in _PARTS))


def _history_fields(fields: dict[str, Any], status: int) -> dict[str, Any]:
    return {"language": fields["language"], "logical_status": status, **{n: fields[n] for n in _PARTS}}


async def _record(session: Session, act: ChangeContext, uprn: int, before: Any, after: Any) -> None:
    await record_dependent(session, act, {uprn: {"names": [before, after]}})
