"""Pages where people change their e-mail address, with codes sent to the new one and to the old one."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.problems import document_problems
from chassis.web import Form, SubmittedForm, form_body, see_other
from identity.accounts.actions import accounts, email_changes
from identity.accounts.rules import factors
from identity.assurance.routes import EmailOwner
from identity.assurance.rules import ACCOUNT
from identity.factors.actions import authentication
from identity.self_service.routes.change_code import ChangeCode
from identity.shared.rules import email_addresses
from identity.sign_in.routes.interaction import TheWritingInteraction
from identity.sign_in.routes.sign_in import MAX_CODE, NO_CODE, NOT_AN_ADDRESS
from identity.verification.actions import codes
from identity.verification.actions.codes import CodeResult

_EMAIL = f"{ACCOUNT}/email"

router = APIRouter(prefix=_EMAIL, tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = document_problems(403)


def _new_address_context(address: str) -> dict[str, Any]:
    return {"address": address, "back": _EMAIL}


def _old_address_context(change: str) -> dict[str, Any]:
    old = change.partition(" ")[0]
    return {"address": old, "back": _EMAIL, "again": f"{_EMAIL}/before/again", "before": True}


_NEW_ADDRESS = ChangeCode(codes.EMAIL, _EMAIL, "code.html", NO_CODE, _new_address_context)
_OLD_ADDRESS = ChangeCode(codes.EMAIL_BEFORE, _EMAIL, "code.html", NO_CODE, _old_address_context)


@router.get("")
async def show_email(_: Anybody, person: EmailOwner, interaction: TheWritingInteraction) -> Response:
    """Show where you enter a new email address, or your first."""
    account = await accounts.get(interaction.session, person.account)
    return interaction.show("email.html", form=Form(), account=account)


@router.post("", responses=_REFUSED, openapi_extra=form_body("email", email=email_addresses.MAX_LENGTH))
async def send_email_code(
    _: Anybody, person: EmailOwner, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Send a code to your new address."""
    address = form.get("email", email_addresses.MAX_LENGTH)
    if email_addresses.is_invalid(address):
        form.error("email", NOT_AN_ADDRESS)
        account = await accounts.get(interaction.session, person.account)
        return interaction.show_form("email.html", form, account=account)
    retry_after = await email_changes.start(*interaction.contexts, person.account, address)
    if retry_after is not None:
        return interaction.show_too_often(retry_after)
    return interaction.redirect(f"{_EMAIL}/code")


@router.get("/code")
async def show_email_code(_: Anybody, person: EmailOwner, interaction: TheWritingInteraction) -> Response:
    """Show where you enter the code sent to your new address."""
    return await _NEW_ADDRESS.show(interaction, person.account, Form())


@router.post("/code", responses=_REFUSED, openapi_extra=form_body("code", code=MAX_CODE))
async def change_email(
    _: Anybody, person: EmailOwner, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Change to your new address, or go on to enter a code sent to your old one first.

    With your first address you are signed in by a means of your own, which counts at every council.
    """
    code = form.get("code", MAX_CODE)
    result = await email_changes.confirm_new(*interaction.contexts, person, code) if code else CodeResult()
    if result.retry_after is not None:
        return interaction.show_too_often(result.retry_after)
    if result.right and person.upstreams:
        return await interaction.advance(
            await authentication.add_method(*interaction.contexts, person.account, factors.EMAIL)
        )
    if result.right:
        return see_other(f"{_EMAIL}/before" if result.before else ACCOUNT)
    return await _NEW_ADDRESS.show_wrong(interaction, person.account, form)


@router.get("/before")
async def show_email_before(_: Anybody, person: EmailOwner, interaction: TheWritingInteraction) -> Response:
    """Show where you enter the code sent to your old address, and what to do if you no longer read it."""
    return await _OLD_ADDRESS.show(interaction, person.account, Form())


@router.post("/before", responses=_REFUSED, openapi_extra=form_body("code", code=MAX_CODE))
async def prove_email_before(
    _: Anybody, person: EmailOwner, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Change to your new address, with the code sent to your old one."""
    code = form.get("code", MAX_CODE)
    if code and await email_changes.confirm_old(*interaction.contexts, person.account, code):
        return see_other(ACCOUNT)
    return await _OLD_ADDRESS.show_wrong(interaction, person.account, form)


@router.post("/before/again", responses=_REFUSED, openapi_extra=form_body())
async def send_email_before_again(
    _: Anybody, person: EmailOwner, interaction: TheWritingInteraction, _form: SubmittedForm
) -> Response:
    """Send another code to your old address."""
    result = await email_changes.resend_old_code(*interaction.contexts, person.account)
    if result.retry_after is not None:
        return interaction.show_too_often(result.retry_after)
    return see_other(f"{_EMAIL}/before" if result.right else _EMAIL)
