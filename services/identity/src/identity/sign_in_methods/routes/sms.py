"""Pages of text messages as the second step of signing in: set up and removed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Writing
from chassis.problems import documents
from chassis.web import Form, SubmittedForm, form_body, see_other
from identity.accounts.actions.sessions import BrowserSession
from identity.accounts.routes import TheAuthContext
from identity.accounts.rules import factors
from identity.factors.actions import phones, sms_step
from identity.factors.rules import phones as rules
from identity.self_service.routes.phones import number_in, offered
from identity.shared.dependencies import pages
from identity.sign_in.routes.assurance import MfaSignIn
from identity.sign_in.routes.code_entry import WRONG_CODE
from identity.sign_in.routes.interaction import TheWritingInteraction, WritingInteraction
from identity.sign_in.routes.second_step import NO_SMS_CODE, SMS_WAIT
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
async def show_text_step(_: Anybody, person: MfaSignIn, interaction: TheWritingInteraction) -> Response:
    """Where texts are made the second step, or are so no more."""
    return await _set_up_page(interaction, person, Form())


async def _set_up_page(interaction: WritingInteraction, person: BrowserSession, form: Form) -> Response:
    phone = await phones.get(interaction.session, person.account)
    there = phone is not None and phone.second_step_since is not None
    number = rules.format_number(phone.number) if phone else ""
    return interaction.show_form("text-there.html" if there else "text-set-up.html", form, number=number)


@router.post("", responses=_REFUSED, openapi_extra=form_body(phone=rules.MAX_TYPED))
async def send_text_step_code(
    _: Anybody, person: MfaSignIn, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Send a code to the account's number; who has none types it in here."""
    session, auth = interaction.session, interaction.auth
    phone = await phones.get(session, person.account)
    number = phone.number if phone is not None else number_in(form, auth.settings)
    if number is None or (phone is not None and phone.second_step_since is not None):
        return await _set_up_page(interaction, person, form)
    retry_after = await sms_step.send_set_up_code(
        session, auth, interaction.client_context, person.account, number
    )
    if retry_after is not None:
        return interaction.show_too_often(retry_after, SMS_WAIT)
    return interaction.redirect(f"{_TEXT}/code")


@router.get("/code")
async def show_text_step_code(_: Anybody, person: MfaSignIn, interaction: TheWritingInteraction) -> Response:
    """Where the code is typed in with which texts become the second step."""
    return await _code_page(interaction, person, Form())


async def _code_page(interaction: WritingInteraction, person: BrowserSession, form: Form) -> Response:
    number = await codes.get_destination(*interaction.contexts, codes.SMS_SET_UP, person.account)
    if number is None:
        return interaction.redirect(_TEXT)
    start = interaction.at(_TEXT)
    return interaction.show_form(
        "text-code.html", form, number=rules.format_number(number), again=start, typed=number, other=start
    )


@router.post("/code", responses=_REFUSED, openapi_extra=form_body("code", code=20))
async def set_up_text_step(
    _: Anybody, person: MfaSignIn, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Sign in with texts from now on; the recovery codes, where they are new, are shown this once."""
    session, auth, code = interaction.session, interaction.auth, form.get("code", 20)
    recovery_codes = (
        await sms_step.set_up(session, auth, interaction.client_context, person.account, code)
        if code
        else None
    )
    if recovery_codes is None:
        form.error("code", WRONG_CODE if code else NO_SMS_CODE)
        return await _code_page(interaction, person, form)
    returns_to = interaction.returns_to
    onward = returns_to.destination if returns_to.request_id else _ACCOUNT
    response: Response = see_other(onward)
    if recovery_codes:
        response = pages.render(
            interaction.request, "recovery-codes.html", codes=recovery_codes, onward=onward
        )
    await interaction.step_up(response, person, factors.SMS)
    return response


@router.post("/remove", responses=_REFUSED, openapi_extra=form_body())
async def remove_text_step(
    _: Anybody, session: Writing, person: MfaSignIn, auth: TheAuthContext, _form: SubmittedForm
) -> Response:
    """Sign in without texts from now on."""
    await sms_step.disable(session, auth, person.account)
    return see_other(_ACCOUNT)
