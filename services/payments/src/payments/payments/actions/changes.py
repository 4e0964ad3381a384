"""Change locked payments: to the next state, with all that goes along; or erase what is personal of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids, outbox
from chassis.database import ReadSession, Session
from chassis.events import EventData
from payments import events
from payments.payments.actions import webhooks
from payments.payments.rules.erasure import find_end
from payments.payments.rules.states import PUBLIC, Status, may_become
from payments.payments.store import erasure
from payments.payments.store import payments as store


class IllegalChangeError(Exception):
    """A payment cannot go from its state to the other one."""


async def lock(session: Session, council: str, payment_id: UUID) -> Row[Any]:
    """Lock a payment that exists. Raises LookupError."""
    row = await store.lock_payment(session, council, payment_id)
    if row is None:
        raise LookupError(f"no payment {ids.show(payment_id)}")
    return row


async def change(session: Session, row: Row[Any], status: Status, **values: Any) -> None:
    """Change the state of a locked payment, and other columns along. Raises IllegalChangeError.

    Writes the payment's history and publishes the event of the new state.
    """
    if not may_become(Status(row.status), status):
        raise IllegalChangeError(f"{row.status} to {status}")
    now, version = clock.now(), row.version + 1
    changed = {**values, "status": status, "version": version}
    await store.update_payment(session, row.council, row.id, changed)
    await record(session, row.council, row.id, status, version, now)
    event = make_event(row, status)
    if event is not None:
        subject = ids.show(row.id)
        await outbox.add(session, event, council=row.council, subject=subject, sequence=version)
    await webhooks.send_change(session, row, status)


async def block_refunds(session: Session, row: Row[Any], *, is_blocked: bool) -> None:
    """Refuse refunds of a locked payment, or allow them again."""
    await store.update_payment(session, row.council, row.id, {"refunds_blocked": is_blocked})


async def record(
    session: Session, council: str, payment_id: UUID, status: Status, version: int, at: datetime
) -> None:
    """Write a state into the payment's history."""
    await store.insert_event(session, council, payment_id, {"n": version, "status": status, "at": at})


def make_event(row: Row[Any] | Any, status: Status) -> EventData | None:
    """Make the event of a payment that comes into a state; None if nobody outside needs it."""
    members = describe(row)
    if status is Status.CREATED:
        return events.PaymentCreated(**members)
    if status in {Status.CAPTURABLE, Status.CAPTURING}:
        # A capturable payment succeeded when the payer confirmed it; its capture is no second success.
        return None if row.status == Status.CAPTURABLE else events.PaymentSucceeded(**members)
    if status is Status.EXPIRED:
        return events.PaymentExpired(**members)
    if status is Status.CANCELLED_BY_SERVICE:
        return events.PaymentCancelled(**members)
    if status in {Status.DECLINED, Status.ERROR, Status.CANCELLED_BY_USER}:
        return events.PaymentFailed(**members, code=PUBLIC[status].code)
    return None


def describe(row: Row[Any] | Any) -> Mapping[str, Any]:
    """Return the members that every event of a payment has."""
    return {
        "payment": row.id,
        "mode": row.mode,
        "reference": row.reference,
        "amount": row.amount,
        "surcharge": row.surcharge,
        "metadata": row.metadata or {},
    }


async def list_councils(session: ReadSession) -> Sequence[str]:
    """List all councils, those that are no more too: what is personal of theirs is erased as well."""
    return await erasure.list_councils(session)


async def list_councils_to_erase(session: ReadSession, today: date) -> Sequence[str]:
    """List the councils with payments of which something is to be erased."""
    return await erasure.list_councils_with_due(session, today)


async def lock_to_erase(
    session: Session, council: str, today: date, after: tuple[date, UUID], most: int
) -> Sequence[Row[Any]]:
    """Lock payments of which something is to be erased, in the order of ``erase_on`` and id."""
    return await erasure.lock_due(session, council, today, after, most)


async def erase(session: Session, council: str, rows: Sequence[Row[Any]]) -> None:
    """Erase of locked payments what is due: of a payment with a payer those, else its narratives."""
    payers = {row.id: find_end(row.created_at) for row in rows if row.erased_at is None}
    narratives = [row.id for row in rows if row.erased_at is not None]
    if payers:
        await erasure.erase_payers(session, council, payers, clock.now())
    if narratives:
        await erasure.erase_narratives(session, council, narratives)
