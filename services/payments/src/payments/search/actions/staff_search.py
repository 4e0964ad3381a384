"""What staff see of payments, of all accounts of their mode."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import ReadSession, Session
from chassis.problems import not_found
from chassis.webhooks import store as webhooks
from payments.payments.actions import changes, payments
from payments.search.store import staff_search

_ID_LENGTH = 26
Start = tuple[datetime, UUID]
"""After which payment a page begins: when it was created, and its id."""
_NEWEST: Start = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
_MAX_DELIVERIES = 100


class Timeline(NamedTuple):
    """A payment and all that happened to it."""

    payment: Row[Any]
    lines: Sequence[Row[Any]]
    events: Sequence[Row[Any]]
    deliveries: Sequence[Row[Any]]


async def search(
    session: ReadSession, council: str, mode: str, words: str, start: Start | None, fetch: int
) -> Sequence[Row[Any]]:
    """Search by exactly a payment's id, e-mail address or reference; the latest payments without words."""
    created_at, last = start or _NEWEST
    values = {"council": council, "mode": mode, "created_at": created_at, "start": last, "most": fetch}
    if not words:
        return await staff_search.list_latest(session, values)
    values["text"] = words
    if "@" in words:
        return await staff_search.list_by_email(session, values)
    payment_id = _read_id(words)
    row = await payments.find(session, council, payment_id) if payment_id else None
    if row is not None and row.mode == mode:
        return [row] if start is None else []
    return await staff_search.list_by_reference(session, values)


async def get(session: ReadSession, council: str, mode: str, payment_id: UUID) -> Row[Any]:
    """Get a payment with its payer. Raises Problem 404, also for one of the other mode."""
    row = await find(session, council, mode, payment_id)
    if row is None:
        raise not_found("payment")
    return row


async def find(session: ReadSession, council: str, mode: str, payment_id: UUID) -> Row[Any] | None:
    """Find a payment of a mode with its payer."""
    row = await payments.find(session, council, payment_id)
    return row if row is not None and row.mode == mode else None


async def read_timeline(session: ReadSession, council: str, mode: str, payment_id: UUID) -> Timeline:
    """Read what happened to a payment, with four statements. Raises Problem 404."""
    row = await get(session, council, mode, payment_id)
    return Timeline(
        row,
        await payments.list_lines(session, council, payment_id),
        await payments.list_events(session, council, payment_id),
        await webhooks.list_by_resource(session, council, ids.show(payment_id), _MAX_DELIVERIES),
    )


async def lock(session: Session, council: str, mode: str, payment_id: UUID) -> Row[Any]:
    """Lock a payment, and read its payer with it. Raises Problem 404."""
    await get(session, council, mode, payment_id)
    await changes.lock(session, council, payment_id)
    return await get(session, council, mode, payment_id)


def _read_id(words: str) -> UUID | None:
    try:
        return ids.read(words.lower()) if len(words) == _ID_LENGTH else None
    except ValueError:
        return None
