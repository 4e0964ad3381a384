"""The history of an account: kept for the person, and for security."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import ReadSession, Session
from identity.grants.store import history as store

_NEWEST = UUID(int=2**128 - 1)


async def record_event(
    session: Session,
    account: UUID,
    kind: str,
    at: datetime,
    *,
    device: str = "",
    council: str | None = None,
    about: str = "",
) -> None:
    """Record an event: ``kind`` is a key of the texts in ``self_service.routes.history``, never a value.

    ``about``: a service's name, a mandate's theme. It and ``device`` are deleted with the account.
    """
    values = {"account": account, "id": ids.new(), "what": kind, "at": at}
    await store.add(session, {**values, "device": device, "council": council, "about": about})


async def list_page(
    session: ReadSession, account: UUID, before: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List events, the newest first: ``what``, ``at``, ``device``, ``council``, ``about``."""
    return await store.list_page(session, account, before or _NEWEST, fetch)


async def anonymise(session: Session, account: UUID) -> None:
    """Delete what the history of a closed account says of devices and services; the bare events stay."""
    await store.anonymise(session, account)
