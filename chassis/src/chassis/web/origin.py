"""Forms come from our own pages: a token only this browser has, and what the browser says of the origin."""

import base64
import hashlib
import hmac
from urllib.parse import urlsplit

from fastapi import Request

from chassis.problems import Problem
from chassis.web.browsers import browser_secret

CSRF_FIELD = "csrf"
CSRF_HEADER = "X-Csrf-Token"
_REFUSED = "The form was not sent from our own page, or the page was open for too long."


def csrf_token(request: Request) -> str:
    """The token of this browser's forms. Derived, so that the cookie's value stands in no page."""
    digest = hmac.digest(browser_secret(request).encode(), b"townhall form", hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def require_token(request: Request, token: str) -> None:
    """Problem 403 ``form-refused`` unless the token is this browser's. Constant-time."""
    if not hmac.compare_digest(token.encode(), csrf_token(request).encode()):
        raise Problem(403, "form-refused", _REFUSED)


def same_origin(request: Request) -> None:
    """Problem 403 ``form-refused`` when the browser says that another site sent this.

    An old browser that says nothing is held by the token alone.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site != "same-origin":
        raise Problem(403, "form-refused", _REFUSED)
    if origin is not None and origin not in _own(request):
        raise Problem(403, "form-refused", _REFUSED)


def _own(request: Request) -> set[str]:
    """The issuer's origin, and the host that was asked: a service also answers without the gateway."""
    issuer = urlsplit(str(request.app.state.settings.issuer))
    return {f"{issuer.scheme}://{host}" for host in (issuer.netloc, request.headers.get("host", ""))}
