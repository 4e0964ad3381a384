"""Pages where people add, change and remove their phone number, with codes sent by SMS."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Session, Writing
from chassis.problems import document_problems, not_found
from chassis.web import Form, SubmittedForm, form_body, gettext_noop, see_other
from identity.assurance.routes import RecentSignIn
from identity.assurance.rules import ACCOUNT
from identity.factors.actions import phones
from identity.factors.rules import phones as rules
from identity.self_service.routes.change_code import ChangeCode
from identity.settings import Settings
from identity.shared.dependencies import pages
from identity.sign_in.routes.interaction import TheWritingInteraction
from identity.sign_in.routes.second_step import NO_SMS_CODE, SMS_WAIT
from identity.sign_in.routes.sign_in import MAX_CODE
from identity.verification.actions import codes
from identity.verification.actions.codes import CodeResult


async def require_sms(request: Request) -> None:
    """Require that SMS are sent here, and load what reading and showing numbers needs. Raises Problem 404."""
    if request.app.state.settings.texts == "none":
        raise not_found("phones here")
    await phones.load_library()


_PHONE = f"{ACCOUNT}/phone"

router = APIRouter(
    prefix=_PHONE,
    tags=["account"],
    default_response_class=HTMLResponse,
    dependencies=[Depends(require_sms)],
)

Anybody = Annotated[None, public]
_REFUSED = document_problems(403, 404)
_FAULTS = {
    "format": gettext_noop("Enter a mobile phone number, like 07700 900 982 or +33 6 12 34 56 78"),
    "costly": gettext_noop(
        "We cannot send texts to this kind of number because it costs too much. Enter a mobile number"
    ),
    "no-texts": gettext_noop("Enter a mobile phone number: this one cannot be sent text messages"),
    "abroad": gettext_noop("We cannot send texts to other countries. Enter a UK mobile number"),
}
_ALREADY_YOURS = gettext_noop("This is your phone number already")


def _new_number_context(number: str) -> dict[str, Any]:
    return {"number": rules.format_number(number), "again": _PHONE, "typed": number, "other": _PHONE}


def _old_number_context(change: str) -> dict[str, Any]:
    old = change.partition(" ")[0]
    return {"number": rules.format_number(old), "again": f"{_PHONE}/before/again", "before": True}


_NEW_NUMBER = ChangeCode(codes.PHONE, _PHONE, "sms-code.html", NO_SMS_CODE, _new_number_context)
_OLD_NUMBER = ChangeCode(codes.PHONE_BEFORE, _PHONE, "sms-code.html", NO_SMS_CODE, _old_number_context)


def read_number(form: Form, settings: Settings) -> str | None:
    """Read the number of a form as E.164; None when it is refused, with an error in the form."""
    typed, abroad = form.get("phone", rules.MAX_TYPED), settings.texts_abroad_per_day > 0
    try:
        return rules.parse(typed, abroad=abroad, fictional=settings.texts == "sent-messages")
    except rules.NumberError as error:
        form.error("phone", _FAULTS[error.fault] if typed else gettext_noop("Enter your mobile phone number"))
    return None


@router.get("")
async def show_phone(_: Anybody, request: Request, session: Writing, person: RecentSignIn) -> Response:
    """Show where you add, change or remove your phone number."""
    return await _show_phone(request, session, person.account, Form())


async def _show_phone(request: Request, session: Session, account: UUID, form: Form) -> Response:
    phone = await phones.get(session, account)
    status = 200 if form.ok else 400
    return pages.render(
        request,
        "phone.html",
        status,
        form=form,
        number=rules.format_number(phone.number) if phone else "",
        second_step=bool(phone and phone.second_step_since),
    )


@router.post("", responses=_REFUSED, openapi_extra=form_body("phone", phone=rules.MAX_TYPED))
async def send_phone_code(
    _: Anybody, person: RecentSignIn, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Send a code to your new number. The answer does not depend on who else has the number."""
    number = read_number(form, interaction.auth.settings)
    phone = await phones.get(interaction.session, person.account)
    if phone is not None and phone.number == number:
        form.error("phone", _ALREADY_YOURS)
    if number is None or not form.ok:
        return await _show_phone(interaction.request, interaction.session, person.account, form)
    retry_after = await phones.send_code(*interaction.contexts, person.account, number)
    if retry_after is not None:
        return interaction.show_too_often(retry_after, SMS_WAIT)
    return see_other(f"{_PHONE}/code")


@router.get("/code")
async def show_phone_code(_: Anybody, person: RecentSignIn, interaction: TheWritingInteraction) -> Response:
    """Show where you enter the code sent to your new number."""
    return await _NEW_NUMBER.show(interaction, person.account, Form())


@router.post("/code", responses=_REFUSED, openapi_extra=form_body("code", code=MAX_CODE))
async def prove_phone(
    _: Anybody, person: RecentSignIn, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Add your new number. If your account has another number, you enter a code sent to that one next."""
    code = form.get("code", MAX_CODE)
    result = await phones.confirm_number(*interaction.contexts, person, code) if code else CodeResult()
    if result.retry_after is not None:
        return interaction.show_too_often(result.retry_after, SMS_WAIT)
    if result.right:
        return see_other(f"{_PHONE}/before" if result.before else ACCOUNT)
    return await _NEW_NUMBER.show_wrong(interaction, person.account, form)


@router.get("/before")
async def show_phone_before(_: Anybody, person: RecentSignIn, interaction: TheWritingInteraction) -> Response:
    """Show where you enter the code sent to your old number, and what to do if you no longer have it."""
    return await _OLD_NUMBER.show(interaction, person.account, Form())


@router.post("/before", responses=_REFUSED, openapi_extra=form_body("code", code=MAX_CODE))
async def prove_phone_before(
    _: Anybody, person: RecentSignIn, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Change or remove your number, with the code sent to your old number."""
    code = form.get("code", MAX_CODE)
    if code and await phones.confirm_change(*interaction.contexts, person, code):
        return see_other(ACCOUNT)
    return await _OLD_NUMBER.show_wrong(interaction, person.account, form)


@router.post("/before/again", responses=_REFUSED, openapi_extra=form_body())
async def send_phone_before_again(
    _: Anybody, person: RecentSignIn, interaction: TheWritingInteraction, _form: SubmittedForm
) -> Response:
    """Send another code to your old number."""
    result = await phones.resend_code_to_old_number(*interaction.contexts, person.account)
    if result.retry_after is not None:
        return interaction.show_too_often(result.retry_after, SMS_WAIT)
    return see_other(f"{_PHONE}/before" if result.right else _PHONE)


@router.post("/remove", responses=_REFUSED, openapi_extra=form_body())
async def remove_phone(
    _: Anybody, person: RecentSignIn, interaction: TheWritingInteraction, _form: SubmittedForm
) -> Response:
    """Remove your number: at once if you signed in with two factors, or with a code sent to it."""
    result = await phones.request_removal(*interaction.contexts, person)
    if result.retry_after is not None:
        return interaction.show_too_often(result.retry_after, SMS_WAIT)
    return see_other(f"{_PHONE}/before" if result.before else ACCOUNT)
