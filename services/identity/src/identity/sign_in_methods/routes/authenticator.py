"""Pages where people set up and remove an authenticator app."""

from typing import Annotated

import segno
from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Writing
from chassis.problems import document_problems
from chassis.web import Form, SubmittedForm, form_body, gettext_noop, see_other
from identity.accounts.actions import accounts
from identity.accounts.routes import TheAuthContext
from identity.accounts.rules import factors
from identity.accounts.rules.browser_sessions import BrowserSession
from identity.assurance.routes import PasskeySignIn
from identity.assurance.rules import ACCOUNT
from identity.factors.actions import authentication, authenticators
from identity.shared.dependencies import pages
from identity.sign_in.routes.interaction import TheWritingInteraction, WritingInteraction
from identity.sign_in.routes.sign_in import MAX_CODE
from identity.verification.rules import codes

router = APIRouter(prefix=f"{ACCOUNT}/authenticator", tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = document_problems(403)
_WRONG = gettext_noop(
    "That code is not right. Check that the clock of your phone is right, and try the next code"
)


@router.get("")
async def show_authenticator(
    _: Anybody, person: PasskeySignIn, interaction: TheWritingInteraction
) -> Response:
    """Show where you set up an authenticator app, or remove it."""
    return await _show_authenticator(interaction, person, Form())


async def _show_authenticator(
    interaction: WritingInteraction, person: BrowserSession, form: Form
) -> Response:
    request, session = interaction.request, interaction.session
    secret = await authenticators.get_or_create_secret(session, interaction.auth, person.account)
    if secret is None:
        return pages.render(request, "authenticator-there.html", form=form, interaction=interaction)
    account = await accounts.get(session, person.account)
    uri = codes.build_app_uri(
        secret, account.address if account and account.address else "account", "Townhall"
    )
    return pages.render(
        request,
        "authenticator.html",
        200 if form.ok else 400,
        form=form,
        picture=segno.make(uri, error="m").svg_data_uri(scale=5, border=4, light="#fff"),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        interaction=interaction,
    )


@router.post("", responses=_REFUSED, openapi_extra=form_body("code", code=MAX_CODE))
async def set_up_authenticator(
    _: Anybody, person: PasskeySignIn, interaction: TheWritingInteraction, form: SubmittedForm
) -> Response:
    """Set up your app with the code it shows. You see your recovery codes this once."""
    retry_after = await authentication.check_second_step_rate(*interaction.contexts, person.account)
    if retry_after is not None:
        return interaction.show_too_often(retry_after)
    recovery_codes = await authenticators.confirm(
        interaction.session, interaction.auth, person.account, form.get("code", MAX_CODE)
    )
    if recovery_codes is None:
        form.error("code", _WRONG)
        return await _show_authenticator(interaction, person, form)
    returns_to = interaction.returns_to
    onward = returns_to.destination
    response = pages.render(interaction.request, "recovery-codes.html", codes=recovery_codes, onward=onward)
    await interaction.step_up(response, person, factors.AUTHENTICATOR)
    return response


@router.post("/remove", responses=_REFUSED, openapi_extra=form_body())
async def remove_authenticator(
    _: Anybody, session: Writing, person: PasskeySignIn, auth: TheAuthContext, _form: SubmittedForm
) -> Response:
    """Remove your app. You sign in without it from now on."""
    await authenticators.remove(session, auth, person.account)
    return see_other(ACCOUNT)
