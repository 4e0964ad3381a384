"""The days that take no posting any more."""

from datetime import date

from chassis.database import ReadSession, Session
from payments.ledger.store import closed_days as store


async def lock_imports(session: Session, council: str, mode: str) -> None:
    """Let nobody else import, match or close for the council and mode until this transaction ends."""
    await store.lock_imports(session, council, mode)


async def find_last_day(session: ReadSession, council: str, mode: str) -> date | None:
    """Find the last day that is closed, and with it all days before."""
    return await store.find_last_day(session, council, mode)


async def find_first_posted(session: ReadSession, council: str, mode: str) -> date | None:
    """Find the first day that anything was posted for."""
    return await store.find_first_posted(session, council, mode)


async def lock_days(session: Session, council: str, mode: str, first: date, day: date) -> None:
    """Wait for the postings of these days that are on their way, and let no other begin."""
    await store.lock_days(session, council, mode, first, day)
