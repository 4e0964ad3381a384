"""The queue of clients that must be told that a session has ended."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from chassis.database import Session
from identity.grants.store import logout_notices as store


async def claim_due(
    session: Session, now: datetime, most: int, delay: Callable[[int], timedelta]
) -> Sequence[Row[Any]]:
    """Lock the notices that are due, and postpone each by ``delay(attempts)``.

    They are postponed before they are sent, so that a worker that dies in between repeats them.
    """
    rows = await store.lock_due(session, now, most)
    for row in rows:
        await store.postpone(session, row.council, row.id, now + delay(row.attempts))
    return rows


async def delete_notice(session: Session, notice: Row[Any]) -> None:
    """Delete a notice: the client has taken it, or was told often enough."""
    await store.delete_notice(session, notice.council, notice.id)
