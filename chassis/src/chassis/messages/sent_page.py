"""The page of sent messages, on a laptop only: where the setting `mail` or `texts` is `sent-messages`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Row

from chassis import clock, ids
from chassis.auth import public
from chassis.database import Session, Writing
from chassis.ids import Id
from chassis.messages import store
from chassis.messages.settings import MessageSettings
from chassis.messages.templates import Channel, Templates
from chassis.problems import not_found

_MOST = 100


@dataclass(frozen=True, slots=True)
class SentMessage:
    """An e-mail or an SMS as its reader would get it; an SMS has no subject."""

    id: str
    channel: Channel
    to: str
    template: str
    language: str
    personalisation: dict[str, str | list[str]]
    subject: str
    body: str
    created_at: datetime
    expires_at: datetime


async def list_messages_to(session: Session, templates: Templates, to: str) -> list[SentMessage]:
    """List the messages to an address or a number that are not deleted yet, oldest first: for tests."""
    await session.set_all_councils()
    return [_show(templates, row) for row in await store.list_to(session, to)]


def _show(templates: Templates, row: Row[Any]) -> SentMessage:
    channel = Channel(row.channel)
    message = templates.render(channel, row.template, row.language, row.personalisation)
    return SentMessage(
        ids.show(row.id),
        channel,
        row.recipient,
        row.template,
        row.language,
        row.personalisation,
        message.subject,
        message.body,
        row.created_at,
        row.expires_at,
    )


def _list_local_channels(request: Request) -> list[str]:
    """List the channels whose messages are shown here instead of sent. Raises Problem 404 for none."""
    settings: MessageSettings = request.app.state.settings
    ways = {Channel.EMAIL: settings.mail, Channel.SMS: settings.texts}
    channels: list[str] = [channel for channel, way in ways.items() if way == "sent-messages"]
    if not channels:
        raise not_found("page of sent messages here")
    return channels


_Channels = Annotated[list[str], Depends(_list_local_channels)]


def make_router(service: str) -> APIRouter:
    """Make the routes of a service's page of sent messages."""
    router = APIRouter(prefix=f"/{service}/sent-messages", tags=["laptop"])
    router.get("", response_class=Response)(list_sent_messages)
    router.get("/{message}", response_class=Response)(read_sent_message)
    return router


# The session is a transaction, since the council of one that only reads would stay with its connection.
async def list_sent_messages(
    _: Annotated[None, public], channels: _Channels, request: Request, session: Writing
) -> Response:
    """Show the newest emails and text messages that would have been sent. 404 unless this is a laptop."""
    service = request.app.state.service
    await session.set_all_councils()
    rows = await store.list_newest(session, clock.now(), _MOST, channels)
    messages = [_show(service.messages.templates, row) for row in rows]
    page: Response = service.pages.render(request, "sent-messages.html", messages=messages)
    return page


async def read_sent_message(
    _: Annotated[None, public], channels: _Channels, request: Request, session: Writing, message: Id
) -> Response:
    """Show one email or text message as its reader would see it. 404 unless this is a laptop."""
    service = request.app.state.service
    await session.set_all_councils()
    row = await store.get(session, message, channels)
    if row is None:
        raise not_found("such message")
    sent_message = _show(service.messages.templates, row)
    page: Response = service.pages.render(request, "sent-message.html", message=sent_message)
    return page
