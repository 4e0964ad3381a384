"""FastAPI dependencies of accounts, and the cookie that holds the secret of a session."""

from typing import Annotated

from fastapi import Depends, Request, Response

from chassis.web import cookie_name, set_cookie
from identity.verification.actions.context import AuthContext

_SESSION_COOKIE = "townhall-session"


async def _auth_context(request: Request) -> AuthContext:
    auth: AuthContext = request.app.state.auth
    return auth


TheAuthContext = Annotated[AuthContext, Depends(_auth_context)]


def session_secret(request: Request) -> str | None:
    """Read the secret of the browser's session from its cookie."""
    return request.cookies.get(cookie_name(request, _SESSION_COOKIE))


def set_session_cookie(request: Request, response: Response, secret: str) -> None:
    """Give the browser the secret of its session."""
    set_cookie(request, response, _SESSION_COOKIE, secret)


def delete_session_cookie(request: Request, response: Response) -> None:
    """Take the secret of its session from the browser."""
    set_cookie(request, response, _SESSION_COOKIE, "", max_age=0)
