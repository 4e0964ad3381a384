"""Pages to open an account."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Writing
from chassis.problems import documents
from chassis.web import Form, SubmittedForm, form_body, see_other
from identity.accounts.routes import TheAuthContext
from identity.factors.actions import authentication
from identity.shared.rules import email_addresses
from identity.sign_in.routes.code_entry import Way
from identity.sign_in.routes.interaction import TheClientContext, TheInteraction, show, too_often
from identity.sign_in.routes.sign_in import NOT_AN_ADDRESS
from identity.verification.actions import codes

router = APIRouter(prefix="/identity", tags=["sign-in"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = documents(403)
_CODE = Way(codes.REGISTER, "/identity/register", authentication.open_with_code)


@router.get("/register")
async def show_register(_: Anybody, request: Request, interaction: TheInteraction) -> Response:
    """Where opening an account begins."""
    return show(request, interaction, "register.html", form=Form())


@router.post("/register", responses=_REFUSED, openapi_extra=form_body("email", email=email_addresses.MOST))
async def send_register_code(
    _: Anybody, request: Request, session: Writing, auth: TheAuthContext, client_context: TheClientContext, interaction: TheInteraction,
    form: SubmittedForm,
) -> Response:  # fmt: skip
    """Send a code to the address; where there is an account, a letter that says so: the page is the same."""
    address = form.get("email", email_addresses.MOST)
    if email_addresses.fault(address):
        form.error("email", NOT_AN_ADDRESS)
        return show(request, interaction, "register.html", 400, form=form)
    retry_after = await authentication.ask_to_open(session, auth, client_context, address)
    if retry_after is not None:
        return too_often(request, auth, retry_after)
    return see_other(interaction.at("/identity/register/code"))


@router.get("/register/code")
async def show_register_code(
    _: Anybody,
    request: Request,
    session: Writing,
    auth: TheAuthContext,
    client_context: TheClientContext,
    interaction: TheInteraction,
) -> Response:
    """Where the code is typed in."""
    return await _CODE.page(request, session, auth, client_context, interaction, Form())


@router.post("/register/code", responses=_REFUSED, openapi_extra=form_body("code", code=20))
async def register_by_code(
    _: Anybody, request: Request, session: Writing, auth: TheAuthContext, client_context: TheClientContext, interaction: TheInteraction,
    form: SubmittedForm,
) -> Response:  # fmt: skip
    """Open the account with the code of the letter, and sign in."""
    return await _CODE.typed(request, session, auth, client_context, interaction, form)
