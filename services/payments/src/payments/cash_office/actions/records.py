"""Read, lock, add and change the records of counter takings, with an entry of the audit for each act."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table

from chassis import audit, clock, ids
from chassis.audit import by_staff
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import Problem, not_found
from chassis.web.sign_in import Staff
from payments.cash_office.store import records as store

_NOUNS = {"counter_office": "office", "counter_receipt": "receipt", "e_return_template": "template"}


def name_record(table: Table) -> str:
    """Name what a row of a table is."""
    return _NOUNS.get(table.name, table.name.replace("_", "-"))


def require_person(staff: Staff) -> None:
    """Require a person: a machine takes no money. Raises Problem 403."""
    if staff.subject == staff.caller.client_id or staff.caller.delegated:
        raise Problem(403, "person-needed", "Only a member of staff can do this, with a token of their own.")


async def get(session: ReadSession, table: Table, staff: Staff, record: UUID) -> Row[Any]:
    """Get a record of the person's council and mode. Raises Problem 404."""
    row = await store.get(session, table, staff.council, staff.mode, record)
    if row is None:
        raise not_found(name_record(table))
    return row


async def find(session: ReadSession, table: Table, staff: Staff, record: UUID) -> Row[Any] | None:
    """Find a record of the person's council and mode."""
    return await store.get(session, table, staff.council, staff.mode, record)


async def lock(
    session: Session, table: Table, staff: Staff, record: UUID, precondition: Precondition | None = None
) -> Row[Any]:
    """Lock a record until the transaction ends. Raises Problem 404, 412."""
    row = await store.lock(session, table, staff.council, staff.mode, record)
    if row is None:
        raise not_found(name_record(table))
    if precondition is not None:
        precondition.check(row.version, name_record(table))
    return row


async def add(session: Session, table: Table, staff: Staff, values: Mapping[str, Any]) -> bool:
    """Add a record; False if there is one that its keys exclude."""
    return await store.add(session, table, {"council": staff.council, "mode": staff.mode, **values})


async def change(session: Session, table: Table, staff: Staff, row: Row[Any], **values: Any) -> None:
    """Change a locked record, whose version rises."""
    stamped = {**values, **stamp(staff.caller, row.version + 1)}
    await store.change(session, table, staff.council, row.id, stamped)


async def change_plain(session: Session, table: Table, staff: Staff, row: Row[Any], **values: Any) -> None:
    """Change a locked record that has no version."""
    await store.change(session, table, staff.council, row.id, values)


async def list_page(
    session: ReadSession, table: Table, staff: Staff, start: UUID | None, fetch: int, **only: Any
) -> Sequence[Row[Any]]:
    """List records, the newest first; ``only``: those with these values."""
    return await store.list_newest(session, table, staff.council, staff.mode, only, start, fetch)


def stamp(caller: Caller, version: int = 1) -> dict[str, Any]:
    """Say who changes a record, and when."""
    return {"version": version, "updated_by": caller.subject, "updated_at": clock.now()}


async def record(
    session: Session,
    staff: Staff,
    act: str,
    table: Table,
    record_id: UUID,
    *,
    reason: str | None = None,
    note: str = "",
    **changes: Any,
) -> None:
    """Record an act in the audit; ``note``: words of staff, which can be erased."""
    await audit.record(
        session,
        staff.council,
        by_staff(staff.caller),
        act,
        f"payments.{table.name}",
        ids.show(record_id),
        changes={name: [None, value] for name, value in changes.items()},
        personal={"note": [None, note]} if note else None,
        reason=reason,
    )
