"""What is in suspense, and what was taken."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis.database import ReadSession, Session
from payments.ledger.store import takings as store

MAX_TAKINGS = 20_000  # rows of day, method and fund


async def list_suspense(
    session: ReadSession, council: str, mode: str, start: tuple[date, str] | None, fetch: int
) -> Sequence[Row[Any]]:
    """List what is in suspense, the oldest first, after an item: the day it was taken and its code."""
    day, code = start or (date.min, "")
    values = {"council": council, "mode": mode, "day": day, "code": code, "most": fetch}
    return await store.list_suspense(session, values)


async def lock_suspense(session: Session, council: str, mode: str, item: UUID) -> Row[Any] | None:
    """Lock an item in suspense and read its fund and what is left of it; None if there is no such item."""
    await store.lock_suspense(session, str(item))
    return await store.find_suspense(session, council, mode, str(item))


async def find_suspense(session: ReadSession, council: str, mode: str, item: UUID) -> Row[Any] | None:
    """Find an item in suspense."""
    return await store.find_suspense(session, council, mode, str(item))


async def list_takings(
    session: ReadSession, council: str, mode: str, first: date, last: date
) -> Sequence[Row[Any]]:
    """Sum what was taken on some days, by day, method and fund: gross and VAT. Refunds are taken off."""
    values = {"council": council, "mode": mode, "first": first, "last": last, "most": MAX_TAKINGS}
    return await store.list_takings(session, values)
