"""Pages to open an account."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.problems import document_problems
from chassis.web import Form, SubmittedForm, form_body
from identity.factors.actions import authentication
from identity.shared.rules import email_addresses
from identity.sign_in.routes.interaction import TheInteraction, TheWritingInteraction
from identity.sign_in.routes.sign_in import MAX_CODE, NOT_AN_ADDRESS, SignInCode
from identity.verification.actions import codes

router = APIRouter(prefix="/identity", tags=["sign-in"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = document_problems(403)
_CODE = SignInCode(codes.REGISTER, "/identity/register", authentication.register_by_code)


@router.get("/register")
async def show_register(_: Anybody, interaction: TheInteraction) -> Response:
    """The page where you start to open an account."""
    return interaction.show("register.html", form=Form())


@router.post(
    "/register", responses=_REFUSED, openapi_extra=form_body("email", email=email_addresses.MAX_LENGTH)
)
async def send_register_code(_: Anybody, interaction: TheWritingInteraction, form: SubmittedForm) -> Response:
    """Send a code to your email address.

    If the address has an account already, the email says so. The page is the same either way.
    """
    address = form.get("email", email_addresses.MAX_LENGTH)
    if email_addresses.is_invalid(address):
        form.error("email", NOT_AN_ADDRESS)
        return interaction.show_form("register.html", form)
    retry_after = await authentication.send_registration_code(*interaction.contexts, address)
    if retry_after is not None:
        return interaction.show_too_often(retry_after)
    return interaction.redirect("/identity/register/code")


@router.get("/register/code")
async def show_register_code(_: Anybody, interaction: TheWritingInteraction) -> Response:
    """The page where you enter the code from the email."""
    return await _CODE.show(interaction, Form())


@router.post("/register/code", responses=_REFUSED, openapi_extra=form_body("code", code=MAX_CODE))
async def register_by_code(_: Anybody, interaction: TheWritingInteraction, form: SubmittedForm) -> Response:
    """Open your account with the code from the email, and sign in."""
    return await _CODE.enter(interaction, form)
