"""What changing a record of the calendars has in common: a live credential, room, the audit."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table

from casework.calendar.store import records as store
from casework.calendar.tables import admission_authority, closure
from chassis import audit, clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import Problem, conflict, not_found

MAX_RECORDS = 500
_NOUNS = {closure: "closure", admission_authority: "admission authority"}


def check_live(caller: Caller) -> None:
    """Check that a credential may change calendars. Raises Problem 403.

    Live cases and those of the sandbox have the same calendars: a test must not move a real deadline.
    """
    if caller.mode != "live":
        detail = "Calendars are changed with a live credential only: live cases use them too."
        raise Problem(403, "mode-not-held", detail)


def stamp(caller: Caller) -> dict[str, Any]:
    """Give the columns that say who changed a record, and when."""
    return {"updated_by": caller.subject, "updated_at": clock.now()}


async def add(
    session: Session, table: Table, council: str, caller: Caller, values: dict[str, Any]
) -> Row[Any]:
    """Add a record. Raises Problem 403, 409."""
    check_live(caller)
    await store.lock_calendars(session, council)
    if await store.count_records(session, table, council) >= MAX_RECORDS:
        detail = f"A council may have {MAX_RECORDS} of the kind {_NOUNS[table]}."
        raise conflict("too-many-records", detail)
    record = ids.new()
    await store.insert_record(session, table, council, {**values, "id": record, **stamp(caller)})
    await audit_change(
        session, council, caller, "added", f"casework.{table.name}", ids.show(record), {}, values
    )
    return await get(session, table, council, record)


async def get(session: ReadSession, table: Table, council: str, record: UUID) -> Row[Any]:
    """Get a record. Raises Problem 404."""
    row = await store.get_record(session, table, council, record)
    if row is None:
        raise not_found(f"{_NOUNS[table]} with this id")
    return row


async def change(
    session: Session,
    table: Table,
    council: str,
    record: UUID,
    caller: Caller,
    precondition: Precondition,
    values: dict[str, Any],
) -> Row[Any]:
    """Change a record. Raises Problem 403, 404, 412."""
    before = await _lock(session, table, council, record, caller, precondition)
    await store.update_record(session, table, council, record, {**values, **stamp(caller)})
    kind = f"casework.{table.name}"
    await audit_change(session, council, caller, "changed", kind, ids.show(record), before._asdict(), values)
    return await get(session, table, council, record)


async def remove(
    session: Session, table: Table, council: str, record: UUID, caller: Caller, precondition: Precondition
) -> None:
    """Remove a record; the audit keeps what it was. Raises Problem 403, 404, 412."""
    row = await _lock(session, table, council, record, caller, precondition)
    await store.delete_record(session, table, council, record)
    before = {name: value for name, value in row._asdict().items() if name not in {"council", "id"}}
    kind = f"casework.{table.name}"
    await audit_change(
        session, council, caller, "removed", kind, ids.show(record), before, dict.fromkeys(before)
    )


async def _lock(
    session: Session, table: Table, council: str, record: UUID, caller: Caller, precondition: Precondition
) -> Row[Any]:
    check_live(caller)
    row = await store.get_locked(session, table, council, record)
    if row is None:
        raise not_found(f"{_NOUNS[table]} with this id")
    precondition.check(row.version, _NOUNS[table])
    return row


async def audit_change(
    session: Session,
    council: str,
    caller: Caller,
    act: str,
    kind: str,
    record: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Record in the audit what a change made of these columns."""
    same_columns = {name: _to_json(before.get(name)) for name in after}
    changes = audit.compare(same_columns, {name: _to_json(value) for name, value in after.items()})
    await audit.record(session, council, audit.by_staff(caller), act, kind, record, changes=changes)


def _to_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_to_json(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
