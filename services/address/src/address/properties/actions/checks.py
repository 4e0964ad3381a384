"""Lock what a change of a property relies on, and check what the change says of it."""

from typing import Any

from sqlalchemy import Row

from address.properties.store import insert, properties, retirement
from address.shared import codelists, codes, lifecycle
from chassis.database import Session
from chassis.problems import invalid, not_found


async def lock_property(session: Session, council: str, uprn: int) -> Row[Any]:
    """Lock the property: its ``version``, ``logical_status``, ``parent_uprn``. Raise Problem 404."""
    locked = await properties.lock(session, council, uprn)
    if locked is None:
        raise not_found(f"property {uprn}")
    return locked


def check_classification(code: str) -> None:
    """Raise Problem 400 when the code is not in the AddressBase list."""
    if code not in codelists.classifications():
        raise invalid("body.classification", "is not in the AddressBase code list")


async def lock_open_street(session: Session, council: str, usrn: int, field: str = "usrn") -> Row[Any]:
    """Lock the street open until the transaction ends. Raise Problem 400 when it is absent or closed."""
    street = await insert.lock_street(session, council, usrn, lifecycle.ENGLISH)
    if street is None:
        raise invalid(f"body.{field}", "is no street of this gazetteer")
    if street.state == codes.CLOSED:
        raise invalid(f"body.{field}", "is a street that is closed for good")
    return street


async def check_parent(session: Session, council: str, uprn: int, parent: int, status: int) -> None:
    """Raise Problem 400 when a property of this status cannot lie within the parent."""
    ancestors = await properties.list_ancestors(session, council, parent, lifecycle.MAX_DEPTH)
    fault = lifecycle.parent_chain_fault(uprn, ancestors)
    if fault is None:
        statuses = await retirement.lock(session, council, [parent])
        fault = lifecycle.parent_status_fault(status, statuses[parent])
    if fault is not None:
        raise invalid("body.parent_uprn", fault)
