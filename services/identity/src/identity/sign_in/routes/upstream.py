"""Send a browser to another provider to sign in, and take it in again when it comes back."""

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Session
from chassis.ids import Id
from chassis.problems import document_problems, not_found
from chassis.types import Slug
from chassis.web import SubmittedForm, form_body, see_other
from identity.accounts.actions import sessions
from identity.accounts.rules.browser_sessions import SessionRecord
from identity.assurance.rules import SIGN_IN
from identity.issuer.routes import TheIssuer
from identity.settings import Settings
from identity.shared.dependencies import pages
from identity.sign_in.routes.interaction import CONFIRM_LINK, Interaction, TheInteraction
from identity.sign_in.routes.upstream_failure import (
    LINKS,
    redirect_after_error,
    redirect_to_failure,
    return_of_visit,
    title_of,
)
from identity.upstream_login.actions import callback, links, login_states
from identity.upstream_login.actions.links import LoginOutcome
from identity.upstream_login.actions.login_states import LoginFailedError, LoginRequest, UpstreamLogin
from identity.upstream_login.rules import requests
from identity.upstreams.actions import upstreams
from identity.upstreams.actions.providers import Providers, ProviderUnavailableError
from identity.upstreams.actions.upstreams import build_redirect_uri
from identity.upstreams.rules.upstream import Upstream

router = APIRouter(prefix="/identity/upstream", tags=["sign-in"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
_REFUSED = document_problems(403, 409)
_LINK = "/identity/upstream/link"
_LOOPBACK = ("localhost", "127.0.0.1")
_CALLBACK: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string", "maxLength": 4_096}}
        for name in ("state", "code", "iss", "error", "error_description")
    ]
}


@router.post("/{council}/{upstream_id}", responses=_REFUSED, openapi_extra=form_body("purpose", purpose=20))
async def start_upstream(
    _: Anybody, council: Slug, upstream_id: Id, interaction: TheInteraction, form: SubmittedForm
) -> Response:
    """Go to another provider: to sign in, to link it with your account, or to prove your identity."""
    purpose = form.get("purpose", 20)
    if purpose not in requests.PURPOSES:
        raise not_found("purpose of this name")
    return await start_login(interaction, council, upstream_id, purpose)


async def start_login(interaction: Interaction, council: str, upstream_id: UUID, purpose: str) -> Response:
    """Send the browser to the provider. The provider's metadata is read first, with no transaction open."""
    request, returns_to = interaction.request, interaction.returns_to
    if returns_to.request_id is None:
        interaction = interaction.returning_to(replace(returns_to, council=council))
    async with interaction.database.writing(council) as session:
        upstream = await _get_upstream(request, council, upstream_id, session)
        person = await sessions.get_current(session, interaction.session_secret)
        limit = interaction.auth.settings.limit_upstream_sign_ins_from_network
        retry_after = await interaction.auth.retry_after(session, (limit, interaction.client_context.network))
        if retry_after is not None:
            return interaction.show_too_often(retry_after)
        is_linked = person is not None and await links.is_linked(session, upstream, person.account)
    if purpose != requests.SIGN_IN and person is None:
        return interaction.redirect(SIGN_IN)
    if purpose == requests.PROVE and upstream.identity_level is None:
        raise not_found("proof of identity at this provider")
    question = _question(interaction, upstream, purpose, person, is_linked=is_linked)
    try:
        provider = await _providers(request).get_metadata(upstream.issuer)
    except ProviderUnavailableError:
        return redirect_to_failure(interaction.returns_to, "away", upstream, purpose)
    async with interaction.database.writing(council) as session:
        url = await login_states.start_login(
            session, interaction.auth, interaction.client_context, upstream, provider, question
        )
    return _show_leaving(request, url, upstream)


async def _get_upstream(request: Request, council: str, upstream_id: UUID, session: Session) -> Upstream:
    registered = request.app.state.directory.councils.get(council)
    upstream = await upstreams.get_enabled(session, council, upstream_id)
    if upstream is None or registered is None or registered.suspended:
        raise not_found("way to sign in with this id")
    return upstream


def _question(
    interaction: Interaction,
    upstream: Upstream,
    purpose: str,
    person: SessionRecord | None,
    *,
    is_linked: bool,
) -> LoginRequest:
    """What to ask the provider. Somebody who is signed in and comes to sign in must do so anew."""
    returns_to, sign_in_request = interaction.returns_to, interaction.returns_to.sign_in_request
    level = sign_in_request.identity if sign_in_request is not None and purpose == requests.PROVE else ""
    if level not in {"P1", "P2"}:
        level = upstream.identity_level or ""
    again = person is not None or (sign_in_request is not None and sign_in_request.needs_new_sign_in)
    return LoginRequest(
        purpose=purpose,
        account=person.account if person is not None and purpose != requests.SIGN_IN else None,
        vot=links.choose_vot(upstream, purpose, level, is_linked=is_linked),
        fresh=purpose == requests.SIGN_IN and again,
        redirect_uri=_callback_url(interaction.request, interaction.auth.settings, upstream),
        request=returns_to.request_id,
        page=returns_to.page,
    )


def _callback_url(request: Request, settings: Settings, upstream: Upstream) -> str:
    """Where the provider sends the browser back to.

    On a laptop that is the name the browser uses, localhost or 127.0.0.1: its cookies are of that name.
    """
    uri = build_redirect_uri(settings, upstream)
    configured, used = urlsplit(uri), request.url
    on_laptop = (
        configured.scheme == "http" and configured.hostname in _LOOPBACK and used.hostname in _LOOPBACK
    )
    if on_laptop and configured.port == used.port:
        return configured._replace(netloc=f"{used.hostname}:{used.port}").geturl()
    return uri


def _show_leaving(request: Request, url: str, upstream: Upstream) -> Response:
    """Show a page that goes on to the provider by itself: a redirect would not do.

    Browsers apply the page's policy for forms to the redirects after a form, and nobody knows beforehand
    where a provider redirects people to.
    """
    response = pages.render(request, "upstream-leave.html", where=url, provider=title_of(request, upstream))
    response.headers["Refresh"] = f"0; url={url}"
    return response


@router.get("/{council}/{upstream_id}/callback", responses=_REFUSED, openapi_extra=_CALLBACK)
async def end_upstream(
    _: Anybody, council: Slug, upstream_id: Id, interaction: TheInteraction, issuer: TheIssuer
) -> Response:
    """The page you come back to from the provider."""
    request, auth, client_context = interaction.request, interaction.auth, interaction.client_context
    async with interaction.database.reading() as reader:
        council = await upstreams.find_council(reader, council, upstream_id)
    try:
        login = await callback.handle_callback(
            interaction.database,
            auth,
            _providers(request),
            council,
            upstream_id,
            client_context.browser,
            request.url.query,
        )
        interaction = interaction.returning_to(await return_of_visit(request, login.state))
        async with interaction.database.writing(council) as session:
            person = await sessions.get_current(session, interaction.session_secret)
            settled = await links.complete_login(session, issuer, auth, client_context, login, person)
            if settled.auth_state is not None:
                return await interaction.writing(session).advance(settled.auth_state)
    except LoginFailedError as error:
        return await redirect_after_error(request, error, council)
    return await _redirect(interaction, login, settled)


async def _redirect(interaction: Interaction, login: UpstreamLogin, settled: LoginOutcome) -> Response:
    """Send the browser on after a login that does not sign anybody in."""
    match settled.next:
        case "ask-again":
            return await start_login(interaction, login.upstream.council, login.upstream.id, requests.PROVE)
        case "linked":
            return see_other(LINKS)
        case "confirm":
            return interaction.redirect(CONFIRM_LINK)
        case _:
            return interaction.redirect(_LINK)


def _providers(request: Request) -> Providers:
    providers: Providers = request.app.state.providers
    return providers
