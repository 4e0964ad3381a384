"""Tell properties and streets again, for services that missed events; see ``chassis.resync``."""

from itertools import groupby
from typing import Any

from sqlalchemy import TextClause

from address.loading.store import announcements
from chassis import outbox
from chassis.database import Session
from chassis.resync import Page

_PAGE = 5_000
_NONE_YET = ("", 0)


async def add_properties(session: Session, after: Any) -> Page:
    """Add an event of each property after a council and a UPRN."""
    statements = announcements.LOCK_PROPERTIES, announcements.INSERT_PROPERTY_SNAPSHOTS
    return await _add_page(session, after, *statements)


async def add_streets(session: Session, after: Any) -> Page:
    """Add an event of each street after a council and a USRN."""
    return await _add_page(session, after, announcements.LOCK_STREETS, announcements.INSERT_STREET_SNAPSHOTS)


async def _add_page(session: Session, after: Any, lock: TextClause, insert: TextClause) -> Page:
    council, number = after or _NONE_YET
    rows = await session.all(lock, {"council": council, "number": number, "most": _PAGE})
    for owner, group in groupby(rows, key=lambda row: str(row.council)):
        numbers = [row.number for row in group]
        span = {"first": numbers[0], "last": numbers[-1]}
        await outbox.add_from_rows(session, insert, council=owner, bulk=True, **span)
    return Page(len(rows), tuple(rows[-1]) if len(rows) == _PAGE else None)
