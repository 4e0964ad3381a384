"""Enter one property: with a UPRN of its own for ever, at an address that is free."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from address.changes.actions.change_log import CREATED, ChangeContext, lock_exclusive, record
from address.number_ranges import actions as number_ranges
from address.properties.actions.checks import (
    check_classification,
    check_parent,
    lock_open_street,
)
from address.properties.actions.properties import lpi_columns
from address.properties.schemas.properties import NewProperty
from address.properties.store import insert, properties
from address.properties.store import keys as keys_store
from address.properties.store.insert import PropertyRows
from address.shared import lifecycle
from chassis.database import Session
from chassis.problems import conflict, invalid

_PARTS = ("organisation", "sub_building", "building_name", "building_number")
POSTAL = "L"  # postal, as the local authority knows it: Royal Mail does not yet


async def create_property(session: Session, act: ChangeContext, asked: NewProperty) -> Row[Any]:
    """Enter the property; answers it as ``store.own`` does.

    Raises Problem 400 for what it cannot be, 409 when its address or UPRN is somebody's, or none is left.
    """
    await lock_exclusive(session, act.council)
    street = await lock_open_street(session, act.council, asked.usrn)
    check_classification(asked.classification)
    await _check_address(session, act.council, asked)
    uprn = asked.uprn or (await number_ranges.allocate(session, act.council, "uprn", 1))[0]
    if asked.parent_uprn is not None:
        await check_parent(session, act.council, uprn, asked.parent_uprn, asked.logical_status)
    parts = asked.model_dump(include={*_PARTS, "usrn", "locality", "post_town"})
    parts["locality"] = asked.locality or street.locality
    parts["post_town"] = asked.post_town or street.town
    keys = await keys_store.next_keys(session, act.council, 1)
    entered = property_rows(act, uprn, keys, 0, {**asked.model_dump(), **parts})
    if not await insert.insert_property(session, entered):
        detail = f"UPRN {uprn} is or was another property's. A UPRN is never used again."
        raise conflict("uprn-used", detail)
    await record(session, act, CREATED, {uprn: None})
    return await properties.get_json(session, act.council, uprn)


async def _check_address(session: Session, council: str, asked: NewProperty) -> None:
    parts = asked.model_dump(include=set(_PARTS))
    if not any(parts.values()):
        raise invalid("body.building_number", "is missing, as are names: a property is called something")
    same = await insert.find_same_address(session, council, asked.usrn, parts)
    if same is not None:
        raise conflict("address-taken", f"Property {same} stands at this address already.")


async def insert_properties(session: Session, act: ChangeContext, listed: Sequence[dict[str, Any]]) -> None:
    """Write properties, each of its fields with a ``uprn`` that is free. Records no change.

    Raises Problem 400 for a building number that is none.
    """
    keys = await keys_store.next_keys(session, act.council, len(listed))
    entered = [property_rows(act, fields["uprn"], keys, nth, fields) for nth, fields in enumerate(listed)]
    await insert.insert_properties(session, entered)


def property_rows(
    act: ChangeContext, uprn: int, keys: keys_store.RecordKeys, nth: int, given: dict[str, Any]
) -> PropertyRows:
    """The rows of a new property; ``nth`` is its number among those that get their keys together.

    Raises Problem 400 for a building number that is none.
    """
    of = {"council": act.council, "uprn": uprn, **insert.new_record_dates(act.today)}
    status = given["logical_status"]
    blpu = {
        **of,
        **{
            name: given.get(name)
            for name in ("state", "classification", "parent_uprn", "easting", "northing")
        },
        "logical_status": status,
        "state_date": act.today if given.get("state") is not None else None,
        "postcode": given["postcode"],
        "custodian": keys.custodian,
        "country": keys.country,
        "postal": POSTAL,
        "version": 1,
    }
    lpi = {
        **of,
        "lpi_key": keys.key("L", nth),
        "language": lifecycle.ENGLISH,
        "logical_status": status,
        **lpi_columns(given),
    }
    organisation = given.get("organisation")
    named = [{**of, "org_key": keys.key("O", nth), "organisation": organisation}] if organisation else []
    return PropertyRows([blpu], [lpi], named)
