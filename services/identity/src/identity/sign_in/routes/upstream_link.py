"""Pages that link a login at another provider with an account: which one it is, and whether to."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Session
from chassis.problems import document_problems
from chassis.web import Form, SubmittedForm, form_body, gettext_noop, see_other
from identity.accounts.actions import accounts, sessions
from identity.assurance.routes import require_mfa_sign_in
from identity.assurance.rules import SIGN_IN
from identity.issuer.routes import TheIssuer
from identity.shared.rules import email_addresses
from identity.sign_in.routes.interaction import CONFIRM_LINK, Interaction, TheInteraction
from identity.sign_in.routes.upstream import start_login
from identity.sign_in.routes.upstream_failure import other_ways, redirect_after_error, title_of
from identity.upstream_login.actions import links, login_states
from identity.upstream_login.actions.login_states import LoginFailedError, UpstreamLogin
from identity.upstream_login.rules import requests

router = APIRouter(prefix="/identity/upstream", tags=["sign-in"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = document_problems(403, 409)


@router.get("/link")
async def show_upstream_choice(_: Anybody, interaction: TheInteraction) -> Response:
    """The page where you say which account is yours, the first time you come from another provider."""
    async with interaction.database.reading() as session:
        login = await login_states.get_pending(
            session, interaction.client_context.browser, interaction.auth.now()
        )
    if login is None or login.state.purpose != requests.SIGN_IN:
        return interaction.redirect(SIGN_IN)
    return _show_choice(interaction, login, Form())


def _show_choice(interaction: Interaction, login: UpstreamLogin, form: Form) -> Response:
    return interaction.show_form(
        "upstream-link.html",
        form,
        provider=title_of(interaction.request, login.upstream),
        visit=login.state.state_hash.hex(),
        staff=login.upstream.audience == "staff",
    )


@router.post("/link", responses=_REFUSED, openapi_extra=form_body("visit", "answer", visit=64, answer=10))
async def choose_upstream_account(
    _: Anybody, interaction: TheInteraction, issuer: TheIssuer, form: SubmittedForm
) -> Response:
    """Choose the account: `have` to sign in to one first, `new` to open one, `cancel` for neither."""
    auth, client_context = interaction.auth, interaction.client_context
    try:
        async with interaction.database.writing() as session:
            login = await _lock_login(session, interaction, form)
            match form.get("answer", 10):
                case "cancel":
                    await login_states.delete_decided(session, login)
                    return see_other(other_ways(interaction.returns_to, login.state.purpose))
                case "have":
                    await login_states.mark_chosen(session, login)
                    person = await sessions.get_current(session, interaction.session_secret)
                    return interaction.redirect(SIGN_IN if person is None else CONFIRM_LINK)
                case "new":
                    state = await links.open_account(session, issuer, auth, client_context, login)
                    if state is None:
                        return interaction.redirect("/identity/register/code")
                    return await interaction.writing(session).advance(state)
    except LoginFailedError as error:
        return await redirect_after_error(interaction.request, error)
    if login.upstream.audience == "staff":
        form.error("answer", gettext_noop("Select which account you want to use at work"))
    else:
        form.error("answer", gettext_noop("Select whether you have an account"))
    return _show_choice(interaction, login, form)


async def _lock_login(session: Session, interaction: Interaction, form: Form) -> UpstreamLogin:
    """Lock the login that the page showed, made in this browser. Raises FailedError."""
    try:
        state_hash = bytes.fromhex(form.get("visit", 64))
    except ValueError:
        state_hash = b""
    login = await login_states.lock_pending(
        session, state_hash, interaction.client_context.browser, interaction.auth.now()
    )
    if login is None:
        raise LoginFailedError("old")
    return login


@router.get("/link/confirm")
async def show_upstream_confirm(_: Anybody, interaction: TheInteraction) -> Response:
    """The page where you confirm that you want to link your account to the one at the provider."""
    async with interaction.database.writing() as session:
        person = await require_mfa_sign_in(interaction.request, session, interaction.auth)
        account = await accounts.get(session, person.account)
        login = await login_states.get_pending(
            session, interaction.client_context.browser, interaction.auth.now()
        )
    if login is None or not login.state.chosen or login.state.account not in {None, person.account}:
        return see_other(interaction.returns_to.destination)
    return interaction.show(
        "upstream-confirm.html",
        provider=title_of(interaction.request, login.upstream),
        there=email_addresses.mask(login.email) if login.email else "",
        account=account,
        visit=login.state.state_hash.hex(),
    )


@router.post("/link/confirm", responses=_REFUSED, openapi_extra=form_body("visit", visit=64))
async def link_upstream(
    _: Anybody, interaction: TheInteraction, issuer: TheIssuer, form: SubmittedForm
) -> Response:
    """Link your account to your account at the provider.

    If you came to prove your identity, you go back to the provider to do so.
    """
    auth, client_context = interaction.auth, interaction.client_context
    try:
        async with interaction.database.writing() as session:
            person = await require_mfa_sign_in(interaction.request, session, auth)
            login = await _lock_login(session, interaction, form)
            state = await links.link_account(session, issuer, auth, client_context, login, person.account)
            if login.state.purpose != requests.PROVE:
                return await interaction.writing(session).advance(state)
    except LoginFailedError as error:
        return await redirect_after_error(interaction.request, error)
    upstream = login.upstream
    return await start_login(interaction, upstream.council, upstream.id, requests.PROVE)
