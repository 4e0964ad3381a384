"""Pages where people make new recovery codes."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Writing
from chassis.problems import document_problems
from chassis.web import SubmittedForm, form_body, see_other
from identity.accounts.routes import TheAuthContext
from identity.assurance.routes import PasskeySignIn
from identity.assurance.rules import ACCOUNT
from identity.factors.actions import phones, recovery_codes
from identity.shared.dependencies import pages

router = APIRouter(prefix=f"{ACCOUNT}/recovery-codes", tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_AUTHENTICATOR = f"{ACCOUNT}/authenticator"


@router.get("")
async def show_recovery_codes(
    _: Anybody, request: Request, session: Writing, person: PasskeySignIn
) -> Response:
    """Show how many recovery codes you have left, and where you make new ones."""
    if not any(await phones.get_second_steps(session, person.account)):
        return see_other(_AUTHENTICATOR)
    left = await recovery_codes.count_unused(session, person.account)
    return pages.render(request, "new-recovery-codes.html", left=left)


@router.post("", responses=document_problems(403), openapi_extra=form_body())
async def make_recovery_codes(
    _: Anybody,
    request: Request,
    session: Writing,
    person: PasskeySignIn,
    auth: TheAuthContext,
    _form: SubmittedForm,
) -> Response:
    """Make ten new recovery codes, which you see this once. Your old codes stop working."""
    if not any(await phones.get_second_steps(session, person.account)):
        return see_other(_AUTHENTICATOR)
    codes = await recovery_codes.replace(session, auth, person.account)
    return pages.render(request, "recovery-codes.html", codes=codes, onward=ACCOUNT)
