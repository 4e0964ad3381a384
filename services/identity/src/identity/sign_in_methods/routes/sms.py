"""Pages of text messages as the second step of signing in: set up and removed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Session, Writing
from chassis.problems import documents
from chassis.web import Form, SubmittedForm, form_body, see_other
from identity.accounts.actions import sessions
from identity.accounts.actions.sessions import BrowserSession
from identity.accounts.routes import TheAuthContext
from identity.accounts.rules import factors
from identity.factors.actions import phones
from identity.factors.rules import phones as rules
from identity.self_service.routes.phones import number_in, offered
from identity.shared.dependencies import pages
from identity.sign_in.routes.code_entry import WRONG_CODE
from identity.sign_in.routes.interaction import (
    Interaction,
    MfaSignIn,
    TheClientContext,
    TheInteraction,
    onward,
    show,
)
from identity.sign_in.routes.sms import NO_TEXT_CODE, not_yet
from identity.staff.actions import staff
from identity.verification.actions import codes

router = APIRouter(
    prefix="/identity/account/text",
    tags=["account"],
    default_response_class=HTMLResponse,
    dependencies=[Depends(offered)],
)

Anybody = Annotated[None, public]
_REFUSED = documents(403, 404)
_ACCOUNT = "/identity/account"
_TEXT = "/identity/account/text"


@router.get("")
async def show_text_step(
    _: Anybody, request: Request, session: Writing, person: MfaSignIn, interaction: TheInteraction
) -> Response:
    """Where texts are made the second step, or are so no more."""
    return await _set_up_page(request, session, person, interaction, Form())


async def _set_up_page(
    request: Request, session: Session, person: BrowserSession, interaction: Interaction, form: Form
) -> Response:
    phone = await phones.one(session, person.account)
    there = phone is not None and phone.second_step_since is not None
    number = rules.shown(phone.number) if phone else ""
    return show(
        request, interaction, "text-there.html" if there else "text-set-up.html", 200 if form.ok else 400,
        form=form, number=number,
    )  # fmt: skip


@router.post("", responses=_REFUSED, openapi_extra=form_body(phone=rules.MOST))
async def send_text_step_code(
    _: Anybody, request: Request, session: Writing, person: MfaSignIn, auth: TheAuthContext,
    client_context: TheClientContext, interaction: TheInteraction, form: SubmittedForm,
) -> Response:  # fmt: skip
    """Send a code to the account's number; who has none types it in here."""
    phone = await phones.one(session, person.account)
    number = phone.number if phone is not None else number_in(form, auth.settings)
    if number is None or (phone is not None and phone.second_step_since is not None):
        return await _set_up_page(request, session, person, interaction, form)
    retry_after = await phones.ask_to_sign_in_with(session, auth, client_context, person.account, number)
    return (
        see_other(interaction.at(f"{_TEXT}/code"))
        if retry_after is None
        else not_yet(request, auth, retry_after)
    )


@router.get("/code")
async def show_text_step_code(
    _: Anybody, request: Request, session: Writing, person: MfaSignIn, auth: TheAuthContext,
    client_context: TheClientContext, interaction: TheInteraction,
) -> Response:  # fmt: skip
    """Where the code is typed in with which texts become the second step."""
    number = await codes.waiting(session, auth, client_context, codes.TEXT_SET_UP, person.account)
    return _code_page(request, interaction, number, Form())


def _code_page(request: Request, interaction: Interaction, number: str | None, form: Form) -> Response:
    if number is None:
        return see_other(interaction.at(_TEXT))
    return show(
        request, interaction, "text-code.html", 200 if form.ok else 400, form=form, number=rules.shown(number),
        again=interaction.at(_TEXT), typed=number, other=interaction.at(_TEXT),
    )  # fmt: skip


@router.post("/code", responses=_REFUSED, openapi_extra=form_body("code", code=20))
async def set_up_text_step(
    _: Anybody, request: Request, session: Writing, person: MfaSignIn, auth: TheAuthContext,
    client_context: TheClientContext, interaction: TheInteraction, form: SubmittedForm,
) -> Response:  # fmt: skip
    """Sign in with texts from now on; the recovery codes, where they are new, are shown this once."""
    typed = form.get("code", 20)
    made = await phones.sign_in_with(session, auth, client_context, person.account, typed) if typed else None
    if made is None:
        form.error("code", WRONG_CODE if typed else NO_TEXT_CODE)
        number = await codes.waiting(session, auth, client_context, codes.TEXT_SET_UP, person.account)
        return _code_page(request, interaction, number, form)
    to = onward(interaction) if interaction.request else _ACCOUNT
    answer = pages.render(request, "recovery-codes.html", codes=made, onward=to) if made else see_other(to)
    until = await staff.vouched_until(session, person.account)
    await sessions.start(session, request, answer, person.account, [factors.TEXT], vouched_until=until)
    return answer


@router.post("/remove", responses=_REFUSED, openapi_extra=form_body())
async def remove_text_step(
    _: Anybody, session: Writing, person: MfaSignIn, auth: TheAuthContext, _form: SubmittedForm
) -> Response:
    """Sign in without texts from now on."""
    await phones.sign_in_without(session, auth, person.account)
    return see_other(_ACCOUNT)
