"""Pages of the second step by text message."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Session, Writing
from chassis.problems import documents
from chassis.web import Form, SubmittedForm, form_body, say, see_other
from identity.accounts.routes import TheAuthContext
from identity.accounts.rules import factors
from identity.factors.actions import authentication, phones
from identity.factors.rules import phones as rules
from identity.sign_in.routes.code_entry import WRONG_CODE
from identity.sign_in.routes.interaction import (
    Interaction,
    TheClientContext,
    TheInteraction,
    go_on,
    show,
    too_often,
)
from identity.verification.actions import codes
from identity.verification.actions.context import AuthContext, ClientContext

router = APIRouter(prefix="/identity/sign-in/text", tags=["sign-in"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = documents(403, 404)
_STEP = "/identity/sign-in/text"
_RECOVERY = "/identity/sign-in/recovery"
NO_TEXT_CODE = say("Enter the code from the text message")


def not_yet(request: Request, auth: AuthContext, until: datetime) -> HTMLResponse:
    """The page for who has had as many texts as there may be: when there may be another."""
    return too_often(request, auth, until, "texts-wait.html")


@router.get("")
async def show_send_text(
    _: Anybody,
    request: Request,
    session: Writing,
    auth: TheAuthContext,
    client_context: TheClientContext,
    interaction: TheInteraction,
) -> Response:
    """Where the text is asked for: none goes before somebody presses a button."""
    found = await phones.to_sign_in(session, auth, client_context)
    if found is None:
        return see_other(interaction.at("/identity/sign-in"))
    if auth.settings.texts == "none":
        return see_other(interaction.at(_RECOVERY))
    return show(request, interaction, "sign-in-text.html", last=rules.last_digits(found[1]))


@router.post("", responses=documents(403), openapi_extra=form_body())
async def send_text(
    _: Anybody, request: Request, session: Writing, auth: TheAuthContext, client_context: TheClientContext, interaction: TheInteraction,
    _form: SubmittedForm,
) -> Response:  # fmt: skip
    """Send the code of the second step."""
    found = await phones.to_sign_in(session, auth, client_context)
    if found is None:
        return see_other(interaction.at("/identity/sign-in"))
    if auth.settings.texts == "none":
        return see_other(interaction.at(_RECOVERY))
    retry_after = await phones.send_second(session, auth, client_context, *found)
    return (
        see_other(interaction.at(f"{_STEP}/code"))
        if retry_after is None
        else not_yet(request, auth, retry_after)
    )


@router.get("/code")
async def show_text_code(
    _: Anybody,
    request: Request,
    session: Writing,
    auth: TheAuthContext,
    client_context: TheClientContext,
    interaction: TheInteraction,
) -> Response:
    """Where the code of the text is typed in."""
    return await _step_page(request, session, auth, client_context, interaction, Form())


async def _step_page(
    request: Request,
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    interaction: Interaction,
    form: Form,
) -> Response:
    found = await phones.to_sign_in(session, auth, client_context)
    waiting = found and await codes.waiting(session, auth, client_context, codes.TEXT, found[0])
    if found is None or waiting is None:
        return see_other(interaction.at(_STEP))
    return show(
        request, interaction, "text-code.html", 200 if form.ok else 400, form=form,
        last=rules.last_digits(found[1]), again=interaction.at(_STEP), recovery=interaction.at(_RECOVERY),
    )  # fmt: skip


@router.post("/code", responses=documents(403), openapi_extra=form_body("code", code=20))
async def sign_in_by_text(
    _: Anybody, request: Request, session: Writing, auth: TheAuthContext, client_context: TheClientContext, interaction: TheInteraction,
    form: SubmittedForm,
) -> Response:  # fmt: skip
    """Go on with the code of the text."""
    typed = form.get("code", 20)
    attempt = await authentication.second(session, auth, client_context, factors.TEXT, typed)
    if attempt.retry_after is not None:
        return too_often(request, auth, attempt.retry_after)
    if attempt.auth_state is not None:
        return await go_on(session, request, auth, client_context, interaction, attempt.auth_state)
    form.error("code", WRONG_CODE if typed else NO_TEXT_CODE)
    return await _step_page(request, session, auth, client_context, interaction, form)
