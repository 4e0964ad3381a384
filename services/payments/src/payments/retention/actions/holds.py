"""Legal holds: while a payment has one, nothing of it is erased."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import audit, clock, ids
from chassis.audit import by_staff
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import Problem, invalid, not_found
from payments.payments.actions import changes, payments
from payments.retention.schemas import Hold
from payments.retention.store import holds as store
from payments.shared.card_numbers import has_card_number

_AGGREGATE = "payments.payment"
_ERASED = "What was personal of this payment is erased already: there is nothing to hold."


async def place(session: Session, council: str, caller: Caller, payment_id: UUID, reason: str) -> Hold:
    """Place a hold, or give it another reason. Raises Problem 404, 409, 422."""
    if has_card_number(reason):
        raise invalid("body.reason", "has a card number in it, which we must not store; leave it out")
    row = await _lock(session, council, caller, payment_id)
    if row.erase_on is None:
        raise Problem(409, "payment-erased", _ERASED)
    before = await store.find_hold(session, council, payment_id)
    if before is not None and before.reason == reason:
        return _show(before)
    values = {"reason": reason, "placed_by": caller.record(), "placed_at": clock.now()}
    await store.replace_hold(session, {"council": council, "payment": payment_id, **values})
    await _record(session, council, caller, payment_id, "hold-placed", [before and before.reason, reason])
    return await read(session, council, caller, payment_id)


async def lift(session: Session, council: str, caller: Caller, payment_id: UUID) -> None:
    """Lift a hold; what is due is erased in the next night. Raises Problem 404."""
    await _lock(session, council, caller, payment_id)
    before = await store.find_hold(session, council, payment_id)
    if before is None:
        raise not_found("hold of this payment")
    await store.delete_hold(session, council, payment_id)
    await _record(session, council, caller, payment_id, "hold-lifted", [before.reason, None])


async def read(session: ReadSession, council: str, caller: Caller, payment_id: UUID) -> Hold:
    """Read the hold of a payment of the caller's mode. Raises Problem 404."""
    await _get(session, council, caller, payment_id)
    row = await store.find_hold(session, council, payment_id)
    if row is None:
        raise not_found("hold of this payment")
    return _show(row)


async def _get(session: ReadSession, council: str, caller: Caller, payment_id: UUID) -> Row[Any]:
    row = await payments.find(session, council, payment_id)
    if row is None or row.mode != caller.mode:
        raise not_found("payment")
    return row


async def _lock(session: Session, council: str, caller: Caller, payment_id: UUID) -> Row[Any]:
    """Lock a payment, so that it is not being erased at the same time. Raises Problem 404."""
    await _get(session, council, caller, payment_id)
    return await changes.lock(session, council, payment_id)


async def _record(
    session: Session, council: str, caller: Caller, payment_id: UUID, act: str, reasons: list[str | None]
) -> None:
    payment, personal = ids.show(payment_id), {"reason": reasons}
    await audit.record(session, council, by_staff(caller), act, _AGGREGATE, payment, personal=personal)


def _show(row: Row[Any]) -> Hold:
    return Hold(payment=row.payment, reason=row.reason, placed_at=row.placed_at)
