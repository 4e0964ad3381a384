"""What changing a record of any kind has in common."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Row, Table

from chassis import clock
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import Problem, conflict, not_found
from payments.funds.store import records as store
from payments.funds.tables import fund, payment_method, reference_rule, vat_code

MAX_RECORDS = 500
_NOUNS = {
    fund: "fund",
    reference_rule: "reference rule",
    vat_code: "VAT code",
    payment_method: "method of payment",
}


def check_live(caller: Caller) -> None:
    """Check that a credential may change finance data. Raises Problem 403.

    Live payments and those of the sandbox have the same funds, and a test must not change live money.
    """
    if caller.mode != "live":
        detail = "Finance data are changed with a live credential only: live payments use them too."
        raise Problem(403, "mode-not-held", detail)


async def begin_change(session: Session, council: str, caller: Caller) -> None:
    """Check the credential, and let nobody else change the council's finance data meanwhile."""
    check_live(caller)
    await store.lock_finance(session, council)


async def check_room(session: Session, table: Table, council: str, new: int = 1) -> None:
    """Check that a council may have so many more. Raises Problem 409."""
    if await store.count_records(session, table, council) + new > MAX_RECORDS:
        detail = f"A council may have {MAX_RECORDS} records of the kind {_NOUNS[table]}."
        raise conflict("too-many-records", detail)


async def check_name(session: Session, table: Table, council: str, column: str, name: str) -> None:
    """Check that no record has a code or name. Raises Problem 409."""
    if await store.list_page(session, table, council, name, None, 1):
        raise name_taken(table, column, name)


def name_taken(table: Table, column: str, name: str) -> Problem:
    """Make the 409 for a code or name that is taken."""
    detail = f"There is a {_NOUNS[table]} with the {column} {name}. Change that, or choose another {column}."
    return conflict(f"{column}-taken", detail)


async def get_row(session: ReadSession, table: Table, council: str, record: UUID) -> Row[Any]:
    """Get a record. Raises Problem 404."""
    row = await store.get_record(session, table, council, record)
    if row is None:
        raise not_found(f"{_NOUNS[table]} with this id")
    return row


async def lock_row(
    session: Session, table: Table, council: str, record: UUID, precondition: Precondition
) -> Row[Any]:
    """Get a record, locked, for a change. Raises Problem 404, 412."""
    row = await store.get_locked(session, table, council, record)
    if row is None:
        raise not_found(f"{_NOUNS[table]} with this id")
    precondition.check(row.version, _NOUNS[table])
    return row


async def update_row(
    session: Session, table: Table, council: str, row: Row[Any], caller: Caller, values: dict[str, Any]
) -> None:
    """Write these columns of a record anew; the others stay."""
    before = {
        name: value for name, value in row._asdict().items() if name not in {"council", "id", "version"}
    }
    await store.update_record(session, table, council, row.id, {**before, **values, **stamp(caller.subject)})


def stamp(subject: str) -> dict[str, Any]:
    """Give the columns that say who changed a record, and when."""
    return {"updated_by": subject, "updated_at": clock.now()}


def pick_changes(body: BaseModel, exclude: Iterable[str] = ()) -> dict[str, Any]:
    """Give the members that a change has."""
    return {name: getattr(body, name) for name in body.model_fields_set - set(exclude)}
