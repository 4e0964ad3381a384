"""Letters that a laptop keeps instead of sending, for whoever sits there."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import ReadSession
from identity.actions.mail.texts import write
from identity.store import mail as store

_MOST = 100


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter in the outbox."""

    id: str
    to: str
    language: str
    subject: str
    body: str
    at: datetime


async def newest(session: ReadSession) -> list[Kept]:
    """The newest letters, newest first."""
    now = datetime.now(UTC)
    return [_kept(row) for row in await store.newest(session, _MOST) if row.expires_at > now]


async def one(session: ReadSession, letter: UUID) -> Kept | None:
    row = await store.one(session, letter)
    return _kept(row) if row is not None else None


def _kept(row: Row[Any]) -> Kept:
    letter = write(row.template, row.language, row.personalisation)
    return Kept(ids.show(row.id), row.address, row.language, letter.subject, letter.body, row.created_at)
