"""The authorization endpoint, where a browser brings a service's request, and the consent page."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from chassis.auth import public
from chassis.database import Session
from chassis.problems import document_problems
from chassis.rates import network_of
from chassis.web import SubmittedForm, choose_language, form_body
from chassis.web.browsers import browser_secret, remember_browser
from identity.accounts.actions import sessions
from identity.accounts.routes import session_secret
from identity.accounts.rules.browser_sessions import SessionRecord
from identity.authorization.actions import authorization_flow, authorization_request, consent
from identity.authorization.actions.authorization_flow import (
    NewRequest,
    Outcome,
    Prompt,
    ProofRequired,
    SignInRequired,
    TurnedAway,
)
from identity.authorization.actions.authorization_request import Redirect
from identity.clients.routes.dependencies import TheProvider
from identity.shared.dependencies import (
    NOT_REFERRED,
    SANDBOX,
    mark_test_service,
    pages,
    show_wrong_request,
)
from identity.shared.oauth import authorization_requests, claims, redirects, token_requests
from identity.shared.oauth.authorization_requests import PageError

router = APIRouter(tags=["sign-in"])

_PATH = "/identity/authorize"
_PARAMETERS = (
    "client_id", "response_type", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "prompt", "max_age", "ui_locales", "login_hint", "acr_values", "vtr", "claims",
    "request", "request_uri", "response_mode", "id_token_hint",
)  # fmt: skip
_FIELDS = {name: {"type": "string", "maxLength": authorization_requests.MAX_LENGTH} for name in _PARAMETERS}
_QUERY: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "query", "required": name == "client_id", "schema": schema}
        for name, schema in _FIELDS.items()
    ]
}
FORM_OPERATION: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {token_requests.FORM: {"schema": {"type": "object", "properties": _FIELDS}}},
    },
    "x-limits": {"body": token_requests.MAX_BODY},
}
_REDIRECTED = "Redirects to sign in, to prove an identity, or to the service with a code or an error"
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "A page that asks the person", "content": {"text/html": {}}},
    302: {"description": _REDIRECTED},
    303: {"description": _REDIRECTED},
    400: {
        "description": "A page: the request cannot be answered to any service",
        "content": {"text/html": {}},
    },
    403: {
        "description": "A page: the person may not use this service, as in the sandbox only testers may",
        "content": {"text/html": {}},
    },
}
RequestId = Annotated[str, Query(alias="request", min_length=20, max_length=100)]


@router.get(_PATH, responses=RESPONSES, openapi_extra=_QUERY)
async def authorize(_: Annotated[None, public], request: Request, provider: TheProvider) -> Response:
    """Ask who a person is (RFC 6749 section 4.1.1, OpenID Connect Core 3.1.2.1).

    Send the person's browser here with your request.
    """
    try:
        parameters = authorization_requests.parse_parameters(request.url.query)
        async with provider.admit_sign_in(parameters.get("client_id", ""), network_of(request)):
            new = await authorization_flow.check_request(provider, parameters)
            return await _start(request, provider, new)
    except PageError as error:
        return show_wrong_request(request, error)


async def _start(request: Request, provider: TheProvider, new: NewRequest) -> Response:
    async def start(session: Session, record: SessionRecord | None) -> Outcome:
        browser = browser_secret(request)
        return await authorization_flow.start_request(session, provider, new, browser, record)

    return await run_step(request, provider, start)


@router.post(_PATH, responses=RESPONSES, openapi_extra=FORM_OPERATION)
async def authorize_by_form(_: Annotated[None, public], request: Request, provider: TheProvider) -> Response:
    """Ask who a person is, by a form.

    The request is saved, and the browser sent back here for it with its cookies.
    """
    try:
        parameters = authorization_requests.parse_parameters(
            (await request.body()).decode("ascii", "replace")
        )
        async with provider.admit_sign_in(parameters.get("client_id", ""), network_of(request)):
            return RedirectResponse(await _save_form_request(provider, parameters), 303, NOT_REFERRED)
    except PageError as error:
        return show_wrong_request(request, error)


async def _save_form_request(provider: TheProvider, parameters: Mapping[str, str]) -> str:
    """Save a request that came by a form; answers the URL for the browser. Raises PageError."""
    client = await authorization_request.get_client(provider, parameters)
    checked = await authorization_request.check_browser_request(provider, client, parameters)
    if isinstance(checked, Redirect):
        return checked.url
    async with provider.database.writing() as session:
        uri = await authorization_flow.push_request(session, provider, client, checked)
    return f"{_PATH}?{urlencode({'client_id': client.client_id, 'request_uri': uri})}"


@router.get(f"{_PATH}/continue", responses=RESPONSES)
async def continue_authorize(
    _: Annotated[None, public], request: Request, provider: TheProvider, secret: RequestId
) -> Response:
    """Continue a request after the person has signed in. The next step is decided afresh."""

    async def resume(session: Session, record: SessionRecord | None) -> Outcome:
        browser = browser_secret(request)
        return await authorization_flow.continue_request(session, provider, secret, browser, record)

    return await run_step(request, provider, resume)


@router.post(
    f"{_PATH}/consent",
    responses={**RESPONSES, **document_problems(403)},
    openapi_extra=form_body("request", "person", "answer", request=100, person=100, answer=10),
)
async def answer_consent(
    _: Annotated[None, public], request: Request, provider: TheProvider, form: SubmittedForm
) -> Response:
    """Answer the consent page: whether the service may have what it asked for."""

    async def answer(session: Session, record: SessionRecord | None) -> Outcome:
        return await consent.answer_consent(
            session,
            provider,
            form.get("request"),
            browser_secret(request),
            record,
            form.get("person"),
            agrees=form.get("answer") == "yes",
        )

    return await run_step(request, provider, answer, 303)


async def run_step(
    request: Request,
    provider: TheProvider,
    step: Callable[[Session, SessionRecord | None], Awaitable[Outcome]],
    status: int = 302,
) -> Response:
    """Run one step in one transaction, which ends before the response leaves."""
    try:
        async with provider.database.writing() as session:
            outcome = await step(session, await sessions.get_current(session, session_secret(request)))
    except PageError as error:
        return show_wrong_request(request, error)
    match outcome:
        case Redirect(url):
            pass
        case SignInRequired(secret):
            url = f"/identity/sign-in?{urlencode({'request': secret})}"
        case ProofRequired(secret):
            url = f"/identity/prove?{urlencode({'request': secret})}"
        case TurnedAway(prompt):
            return _show_turned_away(request, prompt)
        case Prompt():
            return _show_consent(request, outcome)
    response = RedirectResponse(url, status, NOT_REFERRED)
    remember_browser(request, response)
    return response


def _show_turned_away(request: Request, prompt: Prompt) -> Response:
    """Show that the person may not use the service, with a way back to it and one to another account."""
    client = prompt.client.record
    mark_test_service(request, client.mode)
    return pages.render(
        request,
        "not-admitted.html",
        403,
        form_action=(redirects.build_csp_source(prompt.content.redirect_uri),),
        council_name=client.council_name,
        service_name=client.name_in(choose_language(request)),
        request_id=prompt.request,
        person=prompt.person,
        sandbox=client.mode == SANDBOX,
    )


def _show_consent(request: Request, prompt: Prompt) -> Response:
    """Show the consent page. Its form leads to the service, which the page's policy must allow."""
    content, client = prompt.content, prompt.client.record
    mark_test_service(request, client.mode)
    return pages.render(
        request,
        "consent.html",
        form_action=(redirects.build_csp_source(content.redirect_uri),),
        council_name=client.council_name,
        service_name=client.name,
        request_id=prompt.request,
        person=prompt.person,
        claims=content.claims,
        core_identity=claims.CORE_IDENTITY,
        address=claims.ADDRESS,
        offline=authorization_requests.OFFLINE_ACCESS in content.scopes,
        scopes=[scope for scope in content.scopes if ":" in scope],
    )
