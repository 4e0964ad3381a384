"""The logout endpoint (OpenID Connect RP-Initiated Logout 1.0)."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from chassis.auth import public
from chassis.problems import document_problems
from chassis.web import SubmittedForm, form_body
from chassis.web.browsers import browser_secret, is_cross_site_post, remember_browser
from identity.accounts.actions import sessions
from identity.accounts.routes import delete_session_cookie, session_secret
from identity.clients.routes.dependencies import TheProvider
from identity.logout.actions import rp_initiated_logout
from identity.logout.actions.rp_initiated_logout import LogoutRequest
from identity.shared.dependencies import NOT_REFERRED, pages, show_wrong_request
from identity.shared.oauth import authorization_requests, redirects, token_requests
from identity.shared.oauth.authorization_requests import PageError
from identity.upstream_login.actions import login_states
from identity.verification.actions.context import hash_browser_secret

router = APIRouter(tags=["sign-in"])

_PATH = "/identity/logout"
_FIELDS = {
    name: {"type": "string", "maxLength": most}
    for name, most in {
        "id_token_hint": 4_096, "client_id": 100, "post_logout_redirect_uri": 2_000, "state": 1_000,
        "logout_hint": 200, "ui_locales": 200,
    }.items()
}  # fmt: skip
_QUERY: dict[str, Any] = {
    "parameters": [{"name": name, "in": "query", "schema": schema} for name, schema in _FIELDS.items()]
}
_FORM_OPERATION: dict[str, Any] = {
    "requestBody": {"content": {token_requests.FORM: {"schema": {"type": "object", "properties": _FIELDS}}}},
    "x-limits": {"body": token_requests.MAX_BODY},
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "A page: you have signed out, or a question", "content": {"text/html": {}}},
    302: {"description": "Signed out; redirects to the service"},
    303: {"description": "Signed out; redirects to the service"},
}


@router.get(_PATH, responses=_RESPONSES, openapi_extra=_QUERY)
async def log_out(_: Annotated[None, public], request: Request, provider: TheProvider) -> Response:
    """Sign a person out. Send their browser here.

    Without an `id_token_hint` of their current session, they are asked first.
    """
    return await _log_out(request, provider, request.url.query)


@router.post(_PATH, responses=_RESPONSES, openapi_extra=_FORM_OPERATION)
async def log_out_by_form(_: Annotated[None, public], request: Request, provider: TheProvider) -> Response:
    """Sign a person out, by a form.

    From another site it comes without cookies, so the browser is sent back here with them.
    """
    text = (await request.body()).decode("ascii", "replace")
    if not is_cross_site_post(request):
        return await _log_out(request, provider, text)
    try:
        query = urlencode(authorization_requests.parse_parameters(text))
    except PageError as error:
        return show_wrong_request(request, error)
    return RedirectResponse(f"{_PATH}?{query}", 303, NOT_REFERRED)


@router.post(
    f"{_PATH}/confirm",
    responses={**_RESPONSES, **document_problems(403)},
    openapi_extra=form_body(back=2_000, client_id=100, state=1_000),
)
async def confirm_log_out(
    _: Annotated[None, public], request: Request, provider: TheProvider, form: SubmittedForm
) -> Response:
    """Confirm that you want to sign out."""
    fields = {
        "client_id": form.get("client_id"),
        "state": form.get("state", 1_000),
        "post_logout_redirect_uri": form.get("back", 2_000),
    }
    parameters = {name: value for name, value in fields.items() if value}
    logout = await rp_initiated_logout.parse_logout_request(provider, parameters, None)
    return await _end_session(request, provider, logout)


async def _log_out(request: Request, provider: TheProvider, text: str) -> Response:
    try:
        parameters = authorization_requests.parse_parameters(text)
        async with provider.database.reading() as session:
            signed_in = await sessions.get_current(session, session_secret(request))
        logout = await rp_initiated_logout.parse_logout_request(provider, parameters, signed_in)
    except PageError as error:
        return show_wrong_request(request, error)
    if logout.certain or (signed_in is None and request.method == "GET"):
        return await _end_session(request, provider, logout)
    uri = logout.return_uri
    return pages.render(
        request,
        "sign-out.html",
        form_action=(redirects.build_csp_source(uri),) if uri else (),
        back=uri or "",
        client_id=logout.client_id,
        state=logout.state,
    )


async def _end_session(request: Request, provider: TheProvider, logout: LogoutRequest) -> Response:
    async with provider.database.writing() as session:
        signed_in = await sessions.get_current(session, session_secret(request))
        if signed_in is not None:
            await sessions.end(session, signed_in.account, signed_in.session, "signed-out")
        await login_states.delete_pending(session, hash_browser_secret(browser_secret(request)))
    url = logout.build_return_url()
    if url is None:
        response: Response = pages.render(request, "signed-out.html")
    else:
        response = RedirectResponse(url, 303 if request.method == "POST" else 302, NOT_REFERRED)
        remember_browser(request, response)
    delete_session_cookie(request, response)
    return response
