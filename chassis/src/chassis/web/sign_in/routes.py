"""The way in and out: sign-in, callback, sign-out, back-channel logout. ``/{council}/{service}/...``."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from chassis.auth import public
from chassis.database import Database
from chassis.problems import Problem, document_problems
from chassis.types import Slug
from chassis.web.browsers import delete_cookie, remember_browser, set_cookie
from chassis.web.forms import SubmittedForm, form_body
from chassis.web.html_pages import Pages, see_other
from chassis.web.languages import choose_language
from chassis.web.sign_in import client_routes, sessions, store
from chassis.web.sign_in.relying_party import GrantRefusedError, PendingSignIn, RelyingParty
from chassis.web.sign_in.service import SignIn
from chassis.web.sign_in.staff import name_cookie, read_cookie
from chassis.web.sign_in.state_cookies import forget_pending, read_pending, remember_pending

_router = APIRouter(tags=["sign-in"])
Anybody = Annotated[None, public]
Text = Annotated[str, Query(max_length=2_000)]
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def make_router(service: str, sign_in: SignIn) -> APIRouter:
    """Make the router of a service's sign-in."""
    router = APIRouter()
    prefix = f"/{{council}}/{service}"
    router.include_router(_router, prefix=prefix)
    router.include_router(client_routes.make_router(sign_in.permission), prefix=prefix)
    return router


@_router.get("/sign-in", response_class=HTMLResponse, responses=document_problems(404))
async def start_sign_in(
    _: Anybody,
    request: Request,
    council: Slug,
    back: Text = "",
    mode: Literal["sandbox", "live"] | None = None,
) -> Response:
    """Sign in as a member of staff: on to the issuer, and back to the page you were going to."""
    party = _party(request)
    if (detour := _find_detour(request)) is not None:
        return detour
    client_id = await _find_client_id(request, council, mode)
    if client_id is None:
        raise Problem(404, "no-sign-in", "The council has not set up sign-in for its staff here yet.")
    pending = PendingSignIn(client_id, _read_back(request, council, back))
    redirect_uri = client_routes.make_url(request, council, "signed-in")
    url = party.make_authorization_url(
        pending, redirect_uri, request.app.state.service.sign_in.scopes, choose_language(request)
    )
    response = RedirectResponse(url, 303, _HEADERS)
    remember_browser(request, response)
    remember_pending(request, response, pending)
    return response


@_router.get("/signed-in", response_class=HTMLResponse, responses=document_problems(404))
async def complete_sign_in(
    _: Anybody,
    request: Request,
    council: Slug,
    state: Text = "",
    code: Text = "",
    iss: Text = "",
) -> Response:
    """Come back from the issuer, and go on to the page you were going to."""
    party = _party(request)
    pending = read_pending(request, state)
    if pending is None or iss != party.issuer or not code:  # another's answer, a stale one, or a refusal
        return _show_failure(request, council, pending.back if pending else "")
    redirect_uri = client_routes.make_url(request, council, "signed-in")
    try:
        tokens = await party.redeem_code(pending, code, redirect_uri)
        claims = await party.read_id_token(tokens.id_token, pending)
    except GrantRefusedError:
        return _show_failure(request, council, pending.back)
    caller = await sessions.verify(request.app, tokens.access_token)
    if caller is None or caller.subject != claims["sub"] or not caller.may_act_in(council):
        return _show_failure(request, council, pending.back)
    person = await party.fetch_person(tokens.access_token, caller.subject)
    tokens.email = person.email
    name = person.name or person.email
    secret = await sessions.begin_session(request.app, council, pending.client_id, claims, tokens, name)
    response = see_other(pending.back)
    forget_pending(request, response, state)
    set_cookie(request, response, name_cookie(request), secret)
    return response


@_router.post(
    "/sign-out", response_class=HTMLResponse, responses=document_problems(403), openapi_extra=form_body()
)
async def sign_out(_: Anybody, request: Request, council: Slug, _form: SubmittedForm) -> Response:
    """Sign out, here and at the issuer."""
    goodbye = client_routes.make_url(request, council, "signed-out")
    row = await sessions.find_session(request.app, council, read_cookie(request))
    url = goodbye
    if row is not None:
        id_token = sessions.open_tokens(_party(request), row).id_token
        await sessions.end_session(request.app, row)
        url = _party(request).make_logout_url(id_token, goodbye)
    response = see_other(url)
    delete_cookie(request, response, name_cookie(request))
    return response


@_router.get("/signed-out", response_class=HTMLResponse)
async def show_signed_out(_: Anybody, request: Request, council: Slug) -> Response:
    """Show that you have signed out."""
    return _pages(request).render(request, "staff-signed-out.html", home=_home(request, council))


@_router.post("/sign-in/logout", status_code=200, response_class=Response, responses=document_problems(400))
async def receive_logout(
    _: Anybody, request: Request, council: Slug, logout_token: Annotated[str, Form(max_length=8_192)]
) -> Response:
    """End the sessions that a logout token names (OpenID Connect Back-Channel Logout)."""
    claims = await _read_logout_token(request, council, logout_token)
    async with _database(request).writing(council) as session:
        await store.end_sessions(
            session, council, str(claims.get("sid", ""))[:200], str(claims.get("sub", ""))[:200]
        )
    return Response(headers={"Cache-Control": "no-store"})


async def _read_logout_token(request: Request, council: str, token: str) -> Mapping[str, Any]:
    async with _database(request).reading(council) as session:
        client_ids = await store.list_client_ids(session, council)
    for client_id in client_ids:
        try:
            return await _party(request).read_logout_token(token, client_id)
        except GrantRefusedError:
            continue
    raise Problem(400, "invalid-logout-token", "The logout token is not for this service, or not a good one.")


def _find_detour(request: Request) -> Response | None:
    """On a laptop people also write ``localhost``: lead them to where the issuer sends them back to."""
    party = _party(request)
    if party.origin.startswith("https://") or request.headers.get("host") == urlsplit(party.origin).netloc:
        return None
    return RedirectResponse(f"{party.origin}{request.url.path}?{request.url.query}", 303, _HEADERS)


async def _find_client_id(request: Request, council: str, mode: str | None) -> str | None:
    """Find the client to sign in by: the live one first, unless the sandbox's is wanted."""
    async with _database(request).reading(council) as session:
        for candidate in (mode,) if mode else ("live", "sandbox"):
            row = await store.find_client(session, council, candidate)
            if row is not None:
                return str(row.client_id)
    return None


def _show_failure(request: Request, council: str, back: str) -> Response:
    again = f"/{council}/{request.app.state.service.name}/sign-in"
    return _pages(request).render(
        request, "staff-sign-in-failed.html", 400, again=again, home=_home(request, council), back=back
    )


def _read_back(request: Request, council: str, back: str) -> str:
    """Read where to go afterwards: a page of this service and council, and of nobody else."""
    prefix = f"/{council}/{request.app.state.service.name}/"
    is_safe = back.startswith(prefix) and back.isprintable() and "\\" not in back and back.isascii()
    return back if is_safe else _home(request, council)


def _home(request: Request, council: str) -> str:
    service = request.app.state.service
    return f"/{council}/{service.name}{service.sign_in.home}"


def _party(request: Request) -> RelyingParty:
    party: RelyingParty = request.app.state.relying_party
    return party


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.service.pages
    return pages


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database
