"""Create properties, each with a UPRN of its own, at an address that is free."""

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


async def create_property(session: Session, context: ChangeContext, new_property: NewProperty) -> Row[Any]:
    """Create the property. Return it as ``store.properties.get_json``.

    Raises Problem 400 for impossible values, 409 when its address or UPRN is taken or no UPRN is left.
    """
    await lock_exclusive(session, context.council)
    street = await lock_open_street(session, context.council, new_property.usrn)
    check_classification(new_property.classification)
    await _check_address(session, context.council, new_property)
    uprn = new_property.uprn or (await number_ranges.allocate(session, context.council, "uprn", 1))[0]
    if new_property.parent_uprn is not None:
        await check_parent(
            session, context.council, uprn, new_property.parent_uprn, new_property.logical_status
        )
    parts = new_property.model_dump(include={*_PARTS, "usrn", "locality", "post_town"})
    parts["locality"] = new_property.locality or street.locality
    parts["post_town"] = new_property.post_town or street.town
    keys = await keys_store.next_keys(session, context.council, 1)
    new_rows = property_rows(context, uprn, keys, 0, {**new_property.model_dump(), **parts})
    if not await insert.insert_property(session, new_rows):
        detail = f"UPRN {uprn} is or was another property's. A UPRN is never used again."
        raise conflict("uprn-used", detail)
    await record(session, context, CREATED, {uprn: None})
    return await properties.get_json(session, context.council, uprn)


async def _check_address(session: Session, council: str, new_property: NewProperty) -> None:
    parts = new_property.model_dump(include=set(_PARTS))
    if not any(parts.values()):
        raise invalid("body.building_number", "is missing, as are names: a property is called something")
    occupant = await insert.find_same_address(session, council, new_property.usrn, parts)
    if occupant is not None:
        raise conflict("address-taken", f"Property {occupant} stands at this address already.")


async def insert_properties(
    session: Session, context: ChangeContext, fields_of_each: Sequence[dict[str, Any]]
) -> None:
    """Write new properties, the fields of each with a free ``uprn``. The caller records the change.

    Raises Problem 400 for an impossible building number.
    """
    keys = await keys_store.next_keys(session, context.council, len(fields_of_each))
    new_rows = [
        property_rows(context, fields["uprn"], keys, nth, fields) for nth, fields in enumerate(fields_of_each)
    ]
    await insert.insert_properties(session, new_rows)


def property_rows(
    context: ChangeContext, uprn: int, keys: keys_store.RecordKeys, nth: int, fields: dict[str, Any]
) -> PropertyRows:
    """Make the rows of a new property. ``nth``: its place among those that share ``keys``.

    Raises Problem 400 for an impossible building number.
    """
    key = {"council": context.council, "uprn": uprn, **insert.new_record_dates(context.today)}
    status = fields["logical_status"]
    blpu = {
        **key,
        **{
            name: fields.get(name)
            for name in ("state", "classification", "parent_uprn", "easting", "northing")
        },
        "logical_status": status,
        "state_date": context.today if fields.get("state") is not None else None,
        "postcode": fields["postcode"],
        "custodian": keys.custodian,
        "country": keys.country,
        "postal": POSTAL,
        "version": 1,
    }
    lpi = {
        **key,
        "lpi_key": keys.key("L", nth),
        "language": lifecycle.ENGLISH,
        "logical_status": status,
        **lpi_columns(fields),
    }
    organisation = fields.get("organisation")
    organisations = (
        [{**key, "org_key": keys.key("O", nth), "organisation": organisation}] if organisation else []
    )
    return PropertyRows([blpu], [lpi], organisations)
