"""Pages of who has come back from another provider: which account that is, and whether it is this one."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Session
from chassis.problems import documents
from chassis.web import Form, SubmittedForm, form_body, say, see_other
from identity.accounts.actions import accounts, sessions
from identity.accounts.routes import TheAuthContext
from identity.issuer.routes import TheIssuer
from identity.shared.rules import email_addresses
from identity.sign_in.routes.interaction import (
    CONFIRM,
    Interaction,
    TheClientContext,
    TheInteraction,
    go_on,
    onward,
    require_mfa_sign_in,
    show,
)
from identity.sign_in.routes.upstream import start
from identity.sign_in.routes.upstream_failures import elsewhere, title_of, told
from identity.upstream_login.actions import links, login_states
from identity.upstream_login.actions.login_states import FailedError, UpstreamLogin
from identity.upstream_login.rules.requests import PROVE, SIGN_IN
from identity.upstream_login.store import login_states as store
from identity.verification.actions.context import AuthContext, ClientContext

router = APIRouter(prefix="/identity/upstream", tags=["sign-in"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = documents(403, 409)
_SIGN_IN = "/identity/sign-in"


@router.get("/link")
async def show_upstream_choice(
    _: Anybody,
    request: Request,
    auth: TheAuthContext,
    client_context: TheClientContext,
    interaction: TheInteraction,
) -> Response:
    """Who has come back for the first time says which account he is."""
    async with request.app.state.database.reading() as session:
        login = await login_states.waiting(session, client_context.browser, auth.now())
    if login is None or login.visit.purpose != SIGN_IN:
        return see_other(interaction.at(_SIGN_IN))
    return _choice(request, interaction, login, Form())


def _choice(request: Request, interaction: Interaction, login: UpstreamLogin, form: Form) -> Response:
    return show(
        request,
        interaction,
        "upstream-link.html",
        200 if form.ok else 400,
        form=form,
        provider=title_of(request, login.upstream),
        visit=login.visit.state_hash.hex(),
        staff=login.upstream.audience == "staff",
    )


@router.post("/link", responses=_REFUSED, openapi_extra=form_body("visit", "answer", visit=64, answer=10))
async def choose_upstream_account(
    _: Anybody, request: Request, auth: TheAuthContext, client_context: TheClientContext, issuer: TheIssuer,
    interaction: TheInteraction, form: SubmittedForm,
) -> Response:  # fmt: skip
    """``have``: an account, to sign in to first; ``new``: open one; ``cancel``: neither."""
    try:
        async with request.app.state.database.writing() as session:
            login = await _decided(session, auth, client_context, form)
            match form.get("answer", 10):
                case "cancel":
                    await store.done(session, login.visit.state_hash, client_context.browser)
                    return see_other(elsewhere(interaction, login.visit.purpose))
                case "have":
                    await store.choose(session, login.visit.state_hash, client_context.browser)
                    person = await sessions.current(session, request)
                    return see_other(interaction.at(_SIGN_IN if person is None else CONFIRM))
                case "new":
                    auth_state = await links.open_new(session, issuer, auth, client_context, login)
                    if auth_state is None:
                        return see_other(interaction.at("/identity/register/code"))
                    return await go_on(session, request, auth, client_context, interaction, auth_state)
    except FailedError as error:
        return await told(request, error)
    if login.upstream.audience == "staff":
        form.error("answer", say("Select which account you want to use at work"))
    else:
        form.error("answer", say("Select whether you have an account"))
    return _choice(request, interaction, login, form)


async def _decided(
    session: Session, auth: AuthContext, client_context: ClientContext, form: Form
) -> UpstreamLogin:
    """The very visit that the page showed, in this browser."""
    try:
        state = bytes.fromhex(form.get("visit", 64))
    except ValueError:
        state = b""
    login = await login_states.locked(session, state, client_context.browser, auth.now())
    if login is None:
        raise FailedError("old")
    return login


@router.get("/link/confirm")
async def show_upstream_confirm(
    _: Anybody,
    request: Request,
    auth: TheAuthContext,
    client_context: TheClientContext,
    interaction: TheInteraction,
) -> Response:
    """Whether whoever came back is the account that is signed in."""
    async with request.app.state.database.writing() as session:
        person = await require_mfa_sign_in(request, session, auth)
        account = await accounts.one(session, person.account)
        login = await login_states.waiting(session, client_context.browser, auth.now())
    if login is None or not login.visit.chosen or login.visit.account not in {None, person.account}:
        return see_other(onward(interaction))
    return show(
        request,
        interaction,
        "upstream-confirm.html",
        provider=title_of(request, login.upstream),
        there=email_addresses.masked(login.email) if login.email else "",
        account=account,
        visit=login.visit.state_hash.hex(),
    )


@router.post("/link/confirm", responses=_REFUSED, openapi_extra=form_body("visit", visit=64))
async def link_upstream(
    _: Anybody, request: Request, auth: TheAuthContext, client_context: TheClientContext, issuer: TheIssuer,
    interaction: TheInteraction, form: SubmittedForm,
) -> Response:  # fmt: skip
    """He is: from now on he may sign in there. Who came to prove who he is goes back for that."""
    try:
        async with request.app.state.database.writing() as session:
            person = await require_mfa_sign_in(request, session, auth)
            login = await _decided(session, auth, client_context, form)
            auth_state = await links.link(session, issuer, auth, client_context, login, person.account)
            if login.visit.purpose != PROVE:
                return await go_on(session, request, auth, client_context, interaction, auth_state)
    except FailedError as error:
        return await told(request, error)
    upstream = login.upstream
    return await start(request, auth, client_context, interaction, upstream.council, upstream.id, PROVE)
