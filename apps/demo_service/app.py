"""The service's pages: sign in, with a proof of identity or without; show the claims; sign out."""

import json
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

import httpx
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from joserfc.errors import JoseError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from apps.demo_service import relying_party
from apps.demo_service.relying_party import NotSignedInError, PendingSignIn, Registration, SignIn

T = TypeVar("T")
COOKIE = "demonstration-service"
_PAGES = Path(__file__).parent / "pages"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_MAX_SESSIONS = 1_000
_ERRORS = (NotSignedInError, JoseError, httpx.HTTPError, ValueError, KeyError)
Endpoint = Callable[[Request], Awaitable[Response]]


class DemoService:
    """The application, and its sessions by the secret in the browser's cookie."""

    def __init__(self, registration: Registration, http: httpx.AsyncClient) -> None:
        self.registration = registration
        self.http = http
        self.pending: OrderedDict[str, PendingSignIn] = OrderedDict()
        self.sign_ins: OrderedDict[str, SignIn] = OrderedDict()
        self.app = Starlette(
            routes=[
                Route("/", self.home),
                Route("/style.css", self.style),
                Route("/sign-in", _same_origin(self.sign_in), methods=["POST"]),
                Route("/signed-in", self.callback),
                Route("/sign-out", _same_origin(self.sign_out), methods=["POST"]),
            ]
        )
        self._pages = Environment(
            loader=FileSystemLoader(_PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )

    async def home(self, request: Request) -> Response:
        """Show the claims of whoever is signed in, else how to sign in."""
        return self._page(self.sign_ins.get(request.cookies.get(COOKIE, "")))

    async def style(self, _: Request) -> Response:
        """Return the style sheet."""
        return Response((_PAGES / "style.css").read_text(), media_type="text/css")

    async def sign_in(self, request: Request) -> Response:
        """Send the browser to the provider, and remember what it must bring back."""
        level = dict(parse_qsl((await request.body()).decode(errors="replace"))).get("level", "")
        pending = PendingSignIn(level if level in relying_party.IDENTITY_LEVELS else "")
        try:
            metadata = await relying_party.discover(self.http, self.registration)
        except _ERRORS as error:
            return self._page(None, f"The provider does not answer as it should: {error}", 502)
        url = relying_party.authorization_url(metadata, self.registration, pending)
        return _start_session(self.pending, pending, url)

    async def callback(self, request: Request) -> Response:
        """Complete the sign-in, in a new session: an attacker may know the cookie of the old one."""
        pending = self.pending.pop(request.cookies.get(COOKIE, ""), None)
        if pending is None:
            message = "No sign-in was started in this browser, or it was too long ago."
            return self._page(None, message, 400)
        parameters = dict(request.query_params)
        try:
            sign_in = await relying_party.complete_sign_in(self.http, self.registration, pending, parameters)
        except _ERRORS as error:
            return self._page(None, f"The provider's answer is not valid: {error}", 400)
        return _start_session(self.sign_ins, sign_in, "/")

    async def sign_out(self, request: Request) -> Response:
        """End the session here, then send the browser to sign out of the account."""
        sign_in = self.sign_ins.pop(request.cookies.get(COOKIE, ""), None)
        if sign_in is None:
            return RedirectResponse("/", 303)
        try:
            metadata = await relying_party.discover(self.http, self.registration)
        except _ERRORS as error:
            message = f"You are signed out here, but perhaps not of your account: {error}"
            return self._page(None, message, 502)
        parameters = {
            "id_token_hint": sign_in.id_token,
            "post_logout_redirect_uri": f"{self.registration.url}/",
        }
        return RedirectResponse(f"{metadata['end_session_endpoint']}?{urlencode(parameters)}", 303)

    def _page(self, sign_in: SignIn | None, error: str = "", status: int = 200) -> Response:
        claims = {}
        if sign_in is not None:
            claims = {
                "The id_token: who signed in, how": sign_in.claims,
                "userinfo": sign_in.userinfo,
                "The identity, of coreIdentityJWT": sign_in.identity,
            }
        texts = {
            name: json.dumps(part, indent=2, ensure_ascii=False) for name, part in claims.items() if part
        }
        page = self._pages.get_template("service.html")
        return HTMLResponse(page.render(texts=texts, error=error), status, _HEADERS)


def _same_origin(endpoint: Endpoint) -> Endpoint:
    async def guarded(request: Request) -> Response:
        """Refuse forms of other sites, which may sign nobody in or out."""
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return Response("The form was not sent from our own page.", 403)
        return await endpoint(request)

    return guarded


def _start_session(sessions: OrderedDict[str, T], value: T, url: str) -> Response:
    """Store a value under a new cookie, drop the oldest above the limit, and redirect."""
    cookie = secrets.token_urlsafe(24)
    sessions[cookie] = value
    while len(sessions) > _MAX_SESSIONS:
        sessions.popitem(last=False)
    response = RedirectResponse(url, 303)
    response.set_cookie(COOKIE, cookie, httponly=True, samesite="lax")
    return response
