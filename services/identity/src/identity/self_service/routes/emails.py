"""Pages of the account's e-mail address: another is proven by a letter to it, and by one to the old."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Writing
from chassis.problems import documents
from chassis.web import Form, SubmittedForm, form_body, see_other
from identity.accounts.actions import accounts
from identity.shared.dependencies import pages
from identity.shared.rules import email_addresses
from identity.sign_in.routes.assurance import RecentSignIn
from identity.sign_in.routes.code_entry import MAX_CODE, NO_CODE, ChangeCode
from identity.sign_in.routes.interaction import TheWritingInteraction
from identity.sign_in.routes.sign_in import NOT_AN_ADDRESS
from identity.verification.actions import codes
from identity.verification.actions.codes import CodeResult

router = APIRouter(prefix="/identity/account/email", tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = documents(403)
_ACCOUNT = "/identity/account"
_EMAIL = "/identity/account/email"


def _of_new(address: str) -> dict[str, Any]:
    return {"address": address, "back": _EMAIL}


def _of_old(change: str) -> dict[str, Any]:
    old = change.partition(" ")[0]
    return {"address": old, "back": _EMAIL, "again": f"{_EMAIL}/before/again", "before": True}


_NEW = ChangeCode(codes.EMAIL, _EMAIL, "code.html", NO_CODE, _of_new)
_OLD = ChangeCode(codes.EMAIL_BEFORE, _EMAIL, "code.html", NO_CODE, _of_old)


@router.get("")
async def show_email(_: Anybody, request: Request, session: Writing, person: RecentSignIn) -> Response:
    """Where a new address is typed in."""
    account = await accounts.one(session, person.account)
    return pages.render(request, "email.html", form=Form(), account=account)


@router.post("", responses=_REFUSED, openapi_extra=form_body("email", email=email_addresses.MAX_LENGTH))
async def send_email_code(
    _: Anybody, person: RecentSignIn, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Send a code to the new address."""
    address = form.get("email", email_addresses.MAX_LENGTH)
    if email_addresses.is_invalid(address):
        form.error("email", NOT_AN_ADDRESS)
        account = await accounts.one(interaction.session, person.account)
        return pages.render(interaction.request, "email.html", 400, form=form, account=account)
    retry_after = await accounts.ask_for_email(*interaction.contexts, person.account, address)
    if retry_after is not None:
        return interaction.show_too_often(retry_after)
    return see_other(f"{_EMAIL}/code")


@router.get("/code")
async def show_email_code(_: Anybody, person: RecentSignIn, interaction: TheWritingInteraction) -> Response:
    """Where the code of the letter to the new address is typed in."""
    return await _NEW.show(interaction, person.account, Form())


@router.post("/code", responses=_REFUSED, openapi_extra=form_body("code", code=MAX_CODE))
async def change_email(
    _: Anybody, person: RecentSignIn, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Take the new address over, or ask for a code of the old one first; that hears of it."""
    typed = form.get("code", MAX_CODE)
    result = await accounts.change_email(*interaction.contexts, person, typed) if typed else CodeResult()
    if result.retry_after is not None:
        return interaction.show_too_often(result.retry_after)
    if result.right:
        return see_other(f"{_EMAIL}/before" if result.before else _ACCOUNT)
    return await _NEW.show_wrong(interaction, person.account, form)


@router.get("/before")
async def show_email_before(_: Anybody, person: RecentSignIn, interaction: TheWritingInteraction) -> Response:
    """Where the code sent to the old address is typed in, and what to do who reads that no more."""
    return await _OLD.show(interaction, person.account, Form())


@router.post("/before", responses=_REFUSED, openapi_extra=form_body("code", code=MAX_CODE))
async def prove_email_before(
    _: Anybody, person: RecentSignIn, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Take the new address over: who asks for it reads the old one."""
    typed = form.get("code", MAX_CODE)
    if typed and await accounts.prove_email_before(*interaction.contexts, person.account, typed):
        return see_other(_ACCOUNT)
    return await _OLD.show_wrong(interaction, person.account, form)


@router.post("/before/again", responses=_REFUSED, openapi_extra=form_body())
async def send_email_before_again(
    _: Anybody, person: RecentSignIn, interaction: TheWritingInteraction, _form: SubmittedForm
) -> Response:
    """Send another code to the old address."""
    result = await accounts.ask_email_before_again(*interaction.contexts, person.account)
    if result.retry_after is not None:
        return interaction.show_too_often(result.retry_after)
    return see_other(f"{_EMAIL}/before" if result.right else _EMAIL)
