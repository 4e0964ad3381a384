"""The service's pages: sign in, with a proof of identity or without; what it was told; sign out."""

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
from apps.demo_service.relying_party import Leaving, NotSignedInError, Registration, Told

T = TypeVar("T")
COOKIE = "demonstration-service"
_PAGES = Path(__file__).parent / "pages"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_MOST = 1_000
_FAULTS = (NotSignedInError, JoseError, httpx.HTTPError, ValueError, KeyError)


class Service:
    """The application, and who is signed in to it: by the secret in the browser's cookie."""

    def __init__(self, registration: Registration, http: httpx.AsyncClient) -> None:
        self.registration = registration
        self.http = http
        self.leaving: OrderedDict[str, Leaving] = OrderedDict()
        self.told: OrderedDict[str, Told] = OrderedDict()
        self.app = Starlette(
            routes=[
                Route("/", self.home),
                Route("/style.css", self.style),
                Route("/sign-in", _ours(self.sign_in), methods=["POST"]),
                Route("/signed-in", self.signed_in),
                Route("/sign-out", _ours(self.sign_out), methods=["POST"]),
            ]
        )
        self._pages = Environment(
            loader=FileSystemLoader(_PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )

    async def home(self, request: Request) -> Response:
        """Who signs in here, or what was told of him."""
        return self._page(self.told.get(request.cookies.get(COOKIE, "")))

    async def style(self, _: Request) -> Response:
        """Serve the style sheet."""
        return Response((_PAGES / "style.css").read_text(), media_type="text/css")

    async def sign_in(self, request: Request) -> Response:
        """Off to the provider, with what this browser must bring back."""
        level = dict(parse_qsl((await request.body()).decode(errors="replace"))).get("level", "")
        leaving, session = Leaving(level if level in relying_party.LEVELS else ""), secrets.token_urlsafe(24)
        try:
            metadata = await relying_party.discover(self.http, self.registration)
        except _FAULTS as error:
            return self._page(None, f"The provider does not answer as it should: {error}", 502)
        _keep(self.leaving, session, leaving)
        response = RedirectResponse(relying_party.request(metadata, self.registration, leaving), 303)
        response.set_cookie(COOKIE, session, httponly=True, samesite="lax")
        return response

    async def signed_in(self, request: Request) -> Response:
        """Back from the provider: a new session, so that nobody sits in one that another began."""
        leaving = self.leaving.pop(request.cookies.get(COOKIE, ""), None)
        if leaving is None:
            return self._page(None, "Nobody went to sign in from this browser, or it was too long ago.", 400)
        try:
            told = await relying_party.come_back(
                self.http, self.registration, leaving, dict(request.query_params)
            )
        except _FAULTS as error:
            return self._page(None, f"What came back does not hold: {error}", 400)
        session = secrets.token_urlsafe(24)
        _keep(self.told, session, told)
        response = RedirectResponse("/", 303)
        response.set_cookie(COOKIE, session, httponly=True, samesite="lax")
        return response

    async def sign_out(self, request: Request) -> Response:
        """Out of here, then out of the account."""
        told = self.told.pop(request.cookies.get(COOKIE, ""), None)
        if told is None:
            return RedirectResponse("/", 303)
        try:
            metadata = await relying_party.discover(self.http, self.registration)
        except _FAULTS as error:
            return self._page(None, f"You are signed out here, but perhaps not of your account: {error}", 502)
        asked = {"id_token_hint": told.id_token, "post_logout_redirect_uri": f"{self.registration.url}/"}
        return RedirectResponse(f"{metadata['end_session_endpoint']}?{urlencode(asked)}", 303)

    def _page(self, told: Told | None, wrong: str = "", status: int = 200) -> Response:
        parts = {}
        if told is not None:
            parts = {
                "The id_token: who signed in, how": told.claims,
                "userinfo": told.userinfo,
                "The identity, of coreIdentityJWT": told.identity,
            }
        shown = {name: json.dumps(part, indent=2, ensure_ascii=False) for name, part in parts.items() if part}
        page = self._pages.get_template("service.html")
        return HTMLResponse(page.render(told=told, shown=shown, wrong=wrong), status, _HEADERS)


Endpoint = Callable[[Request], Awaitable[Response]]


def _ours(endpoint: Endpoint) -> Endpoint:
    async def guarded(request: Request) -> Response:
        """Forms of other sites sign nobody in or out."""
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return Response("The form was not sent from our own page.", 403)
        return await endpoint(request)

    return guarded


def _keep(kept: OrderedDict[str, T], name: str, thing: T) -> None:
    kept[name] = thing
    while len(kept) > _MOST:
        kept.popitem(last=False)
