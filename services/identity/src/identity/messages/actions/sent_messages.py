"""Messages that a laptop shows on a page instead of sending them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import ReadSession
from identity.messages import store
from identity.messages.actions.templates import EMAIL, SMS, render
from identity.settings import Settings

_PAGE = 100


@dataclass(frozen=True, slots=True)
class SentMessage:
    """An e-mail or an SMS as its reader would get it; an SMS has no subject."""

    id: str
    channel: str
    to: str
    language: str
    subject: str
    body: str
    created_at: datetime


def list_local_channels(settings: Settings) -> list[str]:
    """List the channels whose messages are shown here instead of sent."""
    transports = {EMAIL: settings.mail, SMS: settings.texts}
    return [channel for channel, transport in transports.items() if transport == "sent-messages"]


async def list_newest(session: ReadSession, settings: Settings) -> list[SentMessage]:
    """List up to 100 messages that have not expired, newest first."""
    now, channels = clock.now(), list_local_channels(settings)
    rows = await store.list_newest(session, _PAGE, channels)
    return [_render(row) for row in rows if row.expires_at > now]


async def get(session: ReadSession, settings: Settings, message_id: UUID) -> SentMessage | None:
    """Get one message, expired or not."""
    row = await store.get(session, message_id, list_local_channels(settings))
    return _render(row) if row is not None else None


def _render(row: Row[Any]) -> SentMessage:
    message = render(row.template, row.language, row.personalisation, row.channel)
    return SentMessage(
        ids.show(row.id),
        row.channel,
        row.address,
        row.language,
        message.subject,
        message.body,
        row.created_at,
    )
