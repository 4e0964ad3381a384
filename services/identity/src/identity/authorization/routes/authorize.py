"""The authorisation endpoint, where a browser comes with a service's request, and the consent page."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from chassis.auth import public
from chassis.database import Session
from chassis.web import SubmittedForm, form_body
from chassis.web.browsers import browser_secret, remember_browser
from identity.accounts.actions import sessions
from identity.accounts.actions.sessions import BrowserSession
from identity.accounts.routes import session_secret
from identity.authorization.actions import authorization_flow, authorization_request
from identity.authorization.actions.authorization_flow import Ask, Outcome, Prove, SignIn
from identity.authorization.actions.authorization_request import Redirect
from identity.clients.routes.dependencies import TheProvider
from identity.shared.dependencies import NOT_REFERRED, network_of, pages, show_wrong_request
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
POSTED: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {token_requests.FORM: {"schema": {"type": "object", "properties": _FIELDS}}},
    },
    "x-limits": {"body": token_requests.MAX_BODY},
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "A page that asks the person", "content": {"text/html": {}}},
    302: {"description": "To sign in, to prove who one is, or to the service with a code or an error"},
    303: {"description": "To sign in, to prove who one is, or to the service with a code or an error"},
    400: {
        "description": "A page: the request cannot be answered to any service",
        "content": {"text/html": {}},
    },
}
RequestId = Annotated[str, Query(alias="request", min_length=20, max_length=100)]


@router.get(_PATH, responses=ANSWERS, openapi_extra=_QUERY)
async def authorize(_: Annotated[None, public], request: Request, provider: TheProvider) -> Response:
    """A service asks who the person is (RFC 6749 section 4.1.1, OpenID Connect Core 3.1.2.1)."""
    try:
        given = authorization_requests.parse_parameters(request.url.query)
    except PageError as error:
        return show_wrong_request(request, error)

    async def work(session: Session, signed_in: BrowserSession | None) -> Outcome:
        return await authorization_flow.begin(session, provider, given, browser_secret(request), signed_in)

    async with provider.admit_sign_in(given.get("client_id", ""), network_of(request)):
        return await stepped(request, provider, work)


@router.post(_PATH, responses=ANSWERS, openapi_extra=POSTED)
async def authorize_by_form(_: Annotated[None, public], request: Request, provider: TheProvider) -> Response:
    """The same by a form. It is kept, and the browser comes back for it with its cookies."""
    try:
        given = authorization_requests.parse_parameters((await request.body()).decode("ascii", "replace"))
        async with provider.admit_sign_in(given.get("client_id", ""), network_of(request)):
            return RedirectResponse(await _kept(provider, given), 303, NOT_REFERRED)
    except PageError as error:
        return show_wrong_request(request, error)


async def _kept(provider: TheProvider, given: Mapping[str, str]) -> str:
    """Where the browser goes with a request that came by a form. Raises PageError."""
    client = await authorization_request.client_of(provider, given)
    checked = await authorization_request.check(provider, client, given, "authorize")
    checked = authorization_request.unless_pushed(provider, client, checked)
    if isinstance(checked, Redirect):
        return checked.url
    async with provider.database.writing() as session:
        uri = await authorization_flow.push(session, provider, client, checked)
    return f"{_PATH}?{urlencode({'client_id': client.client_id, 'request_uri': uri})}"


@router.get(f"{_PATH}/continue", responses=ANSWERS)
async def continue_authorize(
    _: Annotated[None, public], request: Request, provider: TheProvider, waiting: RequestId
) -> Response:
    """The person has signed in: what comes next is judged anew."""

    async def work(session: Session, signed_in: BrowserSession | None) -> Outcome:
        return await authorization_flow.proceed(
            session, provider, waiting, browser_secret(request), signed_in
        )

    return await stepped(request, provider, work)


@router.post(
    f"{_PATH}/consent",
    responses=ANSWERS,
    openapi_extra=form_body("request", "person", "answer", request=100, person=100, answer=10),
)
async def answer_consent(
    _: Annotated[None, public], request: Request, provider: TheProvider, form: SubmittedForm
) -> Response:
    """The person agrees that the service learns what it asked for, or does not."""

    async def work(session: Session, signed_in: BrowserSession | None) -> Outcome:
        return await authorization_flow.decide(
            session,
            provider,
            form.get("request"),
            browser_secret(request),
            signed_in,
            form.get("person"),
            agrees=form.get("answer") == "yes",
        )

    return await stepped(request, provider, work, 303)


async def stepped(
    request: Request,
    provider: TheProvider,
    work: Callable[[Session, BrowserSession | None], Awaitable[Outcome]],
    status: int = 302,
) -> Response:
    """One step in one transaction, which ends before the answer leaves."""
    try:
        async with provider.database.writing() as session:
            outcome = await work(session, await sessions.get_current(session, session_secret(request)))
    except PageError as error:
        return show_wrong_request(request, error)
    match outcome:
        case Redirect(url):
            response: Response = RedirectResponse(url, status, NOT_REFERRED)
        case SignIn(waiting):
            where = f"/identity/sign-in?{urlencode({'request': waiting})}"
            response = RedirectResponse(where, status, NOT_REFERRED)
        case Prove(waiting):
            where = f"/identity/prove?{urlencode({'request': waiting})}"
            response = RedirectResponse(where, status, NOT_REFERRED)
        case Ask():
            return _asked(request, outcome)
    remember_browser(request, response)
    return response


def _asked(request: Request, ask: Ask) -> Response:
    """The consent page. The answer to its form leads to the service, which its policy must allow."""
    return pages.render(
        request,
        "consent.html",
        form_action=(origin(ask.wanted.redirect_uri),),
        council_name=ask.client.record.council_name,
        service_name=ask.client.record.name,
        waiting=ask.request,
        person=ask.person,
        claims=ask.wanted.claims,
        core_identity=claims.CORE_IDENTITY,
        address=claims.ADDRESS,
        offline=authorization_requests.OFFLINE_ACCESS in ask.wanted.scopes,
        scopes=[scope for scope in ask.wanted.scopes if ":" in scope],
    )


def origin(url: str) -> str:
    """Where a form of ours may lead, as a page's policy names it."""
    return redirects.build_csp_source(url)
