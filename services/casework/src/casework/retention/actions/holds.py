"""Legal holds: while one is in force, nothing that it covers is erased."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.cases.actions import cases, changes
from casework.retention.actions.access import check_manager
from casework.retention.schemas.holds import HoldView, NewHold
from casework.retention.store import holds as store
from chassis import audit, clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import conflict, not_found

_AGGREGATE = "casework.hold"


async def place(session: Session, council: str, caller: Caller, body: NewHold) -> HoldView:
    """Place a hold. What is just being erased is waited for. Raises Problem 403 or 404."""
    await check_manager(session, council, caller)
    await store.lock_holds(session, council)
    hold_id = ids.new()
    if body.case is not None:
        await _record_in_case(session, council, caller, body.case, hold_id, is_placed=True)
    row = {
        "council": council,
        "id": hold_id,
        "mode": caller.mode,
        "case_id": body.case,
        "person": body.person,
        "code": body.case_type,
        "reason": body.reason,
        "placed_by": caller.record(),
        "placed_at": clock.now(),
        "version": 1,
    }
    await store.insert_hold(session, row)
    await _audit(session, council, caller, "hold-placed", hold_id, [None, body.reason])
    return await get(session, council, caller, hold_id)


async def lift(
    session: Session, council: str, caller: Caller, hold_id: UUID, precondition: Precondition, reason: str
) -> HoldView:
    """Lift a hold: what is due is on the next list again. Raises Problem 403, 404, 409 or 412."""
    await check_manager(session, council, caller)
    await store.lock_holds(session, council)
    row = await store.lock_hold(session, council, caller.mode, hold_id)
    if row is None:
        raise not_found("hold")
    precondition.check(row.version, "hold")
    if row.lifted_at is not None:
        raise conflict("hold-lifted", "This hold was lifted already.")
    if row.case_id is not None:
        await _record_in_case(session, council, caller, row.case_id, hold_id, is_placed=False)
    values = {"lifted_by": caller.record(), "lifted_at": clock.now(), "lift_reason": reason}
    await store.lift_hold(session, council, hold_id, values)
    await _audit(session, council, caller, "hold-lifted", hold_id, [row.reason, reason])
    return await get(session, council, caller, hold_id)


async def get(session: ReadSession, council: str, caller: Caller, hold_id: UUID) -> HoldView:
    """Get a hold. Raises Problem 403 or 404."""
    await check_manager(session, council, caller)
    row = await store.find_hold(session, council, caller.mode, hold_id)
    if row is None:
        raise not_found("hold")
    return show(row)


async def list_holds(
    session: ReadSession, council: str, caller: Caller, after: UUID | None, fetch: int
) -> list[HoldView]:
    """List holds, the oldest first. Raises Problem 403."""
    await check_manager(session, council, caller)
    rows = await store.list_holds(session, council, caller.mode, after or UUID(int=0), fetch)
    return [show(row) for row in rows]


async def _record_in_case(
    session: Session, council: str, caller: Caller, case_id: UUID, hold_id: UUID, *, is_placed: bool
) -> None:
    """Record a hold in the history of its case, without the reason: the person may read that history."""
    row = await cases.lock_case(session, council, caller, case_id)
    pair = (None, "in force") if is_placed else ("in force", None)
    changed = {f"hold.{ids.show(hold_id)}": pair}
    act = "place" if is_placed else "lift"
    entry = changes.make_plain_entry(row, "hold", act, caller.record(), changed)
    await changes.record(session, row, entry)


async def _audit(
    session: Session, council: str, caller: Caller, act: str, hold_id: UUID, reasons: list[str | None]
) -> None:
    hold, personal = ids.show(hold_id), {"reason": reasons}
    await audit.record(session, council, audit.by_staff(caller), act, _AGGREGATE, hold, personal=personal)


def show(row: Row[Any]) -> HoldView:
    """Show a hold."""
    return HoldView(
        id=row.id,
        case=row.case_id,
        person=row.person,
        case_type=row.code,
        reason=row.reason,
        placed_by=row.placed_by["sub"],
        placed_at=row.placed_at,
        lifted_by=row.lifted_by["sub"] if row.lifted_by else None,
        lifted_at=row.lifted_at,
        lift_reason=row.lift_reason,
        version=row.version,
    )
