"""The laptop's outbox: what would have been sent. There only where the settings `mail` or `texts` say so."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from chassis.auth import public
from chassis.database import Reading
from chassis.ids import Id
from chassis.problems import not_found
from identity.messages.actions import sent_messages
from identity.shared.dependencies import pages


async def _laptop(request: Request) -> None:
    if not sent_messages.channels(request.app.state.settings):
        raise not_found("outbox here")


router = APIRouter(prefix="/identity/outbox", tags=["laptop"], dependencies=[Depends(_laptop)])


@router.get("", response_class=Response)
async def read_outbox(_: Annotated[None, public], request: Request, session: Reading) -> Response:
    """The newest letters and texts. 404 but on a laptop."""
    letters = await sent_messages.newest(session, request.app.state.settings)
    return pages.render(request, "outbox.html", letters=letters)


@router.get("/{letter}", response_class=Response)
async def read_letter(_: Annotated[None, public], request: Request, session: Reading, letter: Id) -> Response:
    """One letter as its reader would see it. 404 but on a laptop."""
    found = await sent_messages.one(session, request.app.state.settings, letter)
    if found is None:
        raise not_found("such letter")
    return pages.render(request, "letter.html", letter=found)
