"""The page of sent messages, on a laptop only: where the setting `mail` or `texts` is `sent-messages`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from chassis.auth import public
from chassis.database import Reading
from chassis.ids import Id
from chassis.problems import not_found
from identity.messages.actions import sent_messages
from identity.shared.dependencies import pages


async def _require_laptop(request: Request) -> None:
    if not sent_messages.list_local_channels(request.app.state.settings):
        raise not_found("page of sent messages here")


router = APIRouter(prefix="/identity/sent-messages", tags=["laptop"], dependencies=[Depends(_require_laptop)])


@router.get("", response_class=Response)
async def list_sent_messages(_: Annotated[None, public], request: Request, session: Reading) -> Response:
    """Show the newest emails and text messages that would have been sent. 404 unless this is a laptop."""
    messages = await sent_messages.list_newest(session, request.app.state.settings)
    return pages.render(request, "sent-messages.html", messages=messages)


@router.get("/{message}", response_class=Response)
async def read_sent_message(
    _: Annotated[None, public], request: Request, session: Reading, message: Id
) -> Response:
    """Show one email or text message as its reader would see it. 404 unless this is a laptop."""
    sent_message = await sent_messages.get(session, request.app.state.settings, message)
    if sent_message is None:
        raise not_found("such message")
    return pages.render(request, "sent-message.html", message=sent_message)
