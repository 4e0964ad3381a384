"""Pages where people make SMS their second step of signing in, and stop it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Writing
from chassis.problems import document_problems
from chassis.web import Form, SubmittedForm, form_body, see_other
from identity.accounts.routes import TheAuthContext
from identity.accounts.rules import factors
from identity.accounts.rules.browser_sessions import BrowserSession
from identity.assurance.routes import MfaSignIn
from identity.assurance.rules import ACCOUNT
from identity.factors.actions import phones, sms_step
from identity.factors.rules import phones as rules
from identity.self_service.routes.phones import read_number, require_sms
from identity.shared.dependencies import pages
from identity.sign_in.routes.interaction import TheWritingInteraction, WritingInteraction
from identity.sign_in.routes.second_step import NO_SMS_CODE, SMS_WAIT
from identity.sign_in.routes.sign_in import MAX_CODE, WRONG_CODE
from identity.verification.actions import codes

_SMS_STEP = f"{ACCOUNT}/text"

router = APIRouter(
    prefix=_SMS_STEP,
    tags=["account"],
    default_response_class=HTMLResponse,
    dependencies=[Depends(require_sms)],
)

Anybody = Annotated[None, public]
_REFUSED = document_problems(403, 404)


@router.get("")
async def show_text_step(_: Anybody, person: MfaSignIn, interaction: TheWritingInteraction) -> Response:
    """Show where you set up codes by text message, or stop them."""
    return await _show_set_up(interaction, person, Form())


async def _show_set_up(interaction: WritingInteraction, person: BrowserSession, form: Form) -> Response:
    phone = await phones.get(interaction.session, person.account)
    is_set_up = phone is not None and phone.second_step_since is not None
    number = rules.format_number(phone.number) if phone else ""
    return interaction.show_form("text-there.html" if is_set_up else "text-set-up.html", form, number=number)


@router.post("", responses=_REFUSED, openapi_extra=form_body(phone=rules.MAX_TYPED))
async def send_text_step_code(
    _: Anybody, person: MfaSignIn, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Send a code to your phone number, or to the one you enter if your account has none."""
    phone = await phones.get(interaction.session, person.account)
    number = phone.number if phone is not None else read_number(form, interaction.auth.settings)
    if number is None or (phone is not None and phone.second_step_since is not None):
        return await _show_set_up(interaction, person, form)
    retry_after = await sms_step.send_set_up_code(*interaction.contexts, person.account, number)
    if retry_after is not None:
        return interaction.show_too_often(retry_after, SMS_WAIT)
    return interaction.redirect(f"{_SMS_STEP}/code")


@router.get("/code")
async def show_text_step_code(_: Anybody, person: MfaSignIn, interaction: TheWritingInteraction) -> Response:
    """Show where you enter the code that sets up codes by text message."""
    return await _show_code(interaction, person, Form())


async def _show_code(interaction: WritingInteraction, person: BrowserSession, form: Form) -> Response:
    number = await codes.get_destination(*interaction.contexts, codes.SMS_SET_UP, person.account)
    if number is None:
        return interaction.redirect(_SMS_STEP)
    start = interaction.at(_SMS_STEP)
    return interaction.show_form(
        "sms-code.html", form, number=rules.format_number(number), again=start, typed=number, other=start
    )


@router.post("/code", responses=_REFUSED, openapi_extra=form_body("code", code=MAX_CODE))
async def set_up_text_step(
    _: Anybody, person: MfaSignIn, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Set up codes by text message. If you get new recovery codes, you see them this once."""
    code = form.get("code", MAX_CODE)
    recovery_codes = await sms_step.set_up(*interaction.contexts, person.account, code) if code else None
    if recovery_codes is None:
        form.error("code", WRONG_CODE if code else NO_SMS_CODE)
        return await _show_code(interaction, person, form)
    returns_to = interaction.returns_to
    onward = returns_to.destination
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
    """Stop codes by text message. You sign in without them from now on."""
    await sms_step.disable(session, auth, person.account)
    return see_other(ACCOUNT)
