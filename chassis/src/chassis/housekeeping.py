"""What every service purges of the tables that all have."""

from sqlalchemy import bindparam, func

from chassis import idempotency, revocations, tables
from chassis.batches import delete_batch
from chassis.database import Session
from chassis.jobs import Every, Purge, dead_jobs
from chassis.messages import store as messages
from chassis.rates import shared as rate_limits

_HOURLY = Every(3600)
_SOON = Every(300)  # strangers can add such rows, so they do not stay for long
# Longer than the streams keep events, so that an event delivered again is always recognised.
_INBOX_DAYS = 32
_PURGE_INBOX = delete_batch(
    tables.inbox, tables.inbox.c.received_at < func.now() - func.make_interval(0, 0, 0, bindparam("days"))
)


async def purge_inbox(session: Session, most: int) -> int:
    """Delete a batch of the rows of events processed 32 days ago."""
    return await session.execute(_PURGE_INBOX, {"days": _INBOX_DAYS, "most": most})


PURGES = (
    Purge("platform.purge_idempotency", _HOURLY, idempotency.purge),
    Purge("platform.purge_revocations", _HOURLY, revocations.purge),
    Purge("platform.purge_inbox", _HOURLY, purge_inbox),
    Purge("platform.purge_messages", Every(300), messages.purge),
    Purge("platform.purge_dead_jobs", _HOURLY, dead_jobs.purge),
    Purge("platform.purge_rate_limits", _SOON, rate_limits.purge, most=5_000),
)
