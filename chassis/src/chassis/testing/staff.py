"""Staff who are signed in to a service's pages, without the way through the issuer."""

import re
from typing import Any

import httpx
from fastapi import FastAPI

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_SEE_OTHER = 303


class StaffBrowser:
    """A browser of a member of staff. ``page`` is the last response."""

    def __init__(self, app: FastAPI, council: str) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(
            transport=transport, base_url="http://test.invalid", headers={"Accept": "text/html"}
        )
        self.council = council
        self.page = httpx.Response(200)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """Get a page."""
        self.page = await self.http.get(path, params=query or None)
        return self.page

    async def post(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form with the token of the last page, and follow where it leads."""
        token = _CSRF.search(self.page.text)
        self.page = await self.http.post(path, data={"csrf": token[1] if token else "", **fields})
        if self.page.status_code == _SEE_OTHER and self.page.headers["location"].startswith("/"):
            return await self.get(self.page.headers["location"])
        return self.page


class SignInStaff:
    """Begins sessions of staff."""

    def __init__(self, app: FastAPI, _running: httpx.AsyncClient) -> None:
        self._app = app

    async def __call__(
        self, token: str, *, council: str = "citytown", name: str = "", refresh_token: str = ""
    ) -> StaffBrowser:
        """Begin a session with an access token; return its browser."""
        from chassis.web.sign_in import sessions  # noqa: PLC0415 - the plugin's services may have no pages
        from chassis.web.sign_in.relying_party import Tokens  # noqa: PLC0415 - as above

        caller = await self._app.state.verifier.check(token)
        claims = {"sub": caller.subject, "sid": f"session of {caller.subject}"}
        tokens = Tokens(access_token=token, refresh_token=refresh_token)
        secret = await sessions.begin_session(self._app, council, caller.client_id, claims, tokens, name)
        browser = StaffBrowser(self._app, council)
        browser.http.cookies.set("-".join((self._app.state.service.name, "staff", council)), secret)
        return browser
