"""Pages to sign in through another provider, as GOV.UK One Login or a council's own directory, and back."""

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Database, Session
from chassis.ids import Id
from chassis.problems import documents, not_found
from chassis.types import Slug
from chassis.web import SubmittedForm, form_body, see_other
from identity.accounts.actions import sessions
from identity.accounts.actions.sessions import BrowserSession
from identity.accounts.routes import TheAuthContext
from identity.issuer.routes import TheIssuer
from identity.shared.dependencies import pages
from identity.shared.rules import limits
from identity.sign_in.routes.interaction import (
    CONFIRM,
    Interaction,
    TheClientContext,
    TheInteraction,
    go_on,
    too_often,
)
from identity.sign_in.routes.upstream_failures import LINKS, failed, interaction_of_visit, title_of, told
from identity.upstream_login.actions import callback, links, login_states
from identity.upstream_login.actions.links import Settled
from identity.upstream_login.actions.login_states import FailedError, Question, UpstreamLogin
from identity.upstream_login.rules import requests
from identity.upstream_login.rules.requests import PROVE, SIGN_IN
from identity.upstreams.actions.providers import AwayError, Providers
from identity.upstreams.actions.upstreams import redirect_uri
from identity.upstreams.store import Upstream
from identity.verification.actions.context import AuthContext, ClientContext

router = APIRouter(prefix="/identity/upstream", tags=["sign-in"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = documents(403, 409)
_SIGN_IN = "/identity/sign-in"
_DECIDE = "/identity/upstream/link"
_LOOPBACK = ("localhost", "127.0.0.1")
_WAY_BACK: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string", "maxLength": 4_096}}
        for name in ("state", "code", "iss", "error", "error_description")
    ]
}


@router.post("/{council}/{upstream_id}", responses=_REFUSED, openapi_extra=form_body("purpose", purpose=20))
async def start_upstream(
    _: Anybody, request: Request, council: Slug, upstream_id: Id, auth: TheAuthContext, client_context: TheClientContext,
    interaction: TheInteraction, form: SubmittedForm,
) -> Response:  # fmt: skip
    """Send the browser to the provider, to sign in, to link it with the account, or to prove who one is."""
    purpose = form.get("purpose", 20)
    if purpose not in requests.PURPOSES:
        raise not_found("purpose of this name")
    return await start(request, auth, client_context, interaction, council, upstream_id, purpose)


async def start(
    request: Request,
    auth: AuthContext,
    client_context: ClientContext,
    interaction: Interaction,
    council: str,
    upstream_id: UUID,
    purpose: str,
) -> Response:
    """To the provider, which is asked first how it is to be asked; no transaction is open meanwhile."""
    database: Database = request.app.state.database
    if interaction.request is None:
        interaction = replace(interaction, council=council)
    async with database.writing(council) as session:
        upstream = await _offered(request, council, upstream_id, session)
        person = await sessions.current(session, request)
        retry_after = await auth.retry_after(session, (limits.UPSTREAM_FROM_NETWORK, client_context.network))
        if retry_after is not None:
            return too_often(request, auth, retry_after)
        is_linked = person is not None and await links.linked(session, upstream, person.account)
    if purpose != SIGN_IN and person is None:
        return see_other(interaction.at(_SIGN_IN))
    if purpose == PROVE and upstream.identity_level is None:
        raise not_found("proof of identity at this provider")
    question = _question(request, auth, upstream, interaction, purpose, person, is_linked=is_linked)
    try:
        provider = await _providers(request).describe(upstream.issuer)
    except AwayError:
        return failed(interaction, "away", upstream, purpose)
    async with database.writing(council) as session:
        where = await login_states.begin(session, auth, client_context, upstream, provider, question)
    return _leave(request, where, upstream)


async def _offered(request: Request, council: str, upstream_id: UUID, session: Session) -> Upstream:
    known = request.app.state.directory.councils.get(council)
    found = await login_states.offered(session, council, upstream_id)
    if found is None or known is None or known.suspended:
        raise not_found("way to sign in with this id")
    return found


def _question(
    request: Request,
    auth: AuthContext,
    upstream: Upstream,
    interaction: Interaction,
    purpose: str,
    person: BrowserSession | None,
    *,
    is_linked: bool,
) -> Question:
    """Who is signed in already and comes to sign in must show it anew, and so where a service asks it."""
    asked = interaction.asked
    again = asked is not None and (asked.max_age is not None or {"login", "select_account"} & asked.prompt)
    wanted = asked.identity if asked is not None and purpose == PROVE else ""
    level = wanted if wanted in {"P1", "P2"} else upstream.identity_level or ""
    return Question(
        purpose=purpose,
        account=person.account if person is not None and purpose != SIGN_IN else None,
        vot=links.question_of(upstream, purpose, level, is_linked=is_linked),
        fresh=purpose == SIGN_IN and (person is not None or bool(again)),
        redirect_uri=_way_back(request, auth, upstream),
        request=interaction.request,
        page=interaction.then,
    )


def _way_back(request: Request, auth: AuthContext, upstream: Upstream) -> str:
    """Where the provider sends people: on a laptop to the name they came by, for their cookies hang on it."""
    uri = redirect_uri(auth.settings, upstream.council, upstream.id)
    own, asked = urlsplit(uri), request.url
    at_home = own.scheme == "http" and own.hostname in _LOOPBACK and asked.hostname in _LOOPBACK
    if at_home and own.port == asked.port:
        return own._replace(netloc=f"{asked.hostname}:{asked.port}").geturl()
    return uri


def _leave(request: Request, where: str, upstream: Upstream) -> Response:
    """A page that goes on by itself, not a redirect.

    Browsers hold the redirects after a form to its page's policy, and where a provider leads people on to
    nobody knows before.
    """
    answer = pages.render(request, "upstream-leave.html", where=where, provider=title_of(request, upstream))
    answer.headers["Refresh"] = f"0; url={where}"
    return answer


@router.get("/{council}/{upstream_id}/callback", responses=_REFUSED, openapi_extra=_WAY_BACK)
async def end_upstream(
    _: Anybody, request: Request, council: Slug, upstream_id: Id, auth: TheAuthContext, client_context: TheClientContext,
    issuer: TheIssuer,
) -> Response:  # fmt: skip
    """The browser comes back from the provider."""
    database: Database = request.app.state.database
    try:
        login = await callback.come_back(
            database,
            auth,
            _providers(request),
            council,
            upstream_id,
            client_context.browser,
            request.url.query,
        )
        interaction = await interaction_of_visit(request, login.visit)
        async with database.writing(council) as session:
            person = await sessions.current(session, request)
            settled = await links.settle(session, issuer, auth, client_context, login, person)
            if settled.auth_state is not None:
                return await go_on(session, request, auth, client_context, interaction, settled.auth_state)
    except FailedError as error:
        return await told(request, error, council)
    return await _next(request, auth, client_context, interaction, login, settled)


async def _next(
    request: Request,
    auth: AuthContext,
    client_context: ClientContext,
    interaction: Interaction,
    login: UpstreamLogin,
    settled: Settled,
) -> Response:
    match settled.next:
        case "ask-again":
            upstream = login.upstream
            return await start(
                request, auth, client_context, interaction, upstream.council, upstream.id, PROVE
            )
        case "linked":
            return see_other(LINKS)
        case "confirm":
            return see_other(interaction.at(CONFIRM))
        case _:
            return see_other(interaction.at(_DECIDE))


def _providers(request: Request) -> Providers:
    providers: Providers = request.app.state.providers
    return providers
