"""Pages of the second step of signing in: a code from an app, a recovery code, or a code by SMS."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.problems import document_problems
from chassis.web import Form, SubmittedForm, form_body, gettext_noop
from identity.accounts.rules import factors
from identity.assurance.rules import SIGN_IN
from identity.factors.actions import authentication, phones, sms_step
from identity.factors.rules import phones as rules
from identity.sign_in.routes.interaction import TheWritingInteraction, WritingInteraction
from identity.sign_in.routes.sign_in import MAX_CODE, WRONG_CODE
from identity.verification.actions import codes

router = APIRouter(prefix=SIGN_IN, tags=["sign-in"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = document_problems(403)
_SMS = f"{SIGN_IN}/text"
_RECOVERY_CODE = f"{SIGN_IN}/recovery"
SMS_WAIT = "sms-wait.html"
"""The page that says when another SMS may be sent."""
NO_SMS_CODE = gettext_noop("Enter the code from the text message")


@dataclass(frozen=True, slots=True)
class _Factor:
    """A second factor, its page, and the errors when no code or a wrong one is typed in."""

    factor: str
    template: str
    missing: str
    wrong: str


_APP = _Factor(
    factors.AUTHENTICATOR,
    "second-step.html",
    gettext_noop("Enter the code from your app"),
    gettext_noop("That code is not right, or it was used before. Wait for the next one and try again"),
)
_RECOVERY = _Factor(
    factors.RECOVERY,
    "recovery.html",
    gettext_noop("Enter a recovery code"),
    gettext_noop("That recovery code is not right, or it was used before"),
)


@router.get("/second-step")
async def show_second_step(_: Anybody, interaction: TheWritingInteraction) -> Response:
    """The page where you enter the code from your app. If you have no app, you go to get a code by text."""
    account = await authentication.get_pending_account(*interaction.contexts)
    steps = await phones.get_second_steps(interaction.session, account) if account is not None else None
    if steps is not None and steps.sms and not steps.app:
        return interaction.redirect(_SMS)
    return await _show(interaction, Form(), _APP)


@router.post("/second-step", responses=_REFUSED, openapi_extra=form_body("code", code=MAX_CODE))
async def sign_in_second_step(
    _: Anybody, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Go on with the code from your app."""
    return await _enter(interaction, form, _APP)


@router.get("/recovery")
async def show_recovery(_: Anybody, interaction: TheWritingInteraction) -> Response:
    """The page where you enter a recovery code if you do not have your app."""
    return await _show(interaction, Form(), _RECOVERY)


@router.post("/recovery", responses=_REFUSED, openapi_extra=form_body("code", code=MAX_CODE))
async def sign_in_by_recovery(
    _: Anybody, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Go on with a recovery code. You can use each code once."""
    return await _enter(interaction, form, _RECOVERY)


async def _show(interaction: WritingInteraction, form: Form, factor: _Factor) -> Response:
    account = await authentication.get_pending_account(*interaction.contexts)
    if account is None:
        return interaction.redirect(SIGN_IN)
    steps = await phones.get_second_steps(interaction.session, account)
    return interaction.show_form(factor.template, form, steps=steps)


async def _enter(interaction: WritingInteraction, form: Form, factor: _Factor) -> Response:
    code = form.get("code", MAX_CODE)
    attempt = await authentication.verify_second_step(*interaction.contexts, factor.factor, code)
    if attempt.retry_after is not None:
        return interaction.show_too_often(attempt.retry_after)
    if attempt.auth_state is not None:
        return await interaction.advance(attempt.auth_state)
    form.error("code", factor.wrong if code else factor.missing)
    return await _show(interaction, form, factor)


@router.get("/text")
async def show_send_text(_: Anybody, interaction: TheWritingInteraction) -> Response:
    """The page where you ask for a code by text message. None is sent before you press the button."""
    pending = await sms_step.get_pending_number(*interaction.contexts)
    if pending is None:
        return interaction.redirect(SIGN_IN)
    if interaction.auth.settings.texts == "none":
        return interaction.redirect(_RECOVERY_CODE)
    return interaction.show("second-step-sms.html", last=rules.last_digits(pending[1]))


@router.post("/text", responses=_REFUSED, openapi_extra=form_body())
async def send_text(_: Anybody, interaction: TheWritingInteraction, _form: SubmittedForm) -> Response:
    """Send a code to your phone by text message."""
    session, auth, client_context = interaction.contexts
    pending = await sms_step.get_pending_number(session, auth, client_context)
    if pending is None:
        return interaction.redirect(SIGN_IN)
    if auth.settings.texts == "none":
        return interaction.redirect(_RECOVERY_CODE)
    retry_after = await sms_step.send_code(session, auth, client_context, *pending)
    if retry_after is not None:
        return interaction.show_too_often(retry_after, SMS_WAIT)
    return interaction.redirect(f"{_SMS}/code")


@router.get("/text/code")
async def show_text_code(_: Anybody, interaction: TheWritingInteraction) -> Response:
    """The page where you enter the code from the text message."""
    return await _show_sms(interaction, Form())


async def _show_sms(interaction: WritingInteraction, form: Form) -> Response:
    session, auth, client_context = interaction.contexts
    pending = await sms_step.get_pending_number(session, auth, client_context)
    destination = pending and await codes.get_destination(
        session, auth, client_context, codes.SMS, pending[0]
    )
    if pending is None or destination is None:
        return interaction.redirect(_SMS)
    return interaction.show_form(
        "sms-code.html",
        form,
        last=rules.last_digits(pending[1]),
        again=interaction.at(_SMS),
        recovery=interaction.at(_RECOVERY_CODE),
    )


@router.post("/text/code", responses=_REFUSED, openapi_extra=form_body("code", code=MAX_CODE))
async def sign_in_by_text(_: Anybody, interaction: TheWritingInteraction, form: SubmittedForm) -> Response:
    """Go on with the code from the text message."""
    code = form.get("code", MAX_CODE)
    attempt = await authentication.verify_second_step(*interaction.contexts, factors.SMS, code)
    if attempt.retry_after is not None:
        return interaction.show_too_often(attempt.retry_after)
    if attempt.auth_state is not None:
        return await interaction.advance(attempt.auth_state)
    form.error("code", WRONG_CODE if code else NO_SMS_CODE)
    return await _show_sms(interaction, form)
