"""What happened to an account: kept for the person, and for whoever must look into it."""

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
    what: str,
    at: datetime,
    *,
    device: str = "",
    council: str | None = None,
    about: str = "",
) -> None:
    """Keep ``what`` happened: a key of a text in ``routes.history``, no value and no person.

    ``about``: a service's name, a mandate's theme. It and ``device`` are forgotten with the account.
    """
    values = {"account": account, "id": ids.new(), "what": what, "at": at}
    await store.add(session, {**values, "device": device, "council": council, "about": about})


async def list_page(
    session: ReadSession, account: UUID, before: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """What happened, the newest first: ``what``, ``at``, ``device``, ``council``, ``about``."""
    return await store.list_page(session, account, before or _NEWEST, fetch)


async def anonymise(session: Session, account: UUID) -> None:
    """The account is closed: its bare facts stay."""
    await store.anonymise(session, account)
