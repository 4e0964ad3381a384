"""Letters and texts that a laptop keeps instead of sending, for whoever sits there."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import ReadSession
from identity.messages import store
from identity.messages.actions.templates import EMAIL, TEXT, write
from identity.settings import Settings

_MOST = 100


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter, or a text message, in the outbox."""

    id: str
    channel: str
    to: str
    language: str
    subject: str
    body: str
    at: datetime


def channels(settings: Settings) -> list[str]:
    """What stays here instead of being sent."""
    ways = {EMAIL: settings.mail, TEXT: settings.texts}
    return [channel for channel, way in ways.items() if way == "outbox"]


async def newest(session: ReadSession, settings: Settings) -> list[Kept]:
    """The newest letters, newest first."""
    now, shown = datetime.now(UTC), channels(settings)
    return [_kept(row) for row in await store.newest(session, _MOST, shown) if row.expires_at > now]


async def one(session: ReadSession, settings: Settings, letter: UUID) -> Kept | None:
    row = await store.one(session, letter, channels(settings))
    return _kept(row) if row is not None else None


def _kept(row: Row[Any]) -> Kept:
    letter = write(row.template, row.language, row.personalisation, row.channel)
    shown = (row.address, row.language, letter.subject, letter.body, row.created_at)
    return Kept(ids.show(row.id), row.channel, *shown)
